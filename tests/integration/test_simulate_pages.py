"""Every simulated device as the command that a user runs, with the page that stands in for hands."""

import json
import os
import select
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from devices.drivers.tcp_link import TcpLink
from devices.drivers.ups.codec import Variable, get_variable, read_reply
from devices.sim.buttons import panels
from devices.sim.control import control_path
from devices.sim.orders import NoDevice, give_order
from tests.support.mosquitto import free_port

ROOT = Path(__file__).parents[2]
DEADLINE_S = 20
KINDS = ("id_card", "scanner", "presence", "text_sign", "ups", "keypad")


@contextmanager
def simulated(folder: Path, kind: str, *options: str) -> Iterator[tuple[Path, str]]:
    """The command a user runs: its path and its page."""
    link = folder / kind
    command = [sys.executable, "-m", "devices", "simulate", kind, "--link", str(link), *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert line_of(process) == f"ready {link}"
        page = "" if "--no-page" in options else line_of(process).removeprefix("page ")
        yield link, page
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
        process.communicate()
    assert not control_path(link).exists()


def line_of(process: subprocess.Popen[str]) -> str:
    """Return the next line, byte by byte: what a buffered reader has taken in, select would wait for in vain."""
    assert process.stdout is not None
    pipe, line = process.stdout.fileno(), b""
    while not line.endswith(b"\n") and select.select([pipe], [], [], DEADLINE_S)[0]:
        byte = os.read(pipe, 1)
        if not byte:
            break
        line += byte
    return line.decode().strip()


def ask(url: str, body: dict[str, object] | None = None, **headers: str) -> str:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:  # noqa: S310
        return str(answer.read().decode())


def embedded(html: str) -> dict[str, Any]:
    data = html.split('type="application/json">')[1].split("</script>", maxsplit=1)[0]
    return dict(json.loads(data))


@pytest.mark.parametrize("kind", KINDS)
def test_every_button_of_every_page_does_something_that_can_be_seen(
    tmp_path: Path, kind: str
) -> None:
    options = ("--tcp", str(free_port())) if kind == "ups" else ()
    with simulated(tmp_path, kind, *options) as (link, page):
        data = embedded(ask(page))
        assert data["panel"]["title"] == panels()[kind].title
        before = give_order(control_path(link), {})
        seen = [
            json.loads(ask(f"{page}order", button.filled("一段文字"), **{"X-Token": data["token"]}))
            for button in panels()[kind].buttons
        ]

    assert all(state.keys() == before.keys() for state in seen)
    if kind != "text_sign":
        assert len({json.dumps(state) for state in (before, *seen)}) > len(seen) // 2


def test_nobody_plays_with_the_devices_from_another_site(tmp_path: Path) -> None:
    with simulated(tmp_path, "presence") as (link, page):
        for headers in ({}, {"X-Token": "guess"}, {"Host": "evil.example:80"}):
            with pytest.raises(urllib.error.HTTPError, match=r"403|404"):
                ask(f"{page}order", {"person": 80}, **headers)
        token = embedded(ask(page))["token"]
        with pytest.raises(urllib.error.HTTPError, match="400"):
            ask(f"{page}order", [1], **{"X-Token": token})  # type: ignore[arg-type]
        with pytest.raises(urllib.error.HTTPError, match="404"):
            ask(page, Host="evil.example")

        assert give_order(control_path(link), {})["person"] is None


def test_a_simulated_supply_answers_as_nut_does(tmp_path: Path) -> None:
    port = free_port()
    with simulated(tmp_path, "ups", "--tcp", str(port), "--no-page") as (link, _):
        give_order(control_path(link), {"mains": "off", "battery": 9})
        give_order(control_path(link), {"battery": 9})
        one, other = TcpLink("127.0.0.1", port), TcpLink("127.0.0.1", port)
        one.write(get_variable("zone-ups", "ups.status"))
        reply = read_reply(one.read(DEADLINE_S).rstrip(b"\n"))
        silence = other.read(0.1)
        one.close()
        other.close()

    assert reply == Variable("zone-ups", "ups.status", "OB DISCHRG LB")
    assert silence == b""
    with pytest.raises(NoDevice):
        give_order(control_path(link), {})
