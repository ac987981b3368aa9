"""Fakes of the kiosk's ports, and a handful of records to read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from content.answers.answer import NO_ANSWER, Answers
from content.answers.guide import Aspect
from content.catalog.item import CatalogItem
from content.disclosure.classes import DisclosureClass
from content.disclosure.record import Block, BlockKind, DisclosureRecord
from content.errors import NotFound
from content.feed.body import Record
from content.feed.verify import Reason, Refused
from content.paper.offers import extra_kind
from content.paper.slip import Part, PartKind, Slip, SlipKind
from content.replica.ports import Hit, Notices, Results, Verified
from content.requests.form import DeliveryWay, RequestForm
from devices.clock import CHINA
from devices.ipc.messages import Message, ToAgent, ToUi, Welcome
from kiosk.flows.content import Content
from kiosk.flows.kiosk import Kiosk
from kiosk.flows.ports import Filed, Ports
from kiosk.flows.seeking import Ask, Found, look
from kiosk.flows.session import SessionSettings
from kiosk.words import Words

M = TypeVar("M", bound=Message)

START = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


class FakeClock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return (START + timedelta(seconds=self.passed)).astimezone(CHINA)

    def monotonic(self) -> float:
        return 1000.0 + self.passed

    def advance(self, seconds: float) -> None:
        self.passed += seconds


@dataclass
class FakeAgent:
    """Remembers what was sent; hands out what the test queues."""

    connected: bool = True
    sent: list[ToAgent] = field(default_factory=list)
    queued: list[ToUi] = field(default_factory=list)

    def send(self, message: ToAgent) -> bool:
        if self.connected:
            self.sent.append(message)
        return self.connected

    def start(self) -> None:
        """It has been there all the time."""

    def stop(self) -> None:
        """It stays."""

    def drain(self, limit: int = 50) -> list[ToUi]:
        taken, self.queued = self.queued[:limit], self.queued[limit:]
        return taken

    def last(self, kind: type[M]) -> M:
        return next(m for m in reversed(self.sent) if isinstance(m, kind))


class FakeContent:
    """Reads a dictionary; matches titles, numbers and bodies by containment."""

    def __init__(self, records: tuple[Record, ...] = ()) -> None:
        self.records = {record.id: record for record in records}
        self.versions: dict[str, int] = {}
        self.bad: dict[str, str] = {}
        self.as_of = 0
        self.sequence = 7
        self.queries: list[str] = []
        self.questions: list[str] = []
        self.hot_words: tuple[str, ...] = ()
        self.sounds_like: dict[str, str] = {}
        self.answers: dict[str, Answers] = {}

    def sequences(self) -> dict[str, int]:
        return {"gov/512299": self.sequence}

    def notices(self) -> Notices:
        return Notices()

    def content_as_of(self) -> int:
        return self.as_of

    def tampered(self) -> tuple[tuple[str, str], ...]:
        return tuple(self.bad.items())

    def titles(self) -> tuple[str, ...]:
        return tuple(r.title for r in self.records.values())

    def count(self, kind: str) -> int:
        return len(self._of(kind))

    def get(self, record_id: str) -> Verified:
        if record_id in self.bad:
            raise Refused(Reason.BODY_CHANGED, record_id)
        if record_id not in self.records:
            raise NotFound("没有找到")
        return self._verified(self.records[record_id])

    def newest(self, kind: str, *, limit: int, offset: int = 0) -> tuple[Verified, ...]:
        return tuple(self._verified(r) for r in self._of(kind)[offset : offset + limit])

    def search(self, text: str, *, limit: int = 6, offset: int = 0) -> Results:
        self.queries.append(text)
        found = [r for r in self.records.values() if text in _haystack(r)]
        hits = tuple(Hit(self._verified(r), _spans(r.title, text)) for r in found)
        return Results(hits[offset : offset + limit], len(hits))

    def suggest(self, text: str, *, limit: int = 6) -> tuple[str, ...]:
        titles = [r.title for r in self.records.values() if r.title.startswith(text)]
        return tuple(titles[:limit])

    def hot(self) -> tuple[str, ...]:
        return self.hot_words

    def meant(self, text: str) -> str:
        return self.sounds_like.get(text, "")

    def answer(self, question: str, *, words: Mapping[Aspect, str]) -> Answers:  # noqa: ARG002 - a port
        self.questions.append(question)
        return self.answers.get(question, NO_ANSWER)

    def _of(self, kind: str) -> list[Record]:
        wanted = {"document": DisclosureRecord, "item": CatalogItem}.get(kind)
        return [r for r in self.records.values() if wanted and isinstance(r, wanted)]

    def _verified(self, record: Record) -> Verified:
        return Verified(record, "gov/512299", self.versions.get(record.id, 1), 1, ("审签人",))


class HereSeeker:
    """Looks at once, on the thread that asks."""

    def __init__(self, content: Content, words: Words) -> None:
        self._content, self._words = content, words
        self._found: Found | None = None

    def seek(self, ask: Ask) -> None:
        self._found = look(ask, self._content, self._words)

    def found(self) -> Found | None:
        found, self._found = self._found, None
        return found

    def forget(self) -> None:
        self._found = None

    def close(self) -> None:
        self.forget()


class FakePaper:
    """Slips of one part."""

    def record(self, found: Verified, *, url: str, at: datetime) -> Slip:
        return Slip(SlipKind.DOCUMENT, found.record.id, (Part(PartKind.QR, url, at.isoformat()),))

    def more(self, found: Verified, *, url: str, at: datetime) -> Slip | None:
        record = found.record
        kind = extra_kind(record) if isinstance(record, DisclosureRecord | CatalogItem) else None
        if kind is None:
            return None
        return Slip(kind, f"{kind.value}:{record.id}", (Part(PartKind.QR, url, at.isoformat()),))

    def receipt(self, filed: Filed) -> Slip:
        return Slip(SlipKind.RECEIPT, filed.code, (Part(PartKind.QR, filed.url),))


def fake_check(form: RequestForm) -> dict[str, str]:
    """Ask for what is empty, as content.requests.checking does."""
    wanted = ["name", "id_number", "phone", "body", "description"]
    if form.delivery is not DeliveryWay.PICK_UP:
        wanted.append("address")
    return {name: f"请填写{name}。" for name in wanted if not getattr(form, name).strip()}


def document(number: int, *, title: str = "", paragraphs: int = 3) -> DisclosureRecord:
    """Return a document of an invented county."""
    body = tuple(
        Block(
            BlockKind.PARAGRAPH,
            f"第{n}条 为规范本县基层政务公开工作，保障公民、法人和其他组织依法获取政府信息，"
            "根据《中华人民共和国政府信息公开条例》（国务院令第711号）等规定，结合实际，制定本办法。",
        )
        for n in range(1, paragraphs + 1)
    )
    table = Block(
        BlockKind.TABLE,
        "任务分工表",
        rows=(
            ("序号", "任务", "责任单位"),
            ("1", "编制事项标准目录", "县政务公开办"),
            ("2", "建设专区", "县政务服务局"),
        ),
    )
    return DisclosureRecord(
        id=f"DDC{number:07}",
        title=title or f"云岭县人民政府办公室关于推进基层政务公开标准化规范化工作的通知之{number}",
        document_number=f"云政办发〔2026〕{number}号",
        issuing_body="云岭县人民政府办公室",
        written_on=date(2026, 11, number % 28 + 1),
        published_on=date(2026, 11, 20),
        disclosure_class=DisclosureClass.PROACTIVE,
        region="512299",
        domain="",
        blocks=(
            Block(BlockKind.HEADING, "一、总体要求", 1),
            *body,
            Block(BlockKind.HEADING, "二、重点任务", 1),
            table,
        ),
        contact="0000-1234567",
    )


def item(number: int, *, title: str = "") -> CatalogItem:
    """Return a service item."""
    return CatalogItem(
        id=f"TEM{number:07}",
        title=title or f"最低生活保障对象认定{number}",
        item_code=f"11512299{number:04}",
        department=f"云岭县民政局第{number}股",
        region="512299",
        aliases=("低保",),
        where="政务服务大厅二楼 12 号窗口",
        when="工作日 9:00—12:00，13:30—17:00",
        phone=f"0000-76543{number:02}",
        fee="不收费",
        period="22 个工作日",
        materials=("居民身份证原件", "家庭经济状况核对授权书"),
        steps=("到窗口提交申请", "入户调查", "公示", "审批"),
        basis="《社会救助暂行办法》第十一条",
    )


def welcome(*, demo: bool = False, has_printer: bool = True, replica: str = "/nowhere") -> Welcome:
    """Return a Welcome of a hall terminal."""
    return Welcome(
        terminal="hall-1",
        site="云岭县政务服务大厅一楼",
        region="512299",
        zone="云岭县政务公开专区",
        public_url="https://zone.example:8080",
        replica=replica,
        trust_root={"keys": [], "threshold": 1},
        attended=True,
        has_printer=has_printer,
        demo=demo,
    )


@dataclass
class World:
    """A kiosk with its fakes."""

    kiosk: Kiosk
    agent: FakeAgent
    clock: FakeClock
    content: FakeContent

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.kiosk.tick()


def make_ports(agent: FakeAgent, clock: FakeClock, content: FakeContent) -> Ports:
    keys = iter(f"key-{n}" for n in range(1, 1000))
    return Ports(
        agent=agent,
        clock=clock,
        paper=lambda _: FakePaper(),
        check=fake_check,
        open_content=lambda _: content,
        open_seeker=lambda _, words: HereSeeker(content, words),
        new_key=lambda: next(keys),
    )


def some_records() -> tuple[Record, ...]:
    documents = tuple(document(n, paragraphs=30 if n == 1 else 3) for n in range(1, 9))
    return (*documents, *(item(n) for n in range(1, 8)))


def make_world(*, welcomed: bool = True) -> World:
    """Return a kiosk that has content, unless it has not been welcomed yet."""
    agent, clock, content = FakeAgent(), FakeClock(), FakeContent(some_records())
    ports = make_ports(agent, clock, content)
    kiosk = Kiosk(Words.load(), ports=ports, settings=SessionSettings())
    if welcomed:
        kiosk.receive(welcome())
    return World(kiosk, agent, clock, content)


def _haystack(record: Record) -> str:
    number = getattr(record, "document_number", "")
    return " ".join((record.title, number, *getattr(record, "aliases", ())))


def _spans(title: str, text: str) -> tuple[tuple[int, int], ...]:
    at = title.find(text)
    return ((at, at + len(text)),) if at >= 0 else ()
