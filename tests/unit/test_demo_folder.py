"""The demo keeps to itself: its own folder, its own ports, and no way for a real zone to its hand."""

import gc
import socket
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from controller.app import create_app
from controller.cli import main as controller
from controller.config import config_from, load_config
from controller.demo import display, zone
from controller.demo.children import Children, NotStarted
from controller.demo.folder import FolderProblem, NotADemo, configure, held, listen_for_page
from controller.demo.panes import Window
from controller.demo.places import HALL
from controller.demo.zone import Wishes, demo_zone

ZONE = {"zone": "某县政务公开专区", "region": "519901", "public_url": "http://127.0.0.1:8080"}


def test_a_real_zones_folder_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    made = ("init", "--state", str(tmp_path), "--zone", ZONE["zone"], "--region", ZONE["region"])
    assert controller(list(made)) == 0
    before = (tmp_path / "zone.toml").read_bytes()

    with pytest.raises(NotADemo, match="正式专区"), held(tmp_path):
        configure(tmp_path)

    assert (tmp_path / "zone.toml").read_bytes() == before
    assert not (tmp_path / "demo.zone").exists()


def test_the_command_says_so_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "zone.db").touch()

    assert controller(["demo", "--state", str(tmp_path)]) == 2

    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert "--state" in said.err


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(FolderProblem, match="另一个演示"), held(tmp_path):
        pass

    with held(tmp_path):
        pass  # the first has let go


def test_ports_that_are_taken_are_passed_over_and_free_ones_kept(tmp_path: Path) -> None:
    with held(tmp_path):
        first, same = configure(tmp_path), configure(tmp_path)
        with socket.create_server(("127.0.0.1", first.api.port)):
            other = configure(tmp_path)

    assert same == first
    assert other.api.port != first.api.port
    assert (other.web.port, other.broker.port) == (first.web.port, first.broker.port)
    assert len({other.web.port, other.api.port, other.broker.port}) == 3
    assert other.public_url == f"http://127.0.0.1:{first.web.port}"


def test_the_page_comes_back_where_it_was_unless_somebody_else_is_there(tmp_path: Path) -> None:
    with listen_for_page(tmp_path) as first, listen_for_page(tmp_path) as other:
        assert other.getsockname() != first.getsockname()
        where = other.getsockname()

    with listen_for_page(tmp_path) as again:
        assert again.getsockname() == where


def test_a_start_that_was_cut_off_while_writing_does_not_stop_the_next(tmp_path: Path) -> None:
    with held(tmp_path):
        (tmp_path / "zone.toml").write_text('zone = "望', "utf-8")

        configure(tmp_path)

    assert load_config(tmp_path).zone.startswith("望溪县")


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(FolderProblem, match="无法写入"), held(tmp_path / "file" / "state"):
        pass


async def test_without_mosquitto_the_demo_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zone, "find_program", lambda _: None)

    with pytest.raises(zone.NoBroker, match="apt-get install mosquitto"):
        async with demo_zone(Wishes(tmp_path / "state", (HALL,)), say=print):
            pass

    assert not (tmp_path / "state").exists()


async def test_without_xvfb_the_demo_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    children = Children(tmp_path, on_loss=print)

    with pytest.raises(display.NoDisplay, match="apt-get install xvfb"):
        await display.open_display([Window("hall-1", "kiosk")], children, virtual=True)


async def test_a_display_that_is_not_there_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":9871")
    children = Children(tmp_path, on_loss=print)

    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ResourceWarning
        )  # python-xlib leaves its socket to the collector
        with pytest.raises(display.NoDisplay, match="DISPLAY"):
            await display.open_display([Window("hall-1", "kiosk")], children, virtual=False)
        gc.collect()


async def test_a_part_that_does_not_start_names_its_log(tmp_path: Path) -> None:
    children = Children(tmp_path, on_loss=print)
    command = (sys.executable, "-c", "print('no paper'); raise SystemExit(3)")

    with pytest.raises(NotStarted, match="printer"):
        await children.start("printer", command, ready=("ready",), env={})
    await children.end()

    assert "no paper" in (tmp_path / "printer.log").read_text("utf-8")


async def test_a_part_that_is_lost_is_told_and_one_that_is_ended_is_not(tmp_path: Path) -> None:
    told: list[str] = []
    children = Children(tmp_path, on_loss=told.append)
    dies = "print('ready', flush=True); raise SystemExit(7)"
    lives = "import time, threading; print('ready', flush=True); threading.Event().wait(60)"
    await children.start("lives", (sys.executable, "-c", lives), ready=("ready",), env={})
    await children.start("dies", (sys.executable, "-c", dies), ready=("ready",), env={})
    await children.wait_for_loss()

    await children.end()

    assert len(told) == 1
    assert "dies" in told[0]
    assert "7" in told[0]


def test_a_real_zone_has_no_way_to_the_remote_hand(tmp_path: Path) -> None:
    app = create_app(config_from(ZONE, state=tmp_path))

    paths = {resource.canonical for resource in app.router.resources()}

    assert not [path for path in paths if "touch" in path or "picture" in path or "demo" in path]


def test_the_controller_does_not_even_load_the_demo() -> None:
    program = (
        "import sys, controller.app, controller.serving, controller.commands.running, controller.cli;"
        "print([name for name in sys.modules if 'controller.demo' in name or 'Xlib' in name])"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=50
    )

    assert answer.stdout.strip() == "[]"


def test_serve_takes_no_wish_for_a_demo(capsys: pytest.CaptureFixture[str]) -> None:
    for wish in ("--demo", "--virtual", "--village"):
        with pytest.raises(SystemExit) as refused:
            controller(["serve", wish])
        assert refused.value.code == 2
    assert "命令参数不正确" in capsys.readouterr().err
