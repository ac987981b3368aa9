"""A whole real zone for end-to-end tests: controller with its broker, one terminal with printer, kiosk and screen.

No demo: the terminal is enrolled on the command line, the windows stand on a virtual display, touches are X events.
"""

import os
import re
import socket
from dataclasses import dataclass, field, replace
from pathlib import Path

from devices.agent.config import from_toml, to_toml
from tests.support.cable import Cable
from tests.support.finger import Finger, VirtualDisplay
from tests.support.processes import Program

REGION = "519922"
KIOSK_SIZE = (1080, 1920)
SCREEN_SIZE = (1920, 1080)


def free_ports(count: int) -> list[int]:
    """Return loopback ports that are free now."""
    holders = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(holder.getsockname()[1]) for holder in holders]
    for holder in holders:
        holder.close()
    return ports


@dataclass
class RunningZone:
    """The processes, and where their things are."""

    folder: Path
    web: int = 0
    api: int = 0
    broker: int = 0
    programs: dict[str, Program] = field(default_factory=dict)
    cables: tuple[Cable, ...] = ()

    def __post_init__(self) -> None:
        self.web, self.api, self.broker = free_ports(3)
        self.state.mkdir(parents=True)
        lines = (
            'zone = "测试县政务公开专区"',
            f'region = "{REGION}"',
            f'public_url = "{self.base}"',
            *("[web]", f"port = {self.web}"),
            *("[api]", f"port = {self.api}"),
            *("[broker]", f"port = {self.broker}"),
        )
        (self.state / "zone.toml").write_text("\n".join(lines) + "\n", "utf-8")

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.web}"

    @property
    def state(self) -> Path:
        return self.folder / "zone"

    @property
    def home(self) -> Path:
        return self.folder / "hall-1"

    @property
    def slips(self) -> Path:
        return self.folder / "slips"

    @property
    def printer(self) -> Path:
        return self.folder / "printer.tty"

    @property
    def eye(self) -> Path:
        """The observed kiosk's socket."""
        return self.folder / "eye.sock"

    def start_controller(self) -> str:
        """Start the controller and return the set-up link ("" when it was used)."""
        program = Program.python(
            "controller", "-m", "controller", "serve", "--state", str(self.state)
        )
        self.programs["controller"] = program
        program.wait_line("/desk")
        found = re.search(r"http://\S+/setup/\S+", program.output)
        return found[0] if found else ""

    def enrol(self) -> None:
        """Enrol the terminal, a staffed hall with kiosk and one screen."""
        command = ("enrol", "hall-1", "--state", str(self.state), "--out", str(self.home))
        place = ("--site", "政务服务大厅", "--region", REGION, "--attended")
        screens = ("--screen", "kiosk", "--screen", "signage-1", "--printer", str(self.printer))
        program = Program.python("enrol", "-m", "controller", *command, *place, *screens)
        assert program.wait_end(timeout=60) == 0, program.output
        path = self.home / "terminal.toml"
        assert path.exists(), program.output
        self.cables = (Cable(self.broker), Cable(self.api))
        config = from_toml(path.read_text("utf-8"))
        broker = replace(config.broker, port=self.cables[0].port)
        api_url = config.api_url.replace(str(self.api), str(self.cables[1].port))
        wired = replace(config, broker=broker, api_url=api_url, keepalive_s=5, jitter_s=1, poll_s=5)
        wired = replace(wired, start_ui=False)
        path.write_text(to_toml(wired), "utf-8")

    def start_printer(self) -> None:
        command = ("simulate", "printer", "--link", str(self.printer), "--out", str(self.slips))
        program = Program.python("printer", "-m", "devices", *command)
        self.programs["printer"] = program
        program.wait_line("ready")

    def start_agent(self) -> None:
        program = Program.python("agent", "-m", "devices", "agent", "--home", str(self.home))
        self.programs["agent"] = program
        program.wait_line("agent ready")

    def start_windows(self, display: str) -> None:
        """Start kiosk (watched by the test) and screen side by side."""
        env = {"DISPLAY": display}
        wide, tall = KIOSK_SIZE
        sock = ("--socket", str(self.home / "agent.sock"))
        kiosk = Program.python(
            "kiosk",
            *("-m", "tests.support.observed_kiosk", "--observe", str(self.eye), *sock),
            *("--size", f"{wide}x{tall}", "--position", "0,0"),
            env=env,
        )
        self.programs["kiosk"] = kiosk
        screen = Program.python(
            "signage",
            *("-m", "signage", *sock, "--ui", "signage-1"),
            *("--size", f"{SCREEN_SIZE[0]}x{SCREEN_SIZE[1]}", "--position", f"{wide},0"),
            env=env,
        )
        self.programs["signage"] = screen
        kiosk.wait_line("kiosk first frame")
        screen.wait_line("signage first frame")

    def unplug(self) -> None:
        """Pull the network cable: its links die, new ones are cut, while the desk goes on."""
        for cable in self.cables:
            cable.pull()

    def plug_in(self) -> None:
        """Put the cable back."""
        for cable in self.cables:
            cable.push()

    def stop(self) -> None:
        for name in ("signage", "kiosk", "agent", "printer", "controller"):
            if name in self.programs:
                self.programs[name].stop()
        for cable in self.cables:
            cable.close()

    def outputs(self) -> str:
        """Return the tail of what every process has said, for a failure's message."""
        return "\n".join(f"== {name}\n{one.output[-3000:]}" for name, one in self.programs.items())


def open_display() -> tuple[VirtualDisplay, Finger]:
    """Return a virtual display that holds both windows, and a finger on it."""
    virtual = VirtualDisplay(KIOSK_SIZE[0] + SCREEN_SIZE[0], KIOSK_SIZE[1])
    os.environ.setdefault("XAUTHORITY", "/dev/null")
    return virtual, Finger(virtual.name)
