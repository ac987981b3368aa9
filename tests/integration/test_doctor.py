"""The doctor, as a keeper runs it: with and without a running agent, and on strange machines."""

import asyncio
import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest

from devices.__main__ import main
from devices.agent.config import Home, to_toml
from devices.clock import SystemClock
from devices.doctor.examine import examine_home, examine_plugged
from devices.doctor.finding import Verdict, as_text
from devices.drivers.reasons import Kind
from devices.hub.finding import Plugged
from devices.hub.place import Peripheral
from devices.sim.pty_device import LineFaults, PtyDevice
from devices.sim.scanner.scanner import SimulatedScanner
from tests.support.device_terminal import (
    Devices,
    device_terminal,
    make_home,
    terminal_config,
)


def said_by(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    with redirect_stdout(out):
        code = main(["doctor", *arguments])
    return code, out.getvalue()


@pytest.fixture(autouse=True)
def _voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a speech engine, whatever this one has."""
    engine = tmp_path / "bin" / "espeak-ng"
    engine.parent.mkdir()
    engine.write_text("#!/bin/sh\nexec cat > /dev/null\n", "utf-8")
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{engine.parent}:/usr/bin:/bin")


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[Devices]:
    one = Devices(tmp_path / "dev")
    yield one
    one.close()


def test_everything_that_is_well_is_said_to_be(devices: Devices, tmp_path: Path) -> None:
    make_home(tmp_path / "home", terminal_config(devices.places))
    code, text = said_by("--home", str(tmp_path / "home"))

    assert code == 0, text
    assert text.count("✔") == len(Kind) + 1  # the voice
    assert "运行" not in text


async def test_what_is_missing_is_named_with_what_to_do(devices: Devices, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", terminal_config(devices.places))
    await devices.order(Kind.SCANNER, cable="out")
    await devices.order(Kind.UPS, mains="off")
    code, text = await asyncio.to_thread(said_by, "--home", str(home.path), "--json")
    found = {one["device"]: one for one in json.loads(text)["devices"]}

    assert code == 1
    assert found["scanner"]["verdict"] == "down"
    assert "请检查电源" in found["scanner"]["sentence"]
    assert found["ups"]["verdict"] == "warn"
    assert {one for one in found if found[one]["verdict"] == "ok"} == {
        "id_card", "presence", "text_sign", "keypad", "speech",
    }  # fmt: skip


def test_a_keypad_without_a_voice_is_told_with_what_to_install(
    devices: Devices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    places = {Kind.KEYPAD: devices.places[Kind.KEYPAD]}
    make_home(tmp_path / "home", terminal_config(places))
    code, text = said_by("--home", str(tmp_path / "home"))

    assert code == 1
    assert "✔ 无障碍键盘" in text
    assert "但没有声音。请运行 apt install espeak-ng" in text


async def test_where_the_agent_runs_it_is_asked_and_not_disturbed(tmp_path: Path) -> None:
    from devices.agent.app import alone

    async with device_terminal(tmp_path) as terminal:
        home = Home(tmp_path / "home")
        await terminal.visitor.sees_health(Kind.SCANNER, "ok")
        await terminal.devices.order(Kind.SCANNER, cable="out")
        await terminal.visitor.sees_health(Kind.SCANNER, "down")
        with alone(home):
            code, text = await asyncio.to_thread(said_by, "--home", str(home.path))

        assert code == 1
        assert "终端程序正在运行" in text
        assert "扫码器  不能用" in text
        assert text.count("✔") == len(Kind)  # one less, and the voice
        await terminal.visitor.sees_health(Kind.ID_CARD, "ok")


def test_strangers_at_the_ports_are_told_apart(devices: Devices, tmp_path: Path) -> None:
    plain = PtyDevice(SimulatedScanner(), link=tmp_path / "plain", clock=SystemClock())
    ports = [Plugged(devices.places[kind].at) for kind in (Kind.ID_CARD, Kind.PRESENCE)]
    ports += [Plugged(str(tmp_path / "plain"), 0x1A86, 0x7523, description="USB Serial")]
    ports += [Plugged(str(tmp_path / "gone"))]
    examined = examine_plugged(clock=SystemClock(), list_ports=lambda: ports)
    plain._close()
    reader, radar, stranger, gone = examined.findings[:4]

    assert (reader.device, reader.verdict) == ("id_card", Verdict.OK)
    assert "安全模块编号：05.01-" in reader.details[0]
    assert (radar.device, radar.details) == ("presence", ("此刻：前方无人。",))
    assert (stranger.device, stranger.verdict) == ("", Verdict.UNKNOWN)
    assert gone.verdict is Verdict.DOWN
    assert all("请" in one.sentence for one in (stranger, gone))
    assert "1a86:7523" in as_text(examined.findings, head="")


def test_a_dead_reader_is_silent_and_not_missing(tmp_path: Path) -> None:
    import threading

    from devices.sim.id_card.cards import load_cards
    from devices.sim.id_card.reader import SimulatedReader

    reader = SimulatedReader(load_cards())
    host = PtyDevice(
        reader, link=tmp_path / "r", clock=SystemClock(), faults=LineFaults(is_dead=True)
    )
    thread = threading.Thread(target=host.run)
    thread.start()
    config = terminal_config({Kind.ID_CARD: Peripheral(at=str(tmp_path / "r"))})
    home = make_home(tmp_path / "home", config)
    (finding,) = examine_home(home, config, clock=SystemClock()).findings
    host.stop()
    thread.join(5)

    assert finding.verdict is Verdict.DOWN
    assert "没有应答" in finding.sentence


def test_a_home_that_is_none_is_said_to_be_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--home", str(tmp_path)]) == 2
    assert "terminal.toml" in capsys.readouterr().err


def test_a_wrong_setting_is_named_before_anything_is_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = terminal_config({Kind.SCANNER: Peripheral(at="/dev/x")})
    home = make_home(tmp_path, config)
    wrong = replace(config, devices={Kind.SCANNER: Peripheral(at="usb")})
    home.config.write_text(to_toml(wrong), "utf-8")

    assert main(["doctor", "--home", str(tmp_path)]) == 2
    assert "devices.scanner" in capsys.readouterr().err
