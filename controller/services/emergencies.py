"""Bring an emergency notice to every screen: one person drafts, two others of the emergency group sign.

The two never wait for anything but each other: the entry that their signatures make is appended and pushed
in the moment of the second one. How long it stands is signed with it, and ends without anybody's doing.
"""

from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from content.canonical import sha256_hex
from content.codes import new_code
from content.errors import CallerError, NotFound
from content.feed.body import body_bytes, read_body
from content.feed.policy import FeedRule, Policy
from content.feed.statement import Action, Approval, Statement
from content.programme.emergency import EmergencyNotice, Level
from content.regions import check_region
from controller.auth.permissions import Permission, require
from controller.auth.roles import Role
from controller.config import ZoneConfig
from controller.services.audit import AuditLog
from controller.services.events import EventBus, Published
from controller.services.feed_log import FeedLog, counted, current_policy
from controller.services.publishing import Outcome, ToSign
from controller.services.signing import check_key
from controller.services.signing_progress import signers_of
from controller.store import emergencies as store
from controller.store import keys as key_store
from controller.store.database import Database
from controller.store.emergencies import Emergency, EmergencyState
from controller.store.people import Person

MOST_TITLE, MOST_TEXT, MOST_ADVICE = 30, 200, 60
MOST_HOURS = 72
MOST_LISTED = 50


class BadNotice(CallerError):
    """The notice cannot be shown like this; the sentence says what to change."""


class NotNow(CallerError):
    """The notice does not stand where this step begins."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person types. `hours`: it ends by itself so long after it was drafted."""

    title: str
    text: str
    advice: str
    issuer: str
    level: Level = Level.RED
    hours: int = 6
    regions: tuple[str, ...] = ()
    phone: str = ""
    is_drill: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A notice as the desk shows it.

    Attributes:
        emergency: itself.
        notice: what it says.
        is_over: whether its signed end has come.
        signed: how many of `needed` have signed what is to be signed now.
        signed_by: their names.
    """

    emergency: Emergency
    notice: EmergencyNotice
    is_over: bool
    signed: int
    needed: int
    signed_by: tuple[str, ...] = field(default=())


class Emergencies:
    """The use cases about emergency notices."""

    def __init__(
        self,
        *,
        config: ZoneConfig,
        database: Database,
        audit: AuditLog,
        events: EventBus,
        log: FeedLog,
    ) -> None:
        self._config = config
        self._database = database
        self._audit = audit
        self._events = events
        self._log = log

    async def draft(self, by: Person, draft: Draft) -> Emergency:
        """Lay down a notice for others to sign.

        Raises:
            Forbidden, BadNotice: may not, or it cannot be shown like this.
        """
        require(by, Permission.DRAFT_EMERGENCY)
        made = self._made(new_code(), by, draft)
        async with self._database.write() as c:
            await store.add_emergency(c, made)
            await self._note(c, by, "emergency_drafted", made)
        return made

    async def edit(self, by: Person, wanted: str, draft: Draft) -> Emergency:
        """Change a notice that is not public yet; signatures given so far are void.

        Raises:
            Forbidden, NotFound, NotNow, BadNotice: may not, is not, is public, cannot be shown like this.
        """
        require(by, Permission.DRAFT_EMERGENCY)
        async with self._database.write() as c:
            held = await _find(c, wanted)
            if held.state is not EmergencyState.WAITING:
                raise NotNow("这条应急信息已经发布，不能修改。请撤销后另发一条。")
            made = self._made(wanted, by, draft)
            await store.save_emergency(c, made)
            await store.drop_signatures(c, wanted)
            await self._note(c, by, "emergency_edited", made)
        return made

    async def offer(self, by: Person, wanted: str, action: Action) -> ToSign:
        """Return what is to be signed to publish (PUT) or cancel (DELETE) a notice.

        Raises:
            Forbidden, NotFound, NotNow, NoPolicy: it cannot be signed, and why.
        """
        require(by, Permission.READ_EMERGENCY)
        async with self._database.read() as c:
            held = await _find(c, wanted)
            policy = await current_policy(c)
            said = self._to_sign(held, action)
            given = await store.signatures(c, wanted, action)
        names = signers_of(given, policy, drafter=said.drafter)
        body = held.body if action is Action.PUT else b""
        return ToSign(said, body, names, _rule(policy, said.feed).threshold)

    async def sign(self, by: Person, wanted: str, approval: Approval, *, action: Action) -> Outcome:
        """Take a signature; publish or cancel when enough have signed, in the same moment.

        Raises:
            Forbidden, NotFound, NotNow, NoPolicy: it may not be signed, and why.
            UnknownKey, StaleApproval: the key does not count, or signed something else.
        """
        require(by, Permission.SIGN_EMERGENCY)
        async with self._database.write() as c:
            held = await _find(c, wanted)
            said = self._to_sign(held, action)
            if by.id == held.drafter:
                raise NotNow("您拟写了这条应急信息，不能由您本人签发，请另外两位应急签发人办理。")
            policy = await current_policy(c)
            await check_key(c, by, approval, policy=policy, statement=said, role=Role.EMERGENCY)
            await store.keep_signature(c, wanted, action, approval, now=self._log.now())
            await self._note(c, by, f"emergency_signed_{action}", held)
            outcome, published = await self._publish_if_enough(c, held, said, policy)
        if published is not None:
            self._events.publish(published)
        return outcome

    async def list(self, by: Person) -> tuple[Standing, ...]:
        """Return notices, the last changed first.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.READ_EMERGENCY)
        async with self._database.read() as c:
            signed = await key_store.newest_policy(c)
            found = await store.list_emergencies(c, limit=MOST_LISTED)
            policy = signed.policy if signed else None
            return tuple([await self._standing(c, one, policy) for one in found])

    async def get(self, by: Person, wanted: str) -> Standing:
        """Return one notice.

        Raises:
            Forbidden, NotFound: may not, is not.
        """
        require(by, Permission.READ_EMERGENCY)
        async with self._database.read() as c:
            signed = await key_store.newest_policy(c)
            found = await _find(c, wanted)
            return await self._standing(c, found, signed.policy if signed else None)

    async def _standing(
        self, c: AsyncConnection, one: Emergency, policy: Policy | None
    ) -> Standing:
        action = Action.DELETE if one.state is EmergencyState.PUBLISHED else Action.PUT
        given = await store.signatures(c, one.id, action)
        rule = policy.rule(one.statement.feed) if policy else None
        names = signers_of(given, policy, drafter=one.drafter) if policy else ()
        return Standing(
            one,
            _notice(one),
            is_over=self._log.now() >= one.statement.expires,
            signed=len(names),
            needed=rule.threshold if rule else 2,
            signed_by=names,
        )

    def _made(self, wanted: str, by: Person, draft: Draft) -> Emergency:
        notice = _checked(wanted, draft, here=self._config.region)
        body, now = body_bytes(notice), self._log.now()
        said = Statement(
            feed=self._config.emergency_feed,
            record=wanted,
            version=1,
            action=Action.PUT,
            digest=sha256_hex(body),
            size=len(body),
            drafter=by.id,
            approved_on=now,
            expires=now + draft.hours * 3600,
        )
        return Emergency(wanted, EmergencyState.WAITING, said, None, body, by.id, now)

    def _to_sign(self, held: Emergency, action: Action) -> Statement:
        said = held.said(action)
        state = EmergencyState.WAITING if action is Action.PUT else EmergencyState.PUBLISHED
        if said is None or held.state is not state:
            raise NotNow("这条应急信息的状态已经变化，请刷新页面查看。")
        if self._log.now() >= held.statement.expires:
            raise NotNow("这条应急信息的有效时间已过，不再显示，无需签名。如仍需发布，请重新拟写。")
        return said

    async def _publish_if_enough(
        self, c: AsyncConnection, held: Emergency, said: Statement, policy: Policy
    ) -> tuple[Outcome, Published | None]:
        given = await store.signatures(c, held.id, said.action)
        approvals = counted(given, policy=policy, feed=said.feed)
        keys = policy.by_id
        holders = {keys[one.key_id].holder for one in approvals} - {said.drafter}
        missing = _rule(policy, said.feed).threshold - len(holders)
        if missing > 0:
            return Outcome(published=False, sequence=0, still_needed=missing), None
        body = held.body if said.action is Action.PUT else b""
        published = await self._log.append(c, said, approvals=approvals, body=body)
        await store.save_emergency(c, self._moved(held, said.action))
        return Outcome(published=True, sequence=published.sequence, still_needed=0), published

    def _moved(self, held: Emergency, action: Action) -> Emergency:
        now = self._log.now()
        if action is Action.DELETE:
            return replace(held, state=EmergencyState.CANCELLED, changed=now)
        cancelling = replace(
            held.statement,
            version=held.statement.version + 1,
            action=Action.DELETE,
            digest="",
            size=0,
            approved_on=now,
            expires=0,
        )
        return replace(held, state=EmergencyState.PUBLISHED, cancelling=cancelling, changed=now)

    async def _note(self, c: AsyncConnection, by: Person, act: str, one: Emergency) -> None:
        await self._audit.write(c, actor=by.id, act=act, subject=one.id)


def _checked(wanted: str, draft: Draft, *, here: str) -> EmergencyNotice:
    for name, text, most in (
        ("标题", draft.title, MOST_TITLE),
        ("内容", draft.text, MOST_TEXT),
        ("发布单位", draft.issuer, MOST_TITLE),
    ):
        if not text.strip():
            raise BadNotice(f"请填写{name}。")
        if len(text.strip()) > most:
            raise BadNotice(f"{name}最多 {most} 字，屏幕上才能一眼看清，请精简。")
    if len(draft.advice) > MOST_ADVICE:
        raise BadNotice(f"行动提示最多 {MOST_ADVICE} 字，请精简。")
    if not 1 <= draft.hours <= MOST_HOURS:
        raise BadNotice(f"有效时间应为 1 到 {MOST_HOURS} 小时；到时自动停止显示，需要时可再发。")
    for region in draft.regions:
        if not check_region(region).startswith(here):
            raise BadNotice(f"区划代码 {region} 不在本专区（{here}）内，请核对。")
    return EmergencyNotice(
        id=wanted,
        title=draft.title.strip(),
        text=draft.text.strip(),
        advice=draft.advice.strip(),
        issuer=draft.issuer.strip(),
        level=draft.level,
        regions=draft.regions,
        phone=draft.phone.strip(),
        is_drill=draft.is_drill,
    )


def _notice(one: Emergency) -> EmergencyNotice:
    record = read_body(one.body)
    if not isinstance(record, EmergencyNotice):
        raise NotFound("没有找到这条应急信息。")
    return record


def _rule(policy: Policy, feed: str) -> FeedRule:
    rule = policy.rule(feed)
    if rule is None or not rule.carries("emergency"):
        raise NotNow("正在使用的签名策略还没有应急信息的规则，请管理员先签发新的签名策略。")
    return rule


async def _find(c: AsyncConnection, wanted: str) -> Emergency:
    found = await store.find_emergency(c, wanted)
    if found is None:
        raise NotFound("没有找到这条应急信息，请返回列表。")
    return found
