"""Register requests for information 依申请公开, show them with their due date, and move them on.

States and dates are content.requests': here they are kept, with who did what when. Whatever an applicant
stated rests encrypted and is read by officers alone, each reading in the audit log.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from content.errors import NotFound
from content.requests.deadlines import Deadline, due, reply_due
from content.requests.form import RequestForm
from content.requests.states import (
    Channel,
    RequestEvent,
    RequestState,
    WrongStep,
    after,
    is_open,
    receive,
)
from content.workdays import Counted, WorkCalendar
from controller.auth.permissions import Permission, require
from controller.services.audit import AuditLog
from controller.services.events import EventBus, RequestChanged
from controller.services.keyring import Keyring
from controller.store import requests as store
from controller.store.database import Database
from controller.store.people import Person
from controller.store.requests import KeptRequest, RequestStep
from devices.clock import CHINA, Clock

_STOPS_THE_CLOCK = frozenset(
    {
        RequestEvent.CONSULT,
        RequestEvent.OPINION_SETTLED,
        RequestEvent.ASK_PAYMENT,
        RequestEvent.PAID,
        RequestEvent.ASK_REASONS,
        RequestEvent.REASONS_GIVEN,
    }
)
"""Steps that pause or replace the reply term. Until the register keeps their days it refuses them: a due
date that is wrong is worse than a step taken on paper."""


_OPEN = tuple(str(state) for state in RequestState if is_open(state))


@dataclass(frozen=True, slots=True)
class FiledRequest:
    """A request as it came out of a terminal's envelope.

    Attributes:
        code: receipt code.
        form: what the applicant stated.
        filed_at: aware moment of filing at the terminal.
        attended: handed in before staff (当面提交); else the online channel.
        terminal: where.
    """

    code: str
    form: RequestForm
    filed_at: datetime
    attended: bool
    terminal: str


@dataclass(frozen=True, slots=True)
class PublicState:
    """What anybody with the receipt code may see: no personal data.

    Attributes:
        code, number: receipt code and 受理号.
        state: a word of content.requests.states.
        filed_on: day of filing.
        received_on: day of receipt 收到日, None until confirmed with the applicant (article 31).
        due_on: last day to reply, None before receipt.
        provisional: the due day may move when holidays are announced.
        changed_on: day of the last step.
    """

    code: str
    number: str
    state: RequestState
    filed_on: date
    received_on: date | None
    due_on: date | None
    provisional: bool
    changed_on: date


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A line of the officers' list: no personal data. `days_left` counts working days, negative = overdue."""

    number: str
    code: str
    state: RequestState
    body: str
    attended: bool
    terminal: str
    filed_at: datetime
    received_on: date | None
    due_on: date | None
    provisional: bool
    days_left: int | None


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """A request with what the applicant stated: personal data, for officers alone."""

    row: RequestRow
    form: RequestForm
    history: tuple[RequestStep, ...]


class RequestDesk:
    """The register of requests."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        events: EventBus,
        keyring: Keyring,
        clock: Clock,
        calendar: WorkCalendar,
    ) -> None:
        self._database = database
        self._audit = audit
        self._events = events
        self._keyring = keyring
        self._clock = clock
        self._calendar = calendar

    async def register(self, c: AsyncConnection, filed: FiledRequest, now: datetime) -> str:
        """Register a request in the caller's write transaction and return its 受理号.

        The same receipt code again returns the same number. Call `announce` after the commit.
        """
        known = await store.find_request(c, code=filed.code)
        if known:
            return known.number
        year = now.astimezone(CHINA).year
        serial = await store.next_serial(c, year)
        kept = self._kept(filed, number=f"依申请〔{year}〕{serial:04}号", serial=serial, now=now)
        await store.add_request(c, kept)
        await self._note(c, kept, actor=filed.terminal, act="registered", before=None)
        return kept.number

    def announce(self, number: str) -> None:
        """Tell live pages of a new request, after the commit."""
        self._events.publish(RequestChanged(number, "registered"))

    async def list(
        self, by: Person, *, state: str = "", limit: int = 50, offset: int = 0
    ) -> tuple[RequestRow, ...]:
        """Return requests, the most overdue first, those without a due date last; state "" = all.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.LIST_REQUESTS)
        async with self._database.read() as c:
            found = await store.list_requests(
                c, state=state, open_states=_OPEN, limit=limit, offset=offset
            )
        return tuple(self._row(kept) for kept in found)

    async def count_due(self, by: Person, *, within: int) -> int:
        """Return how many open requests are overdue or due within so many working days.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.LIST_REQUESTS)
        until = self._started_before(within)
        async with self._database.read() as c:
            return await store.count_started(c, states=_OPEN, until=until)

    async def counts(self, by: Person) -> dict[str, int]:
        """Return how many requests stand in each state.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.LIST_REQUESTS)
        async with self._database.read() as c:
            return await store.count_requests(c)

    async def read(self, by: Person, number: str) -> RequestDetail:
        """Return a request with what the applicant stated; the reading goes into the audit log.

        Raises:
            Forbidden: not an officer.
            NotFound: no such number.
        """
        require(by, Permission.READ_REQUEST)
        async with self._database.write() as c:
            kept = await _find(c, number=number)
            await self._audit.write(c, actor=by.id, act="request_read", subject=number)
            steps = await store.request_history(c, number)
        form = self._keyring.unlock(kept.sealed, about=kept.code)
        return RequestDetail(
            row=self._row(kept),
            form=msgspec.json.decode(form, type=RequestForm),
            history=tuple(self._opened(number, one) for one in steps),
        )

    async def confirm(self, by: Person, number: str, *, note: str = "") -> RequestRow:
        """Note that the applicant of an online request was reached: today is the day of receipt.

        Raises:
            Forbidden, NotFound, WrongStep: may not, is not, was confirmed.
        """
        return await self.move(by, number, event=RequestEvent.CONFIRMED, note=note)

    async def move(
        self, by: Person, number: str, *, event: RequestEvent, note: str = ""
    ) -> RequestRow:
        """Move a request on by an event of content.requests.states.

        Raises:
            Forbidden, NotFound, WrongStep: may not, is not, not possible from here.
        """
        require(by, Permission.WORK_REQUEST)
        if event in _STOPS_THE_CLOCK:
            raise WrongStep("这一步会改变答复期限，系统暂不支持，请按纸质流程办理并自行计算期限。")
        async with self._database.write() as c:
            kept = await _find(c, number=number)
            moved = self._moved(kept, event)
            if not await store.move_request(c, moved, seen=kept.state):
                raise WrongStep("这份申请刚刚由他人办理，请刷新页面查看最新状态。")
            await self._note(c, moved, actor=by.id, act=str(event), before=kept, note=note)
            await self._audit.write(c, actor=by.id, act=f"request_{event}", subject=number)
        self._events.publish(RequestChanged(number, moved.state))
        return self._row(moved)

    async def public_state(self, code: str) -> PublicState:
        """Return what may be known by the receipt code.

        Raises:
            NotFound: no such code, or the terminal has not reached the controller yet.
        """
        async with self._database.read() as c:
            kept = await _find(c, code=code)
        due = self._due(kept)
        return PublicState(
            code=kept.code,
            number=kept.number,
            state=RequestState(kept.state),
            filed_on=_local(kept.filed_at).date(),
            received_on=kept.received_on,
            due_on=due.day if due else None,
            provisional=bool(due and due.provisional),
            changed_on=_local(kept.changed_at).date(),
        )

    def _kept(self, filed: FiledRequest, *, number: str, serial: int, now: datetime) -> KeptRequest:
        # Article 31: handed in face to face, it is received that day; online, when both sides confirm.
        channel = Channel.IN_PERSON if filed.attended else Channel.ONLINE
        # A terminal's clock may run ahead, but nothing is received before it is here.
        filed_on = min(filed.filed_at, now).astimezone(CHINA).date()
        received = receive(channel, filed_on)
        plain = msgspec.json.encode(filed.form)
        return KeptRequest(
            number=number,
            year=now.astimezone(CHINA).year,
            serial=serial,
            code=filed.code,
            state=str(received.state),
            body=filed.form.body,
            attended=filed.attended,
            terminal=filed.terminal,
            sealed=self._keyring.lock(plain, about=filed.code),
            filed_at=int(filed.filed_at.timestamp()),
            registered_at=int(now.timestamp()),
            changed_at=int(now.timestamp()),
            received_on=received.received_on,
        )

    def _moved(self, kept: KeptRequest, event: RequestEvent) -> KeptRequest:
        now = self._clock.now()
        today = now.astimezone(CHINA).date()
        return replace(
            kept,
            state=str(after(RequestState(kept.state), event)),
            received_on=today if event is RequestEvent.CONFIRMED else kept.received_on,
            corrected_on=today if event is RequestEvent.CORRECTED else kept.corrected_on,
            changed_at=int(now.timestamp()),
        )

    def _due(self, kept: KeptRequest | None) -> Counted | None:
        if kept is None:
            return None
        return reply_due(kept.received_on, self._calendar, corrected_on=kept.corrected_on)

    def _days_left(self, kept: KeptRequest) -> int | None:
        due = self._due(kept)
        if due is None or not is_open(RequestState(kept.state)):
            return None
        today = self._clock.now().astimezone(CHINA).date()
        return self._calendar.workdays_between(today, due.day)

    def _started_before(self, days_left: int) -> date:
        """Return the last day of receipt from which no more than so many working days are left."""
        start = today = self._clock.now().astimezone(CHINA).date()
        while (
            self._calendar.workdays_between(today, due(Deadline.REPLY, start, self._calendar).day)
            > days_left
        ):
            start -= timedelta(days=1)
        return start

    def _row(self, kept: KeptRequest) -> RequestRow:
        due = self._due(kept)
        return RequestRow(
            number=kept.number,
            code=kept.code,
            state=RequestState(kept.state),
            body=kept.body,
            attended=kept.attended,
            terminal=kept.terminal,
            filed_at=_local(kept.filed_at),
            received_on=kept.received_on,
            due_on=due.day if due else None,
            provisional=bool(due and due.provisional),
            days_left=self._days_left(kept),
        )

    def _opened(self, number: str, step: RequestStep) -> RequestStep:
        if not step.note:
            return step
        note = self._keyring.unlock(bytes.fromhex(step.note), about=number)
        return replace(step, note=note.decode())

    async def _note(
        self,
        c: AsyncConnection,
        kept: KeptRequest,
        *,
        actor: str,
        act: str,
        before: KeptRequest | None,
        note: str = "",
    ) -> None:
        due_before, due_after = self._due(before), self._due(kept)
        step = RequestStep(
            at=kept.changed_at,
            actor=actor,
            act=act,
            # An officer's note may name the applicant.
            note=self._keyring.lock(note.encode(), about=kept.number).hex() if note else "",
            due_before=due_before.day if due_before else None,
            due_after=due_after.day if due_after else None,
        )
        await store.add_request_event(c, kept.number, step)


def _local(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(CHINA)


async def _find(c: AsyncConnection, *, number: str = "", code: str = "") -> KeptRequest:
    kept = await store.find_request(c, number=number, code=code)
    if kept is None:
        raise NotFound("没有查到这份申请。请核对编号；如果刚刚提交，数据可能还在上传，请稍后再查。")
    return kept
