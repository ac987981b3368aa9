"""Readers, radar, signs and power over real pseudo-terminals and sockets, against the simulators that users run."""

import json
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from devices.clock import SystemClock
from devices.drivers.attendant import Attendant
from devices.drivers.health import Level
from devices.drivers.id_card.machine import CardRead, TakeCardAway
from devices.drivers.id_card.reader import IdCardReader, open_reader
from devices.drivers.links import SerialLink
from devices.drivers.presence.judgement import Arrived
from devices.drivers.presence.machine import open_presence
from devices.drivers.scanner.codec import Scan
from devices.drivers.scanner.machine import open_scanner
from devices.drivers.text_sign.sign import AttendedSign, open_bx_sign, open_plain_sign
from devices.drivers.ups.machine import PowerLost, ShutDownSoon, open_ups
from devices.sim.id_card.cards import load_cards
from devices.sim.id_card.reader import SimulatedReader
from devices.sim.pty_device import LineFaults, PtyDevice, SimulatedDevice
from devices.sim.scanner.scanner import SimulatedScanner
from tests.support.fake_nut import FakeNut

ROOT = Path(__file__).parents[2]
DEADLINE_S = 20

Opened = IdCardReader | AttendedSign | Attendant[Any, Any]


class News:
    """Wakes a test when a device has news; keeps its events."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self._changed = threading.Condition()
        self._take: Callable[[], tuple[Any, ...]] = tuple

    def attach(self, take: Callable[[], tuple[Any, ...]]) -> None:
        self._take = take

    def tell(self) -> None:
        with self._changed:
            self.events += self._take()
            self._changed.notify_all()

    def wait_for(self, is_so: Callable[[], bool], what: str) -> None:
        with self._changed:
            assert self._changed.wait_for(is_so, DEADLINE_S), f"no {what}; events {self.events}"


@contextmanager
def attended(opener: Callable[[Callable[[], None]], Opened]) -> Iterator[tuple[Any, News]]:
    """A started device with its news; closed at the end, thread and all."""
    news = News()
    device = opener(news.tell)
    if isinstance(device, IdCardReader):
        news.attach(device.take_events)
        attendant: Attendant[Any, Any] = device.attendant
    elif isinstance(device, AttendedSign):
        attendant = device.attendant
    else:
        news.attach(device.take_events)
        attendant = device
    try:
        yield device, news
    finally:
        device.close()
        assert attendant._thread is not None
        assert not attendant._thread.is_alive()


def is_well(device: Any) -> Callable[[], bool]:
    return lambda: bool(device.health.level is Level.OK)


@contextmanager
def simulated(folder: Path, kind: str, *options: str) -> Iterator[Path]:
    """The command a user runs; it must end cleanly and take its path with it."""
    link = folder / kind
    process = subprocess.Popen(
        [sys.executable, "-m", "devices", "simulate", kind, "--link", str(link), *options],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        ready, _, _ = select.select([process.stdout], [], [], DEADLINE_S)
        line = process.stdout.readline() if ready else ""
        assert line == f"ready {link}\n", line or process.stderr.read()
        yield link
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=DEADLINE_S)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert not link.is_symlink()
    assert not link.with_name(link.name + ".ctl").exists()


@contextmanager
def hosted(
    folder: Path, device: SimulatedDevice, faults: LineFaults | None = None
) -> Iterator[Path]:
    """The same in a thread, with faults."""
    link = folder / "device"
    host = PtyDevice(device, link=link, clock=SystemClock(), faults=faults or LineFaults())
    thread = threading.Thread(target=host.run)
    thread.start()
    try:
        yield link
    finally:
        host.stop()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


def order(link: Path, **what: object) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(DEADLINE_S)
        control.connect(str(link.with_name(link.name + ".ctl")))
        control.sendall(json.dumps(what).encode() + b"\n")
        answer: dict[str, Any] = json.loads(control.makefile().readline())
        return answer


def test_a_card_is_read_over_the_line_and_after_an_unplugging(tmp_path: Path) -> None:
    with (
        simulated(tmp_path, "id_card") as link,
        attended(lambda tell: open_reader(str(link), clock=SystemClock(), on_news=tell)) as (
            reader,
            news,
        ),
    ):
        news.wait_for(is_well(reader), "reader")
        step = reader.ask()
        order(link, card="resident")
        news.wait_for(lambda: bool(news.events), "card")
        (read,) = news.events
        assert isinstance(read, CardRead)
        assert (read.step, read.card.number) == (step, "519921199001010025")

        order(link, cable="out")
        news.wait_for(lambda: reader.health.reason == "unplugged", "loss")
        assert order(link)["cable"] == "out"
        assert not link.exists()
        order(link, cable="in")
        news.wait_for(is_well(reader), "return")

        reader.stop()
        news.events.clear()
        second = reader.ask()
        news.wait_for(lambda: bool(news.events), "warning of the old card")
        assert news.events == [TakeCardAway(second)]
        order(link, card="")
        news.wait_for(lambda: len(news.events) == 2, "the old card's leaving")
        order(link, card="elder")
        news.wait_for(lambda: len(news.events) == 3, "second card")
        assert news.events[-1].card.name == "测试乙㛃"


@pytest.mark.parametrize("piece", [1, 7, 64])
def test_a_card_that_comes_in_crumbs_is_whole(tmp_path: Path, piece: int) -> None:
    sim = SimulatedReader(load_cards())
    sim.lay("hmt")
    with (
        hosted(tmp_path, sim, LineFaults(piece=piece)) as link,
        attended(lambda tell: open_reader(str(link), clock=SystemClock(), on_news=tell)) as (
            reader,
            news,
        ),
    ):
        reader.ask()
        news.wait_for(lambda: bool(news.events), "card")

        assert news.events[0].card.pass_number == "H00000001"


def test_a_cable_pulled_in_the_middle_of_a_card_gives_no_half_card(tmp_path: Path) -> None:
    sim = SimulatedReader(load_cards())
    sim.lay("resident")
    with (
        hosted(tmp_path, sim, LineFaults(unplug_at_byte=600)) as link,
        attended(lambda tell: open_reader(str(link), clock=SystemClock(), on_news=tell)) as (
            reader,
            news,
        ),
    ):
        reader.ask()
        news.wait_for(lambda: reader.health.reason == "unplugged", "loss")
        assert news.events == []

        order(link, cable="in")
        news.wait_for(is_well(reader), "return")
        # The card was seen before the loss, in the same step: it may be read now.
        news.wait_for(lambda: bool(news.events), "card")
        assert [type(event) for event in news.events] == [CardRead]


def test_scans_arrive_in_either_encoding_and_after_an_unplugging(tmp_path: Path) -> None:
    with (
        simulated(tmp_path, "scanner") as link,
        attended(lambda tell: open_scanner(str(link), clock=SystemClock(), on_news=tell)) as (
            scanner,
            news,
        ),
    ):
        news.wait_for(is_well(scanner), "scanner")
        order(link, scan="https://zone.example.gov.cn/d/7KQ2M9XD4F", symbology="Q1")
        news.wait_for(lambda: len(news.events) == 1, "scan")
        order(link, scan="示政发〔2026〕19号", encoding="gb18030")
        news.wait_for(lambda: len(news.events) == 2, "Chinese scan")
        order(link, cable="out")
        news.wait_for(lambda: scanner.health.level is Level.DOWN, "loss")
        order(link, cable="in")
        news.wait_for(is_well(scanner), "return")
        order(link, scan="7KQ2-M9X-D4F")
        news.wait_for(lambda: len(news.events) == 3, "scan after the return")

        assert news.events == [
            Scan("https://zone.example.gov.cn/d/7KQ2M9XD4F", "Q1"),
            Scan("示政发〔2026〕19号"),
            Scan("7KQ2-M9X-D4F"),
        ]


def test_a_person_arrives_before_a_radar_on_a_line(tmp_path: Path) -> None:
    with (
        simulated(tmp_path, "presence") as link,
        attended(lambda tell: open_presence(str(link), clock=SystemClock(), on_news=tell)) as (
            radar,
            news,
        ),
    ):
        news.wait_for(is_well(radar), "radar")
        order(link, person=80)
        news.wait_for(lambda: bool(news.events), "arrival")
        assert news.events == [Arrived()]

        order(link, cable="out")
        news.wait_for(lambda: radar.health.level is Level.DOWN, "loss")
        order(link, cable="in")
        news.wait_for(is_well(radar), "return")
        assert news.events == [Arrived()]


@pytest.mark.parametrize(
    ("options", "opener"),
    [((), open_bx_sign), (("--plain",), open_plain_sign)],
    ids=["bx", "plain"],
)
def test_a_sign_shows_its_text_before_and_after_an_unplugging(
    tmp_path: Path, options: tuple[str, ...], opener: Callable[..., AttendedSign]
) -> None:
    with (
        simulated(tmp_path, "text_sign", *options) as link,
        attended(lambda tell: opener(str(link), clock=SystemClock(), on_news=tell)) as (sign, news),
    ):
        news.wait_for(is_well(sign), "sign")
        sign.show("今日休息，明日九点办理。")
        wait_shown(link, "今日休息，明日九点办理。")
        order(link, cable="out")
        news.wait_for(lambda: sign.health.level is Level.DOWN, "loss")
        order(link, power="off")
        sign.show("停电期间的新通知")
        order(link, cable="in")
        news.wait_for(is_well(sign), "return")

        wait_shown(link, "停电期间的新通知")


def wait_shown(link: Path, text: str) -> None:
    """Ask the sign what it shows until it is this, at most DEADLINE_S: a sign tells nothing by itself."""
    pause = threading.Event()
    for _ in range(DEADLINE_S * 20):
        if order(link)["text"] == text:
            return
        pause.wait(1 / 20)
    raise AssertionError(order(link))


def test_a_port_held_by_another_process_is_busy_until_it_is_let_go(tmp_path: Path) -> None:
    with hosted(tmp_path, SimulatedScanner()) as link:
        holder = SerialLink(str(link), baud=9600)
        with attended(lambda tell: open_scanner(str(link), clock=SystemClock(), on_news=tell)) as (
            scanner,
            news,
        ):
            news.wait_for(lambda: scanner.health.reason == "busy", "refusal")
            holder.close()
            news.wait_for(is_well(scanner), "opening")


def test_a_device_that_is_not_there_is_a_state_and_not_an_error(tmp_path: Path) -> None:
    path = str(tmp_path / "nothing")
    with attended(lambda tell: open_reader(path, clock=SystemClock(), on_news=tell)) as (
        reader,
        news,
    ):
        reader.ask()
        news.wait_for(lambda: reader.health.since is not None, "health")

        assert (reader.health.level, reader.health.reason) == (Level.DOWN, "absent")


def test_an_outage_is_told_by_a_nut_service_that_restarts_meanwhile() -> None:
    nut = FakeNut("OL")
    try:
        with attended(lambda tell: open_ups(clock=SystemClock(), port=nut.port, on_news=tell)) as (
            ups,
            news,
        ):
            news.wait_for(is_well(ups), "supply")
            nut.status = "OB DISCHRG"
            news.wait_for(lambda: PowerLost() in news.events, "outage")
            nut.cut()
            news.wait_for(lambda: ups.health.level is Level.DOWN, "loss of the service")
            nut.status = "OB LB"
            news.wait_for(lambda: ShutDownSoon() in news.events, "warning")

            assert news.events == [PowerLost(), ShutDownSoon()]
    finally:
        nut.close()


def test_without_a_nut_service_the_supply_is_absent() -> None:
    nut = FakeNut()
    nut.close()
    with attended(lambda tell: open_ups(clock=SystemClock(), port=nut.port, on_news=tell)) as (
        ups,
        news,
    ):
        news.wait_for(lambda: ups.health.since is not None, "health")

        assert (ups.health.level, ups.health.reason) == (Level.DOWN, "absent")
