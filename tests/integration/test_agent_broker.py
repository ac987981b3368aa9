"""A real mosquitto with certificates, a real agent process, a real socket."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from content.codes import code_from
from content.feed.entry import line_to_bytes
from content.paper.slip import Part, PartKind, Slip, SlipKind, slip_to_fields
from content.replica.reader import ReplicaReader
from content.requests.form import ApplicantKind, DeliveryWay, RequestForm, SupplyForm
from devices.agent import sentences
from devices.agent.config import Home, to_toml
from devices.agent.https import client_tls
from devices.agent.link import MqttLink
from devices.agent.ports import Connected, LinkEvent, Lost
from devices.ipc.client import UiClient
from devices.ipc.messages import (
    Glass,
    LinkState,
    Print,
    Printed,
    ReplicaChanged,
    Session,
    Submit,
    Submitted,
    ToUi,
    Welcome,
)
from devices.wire import topics
from devices.wire.messages import DeviceState
from tests.support.agent_zone import DEVICE, AgentZone, running_agent_zone
from tests.support.hand_clock import START
from tests.support.mosquitto import HAS_MOSQUITTO, free_port, until
from tests.support.processes import Program
from tests.support.signers import FEED, Signer, document
from tests.support.zone_ca import make_ca

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]

FORM = msgspec.to_builtins(
    RequestForm(
        ApplicantKind.PERSON,
        "测试甲",
        "000000000000000000",
        "000-0000",
        "示例局",
        "示例文件",
        SupplyForm.PAPER,
        DeliveryWay.PICK_UP,
    )
)


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[AgentZone]:
    async with running_agent_zone(tmp_path) as one:
        yield one


class Linked:
    """A link of ours and what it told."""

    def __init__(self, zone: AgentZone, home: Home, *, port: int = 0) -> None:
        self.events: list[LinkEvent] = []
        self.link = MqttLink(
            zone.link_settings(port=port), tls=client_tls(home), on_event=self.events.append
        )

    async def first(self, kind: type[LinkEvent]) -> LinkEvent:
        await until(lambda: any(isinstance(event, kind) for event in self.events))
        return next(event for event in self.events if isinstance(event, kind))


async def test_birth_will_and_farewell_carry_boot_and_connection(
    zone: AgentZone, tmp_path: Path
) -> None:
    linked = Linked(zone, zone.home(tmp_path / "t"))
    linked.link.start()
    await linked.first(Connected)
    await until(lambda: len(zone.states) >= 2)

    client = linked.link._client
    assert client is not None
    sock = client.socket()
    assert sock is not None
    sock.close()
    await until(lambda: len([one for one in linked.events if isinstance(one, Connected)]) == 2)
    await linked.link.stop()
    await until(lambda: bool(zone.states) and zone.states[-1].s is DeviceState.SLEEPING)

    said = [(one.s, one.connection) for one in zone.states]
    assert said[:2] == [(DeviceState.INIT, 1), (DeviceState.READY, 1)]
    assert (DeviceState.LOST, 1) in said
    assert said[-1] == (DeviceState.SLEEPING, 2)
    assert {one.boot for one in zone.states} == {"00000001-aa"}


async def test_a_foreign_certificate_is_told_in_chinese(zone: AgentZone, tmp_path: Path) -> None:
    foreign = make_ca(tmp_path / "other").issue_device(DEVICE, now=START)
    linked = Linked(zone, zone.home(tmp_path / "t", issued=foreign))

    linked.link.start()
    lost = await linked.first(Lost)
    await linked.link.stop()

    assert lost == Lost("certificate_refused", sentences.CERTIFICATE_REFUSED)
    assert not any(isinstance(event, Connected) for event in linked.events)


async def test_a_broker_of_another_zone_is_not_believed(zone: AgentZone, tmp_path: Path) -> None:
    home = zone.home(tmp_path / "t")
    home.authority.write_bytes(make_ca(tmp_path / "other").certificate)
    linked = Linked(zone, home)

    linked.link.start()
    lost = await linked.first(Lost)
    await linked.link.stop()

    assert lost == Lost("broker_untrusted", sentences.BROKER_UNTRUSTED)


async def test_a_broker_that_is_not_there_is_told_in_chinese(
    zone: AgentZone, tmp_path: Path
) -> None:
    linked = Linked(zone, zone.home(tmp_path / "t"), port=free_port())

    linked.link.start()
    lost = await linked.first(Lost)
    await linked.link.stop()

    assert lost == Lost("broker_unreachable", sentences.BROKER_UNREACHABLE)


class Terminal:
    """A real agent process and a kiosk's client."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.heard: list[ToUi] = []
        self.ui = UiClient(home.socket, ui="kiosk")
        self.ui.start()

    async def start(self) -> None:
        self.program = Program.python(
            "agent", "-m", "devices", "agent", "--home", str(self.home.path)
        )
        await asyncio.to_thread(self.program.wait_line, f"agent ready {DEVICE}", timeout=30)
        await until(lambda: self.ui.connected)

    async def hear(self, what: Callable[[ToUi], bool]) -> ToUi:
        """Wait for a message of the agent to the UI."""

        def found() -> bool:
            self.heard += self.ui.drain()
            return any(what(message) for message in self.heard)

        await until(found)
        return next(message for message in self.heard if what(message))

    def submit(self) -> str:
        key = uuid.uuid4().hex
        assert self.ui.send(Submit(key=key, form=FORM))
        return key

    async def stop(self) -> int:
        await asyncio.to_thread(self.ui.stop)
        return await asyncio.to_thread(self.program.stop)


@pytest.fixture
async def terminal(zone: AgentZone, tmp_path: Path) -> AsyncIterator[Terminal]:
    one = Terminal(zone.home(tmp_path / "hall"))
    await one.start()
    yield one
    await one.stop()


def has_code(message: ToUi, key: str, *, number: bool) -> bool:
    return (
        isinstance(message, Submitted)
        and message.key == key
        and bool(message.number) == number
        and message.error == ""
    )


async def test_content_reaches_the_replica_and_the_report_says_so(
    zone: AgentZone, terminal: Terminal
) -> None:
    await terminal.hear(lambda one: isinstance(one, Welcome))
    await terminal.hear(lambda one: isinstance(one, LinkState) and one.online)
    line = zone.keys.publish(document(title="供暖保障通知"))
    await zone.say(topics.log(FEED), line_to_bytes(line))
    await terminal.hear(lambda one: isinstance(one, ReplicaChanged) and one.sequences == {FEED: 1})

    assert terminal.ui.send(Glass(sequences={FEED: 1}, item="D000000001", version=1, frame="ab"))
    await until(lambda: bool(zone.reports) and bool(zone.reports[-1].glass))

    report = zone.reports[-1]
    assert report.policy == 1
    assert report.applied[FEED].sequence == 1
    assert report.applied[FEED].link == line.link.hash
    assert (report.glass[0].ui, report.glass[0].item) == ("kiosk", "D000000001")
    with closing(ReplicaReader(terminal.home.replica, zone.keys.trust_root)) as reader:
        assert reader.get("D000000001").record.title == "供暖保障通知"


async def test_an_entry_of_an_unknown_key_is_reported_to_the_controller(
    zone: AgentZone, terminal: Terminal
) -> None:
    zone.keys.publish(document())
    zone.keys.append(zone.keys.entry(document("D000000002"), Signer("u-stranger")))
    await zone.say(topics.down_message(DEVICE), msgspec.json.encode(zone.welcome()))

    # The fault may be said a moment before the good line before it.
    await until(lambda: any(one.faults and one.applied for one in zone.reports[-1:]))

    (fault,) = zone.reports[-1].faults
    assert fault.code == "entry_refused:unknown_key"
    assert zone.reports[-1].applied[FEED].sequence == 1


async def test_a_request_gets_its_code_at_once_and_its_number_from_the_controller(
    zone: AgentZone, terminal: Terminal
) -> None:
    await terminal.hear(lambda one: isinstance(one, LinkState) and one.online)
    key = terminal.submit()

    kept = await terminal.hear(lambda one: has_code(one, key, number=False))
    told = await terminal.hear(lambda one: has_code(one, key, number=True))

    assert isinstance(kept, Submitted)
    assert kept.code == code_from(f"{DEVICE}-{key}")
    assert isinstance(told, Submitted)
    assert told.number == zone.intake.numbers[f"{DEVICE}-{key}"]
    await until(lambda: bool(zone.reports) and zone.reports[-1].outbox == 0)


async def test_a_request_survives_a_killed_agent_and_is_registered_once(
    zone: AgentZone, terminal: Terminal
) -> None:
    zone.acknowledges = 0
    await terminal.hear(lambda one: isinstance(one, LinkState) and one.online)
    key = terminal.submit()
    await terminal.hear(lambda one: has_code(one, key, number=False))
    await until(lambda: zone.envelopes > 0)

    await asyncio.to_thread(terminal.program.kill)
    zone.acknowledges = 10_000
    await terminal.start()
    await until(lambda: zone.intake.duplicates > 0)
    await until(lambda: bool(zone.reports) and zone.reports[-1].outbox == 0)

    assert list(zone.intake.numbers) == [f"{DEVICE}-{key}"]


async def test_the_number_is_not_told_to_the_next_visitor(
    zone: AgentZone, terminal: Terminal
) -> None:
    zone.acknowledges = 0
    await terminal.hear(lambda one: isinstance(one, LinkState) and one.online)
    key = terminal.submit()
    await terminal.hear(lambda one: has_code(one, key, number=False))

    await until(lambda: zone.envelopes > 0)
    assert terminal.ui.send(Session(active=False))
    zone.acknowledges = 10_000
    await until(lambda: zone.intake.duplicates > 0)
    await until(lambda: bool(zone.reports) and zone.reports[-1].outbox == 0)
    assert terminal.ui.send(Glass(sequences={}))

    terminal.heard += terminal.ui.drain(1000)
    assert not any(has_code(one, key, number=True) for one in terminal.heard)


async def test_without_the_broker_requests_and_content_go_over_https(
    zone: AgentZone, terminal: Terminal
) -> None:
    await terminal.hear(lambda one: isinstance(one, LinkState) and one.online)
    await zone.broker.pull()
    lost = await terminal.hear(
        lambda one: isinstance(one, LinkState) and not one.online and one.last_contact > 0
    )
    assert isinstance(lost, LinkState)
    zone.keys.publish(document())

    key = terminal.submit()

    await terminal.hear(lambda one: has_code(one, key, number=True))
    await terminal.hear(lambda one: isinstance(one, ReplicaChanged) and one.sequences == {FEED: 1})
    await terminal.hear(
        lambda one: (
            isinstance(one, LinkState) and one.online and one.last_contact > lost.last_contact
        )
    )


async def test_a_stopped_agent_says_that_it_sleeps(zone: AgentZone, terminal: Terminal) -> None:
    await terminal.hear(lambda one: isinstance(one, LinkState) and one.online)

    code = await terminal.stop()

    assert code == 0
    await until(lambda: zone.states[-1].s is DeviceState.SLEEPING)
    assert not terminal.home.socket.exists()
    assert "Traceback" not in terminal.program.output


async def test_nothing_of_a_citizen_is_in_any_file_or_log_of_the_terminal(
    zone: AgentZone, terminal: Terminal
) -> None:
    key = terminal.submit()
    await terminal.hear(lambda one: has_code(one, key, number=True))
    await terminal.stop()

    kept = terminal.program.output.encode() + b"".join(
        file.read_bytes() for file in terminal.home.path.iterdir() if file.is_file()
    )
    for text in ("测试甲", "000000000000000000", "示例文件"):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            assert text.encode(encoding) not in kept


async def test_a_second_agent_of_the_same_home_stops_with_a_sentence(terminal: Terminal) -> None:
    second = Program.python("second", "-m", "devices", "agent", "--home", str(terminal.home.path))

    await asyncio.to_thread(second.wait_line, "已有一个 agent 在运行", timeout=30)

    assert await asyncio.to_thread(second._process.wait, 20) == 2
    await asyncio.to_thread(second.stop)


async def test_a_slip_goes_through_the_agent_onto_paper(zone: AgentZone, tmp_path: Path) -> None:
    link, slips = tmp_path / "printer", tmp_path / "slips"
    command = ("-m", "devices", "simulate", "printer", "--link", str(link), "--out", str(slips))
    with Program.python("printer", *command, "--speed", "2000") as printer:
        await asyncio.to_thread(printer.wait_line, "ready", timeout=30)
        home = zone.home(tmp_path / "hall")
        home.config.write_text(to_toml(replace(zone.config(), printer=str(link))), "utf-8")
        terminal = Terminal(home)
        await terminal.start()
        slip = Slip(SlipKind.TEST, "k1", (Part(PartKind.TITLE, "测试页"),))

        assert terminal.ui.send(Print(job="j1", slip=slip_to_fields(slip)))
        printed = await terminal.hear(lambda one: isinstance(one, Printed))
        await until(lambda: bool(zone.reports) and zone.reports[-1].devices == {"printer": "ok"})
        await terminal.stop()

    assert printed == Printed(job="j1", outcome="printed")
    assert [file.suffix for file in slips.iterdir() if file.suffix == ".png"] == [".png"]


async def test_without_a_printer_the_ui_hears_it_at_once(terminal: Terminal) -> None:
    slip = Slip(SlipKind.TEST, "k1", (Part(PartKind.TITLE, "测试页"),))

    assert terminal.ui.send(Print(job="j1", slip=slip_to_fields(slip)))
    assert terminal.ui.send(Print(job="j2", slip={"kind": "poem"}))
    first = await terminal.hear(lambda one: isinstance(one, Printed) and one.job == "j1")
    second = await terminal.hear(lambda one: isinstance(one, Printed) and one.job == "j2")

    assert first == Printed(job="j1", outcome="not_started", reason="absent")
    assert second == Printed(job="j2", outcome="not_started", reason="bad_slip")
