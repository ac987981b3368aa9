"""What a terminal is, as enrolment wrote it into terminal.toml: dataclass <-> TOML text, and the file paths."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from content.errors import CallerError, NotFound
from content.feed.policy import TrustRoot
from devices.drivers.printer.model import DEFAULT_MODEL, sheet
from devices.drivers.reasons import Kind
from devices.hub.place import BadPlace, Peripheral, parse_place

NAME = "terminal.toml"


class BadConfig(CallerError):
    """terminal.toml is missing or wrong; the sentence names the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the broker listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Size "1080x1920" and position "0,0" of a UI's window; "" leaves it to the UI."""

    size: str = ""
    position: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalConfig:
    """One terminal, read once at the start.

    Attributes:
        id: common name of its client certificate.
        zone, site, region: zone name, place, administrative division code.
        attended: a staffed hall, so that a request counts as filed in person 当面提交.
        feeds: feeds that it holds, for example "gov/512299".
        public_url: base of the links in QR codes.
        broker, api_url: how the controller is reached; both with mutual TLS.
        seal_key: hex of the controller's X25519 public key.
        root: the pinned root of trust.
        screens: user interfaces that belong to it: "kiosk", "signage-1".
        start_ui: the agent starts them and starts them again.
        ui: their windows, by name.
        printer: device path or "tcp://host[:port]", "" for none.
        demo: a demonstration; shorter waits.
        keepalive_s: MQTT keepalive, 0 = 15 in a demo and 120 otherwise (wire.md 6: bytes a month).
        poll_s: how often HTTPS is asked while MQTT is away.
        jitter_s: longest random wait before speaking to a controller that came back,
            0 = 1 in a demo and 30 otherwise (wire.md 9.2).
        scrub_s: seconds between two records of the slow re-check of the replica.
        hearing_s: seconds between two checks that the connection to the broker still hears.
        printer_model: key of the printer's sheet in devices/drivers/printer/models.toml.
        devices: card reader, scanner, radar, text sign, power supply; see devices.hub.place.
        screen_rest_s: seconds without anybody before the radar after which the touch screen rests, 0 = never.
        phone: whom a visitor may call where nobody is at hand, "" for nobody.
        bundles: folder under which sticks are mounted, for example "/media"; "" for none.
    """

    id: str
    zone: str
    site: str
    region: str
    attended: bool
    feeds: tuple[str, ...]
    public_url: str
    broker: Address
    api_url: str
    seal_key: str
    root: TrustRoot
    screens: tuple[str, ...] = ("kiosk",)
    start_ui: bool = False
    ui: dict[str, Window] = field(default_factory=dict)
    printer: str = ""
    demo: bool = False
    keepalive_s: int = 0
    poll_s: int = 60
    jitter_s: int = 0
    scrub_s: int = 5
    hearing_s: int = 1800
    printer_model: str = DEFAULT_MODEL
    devices: dict[Kind, Peripheral] = field(default_factory=dict)
    phone: str = ""
    bundles: str = ""
    screen_rest_s: int = 0

    @property
    def keepalive(self) -> int:
        """Seconds of MQTT keepalive in use."""
        return self.keepalive_s or (15 if self.demo else 120)

    @property
    def jitter(self) -> int:
        """Longest random wait in seconds in use."""
        return self.jitter_s or (1 if self.demo else 30)


@dataclass(frozen=True, slots=True)
class Home:
    """The files of a terminal."""

    path: Path

    @property
    def config(self) -> Path:
        """terminal.toml."""
        return self.path / NAME

    @property
    def certificate(self) -> Path:
        """The client certificate."""
        return self.path / "client.crt"

    @property
    def key(self) -> Path:
        """The client certificate's private key."""
        return self.path / "client.key"

    @property
    def authority(self) -> Path:
        """The zone's CA."""
        return self.path / "ca.crt"

    @property
    def replica(self) -> Path:
        """The verified copy of published content."""
        return self.path / "replica.db"

    @property
    def keys(self) -> Path:
        """Folder of the TUF client, for zones that have held a key ceremony."""
        return self.path / "keys"

    @property
    def bundles(self) -> Path:
        """Bundles that were handed over to the running agent."""
        return self.path / "bundles"

    @property
    def store(self) -> Path:
        """Outbox, spool and counters."""
        return self.path / "agent.db"

    @property
    def socket(self) -> Path:
        """Where user interfaces find the agent."""
        return self.path / "agent.sock"

    @property
    def lock(self) -> Path:
        """Held by the one agent of this home."""
        return self.path / "agent.lock"

    @property
    def pairing(self) -> Path:
        """What stands on the glass while the terminal waits to be paired."""
        return self.path / "pairing.json"

    @property
    def keeper(self) -> Path:
        """How the terminal is, for the keeper who stands before it."""
        return self.path / "status.json"

    @property
    def tried_software(self) -> Path:
        """The software version that was installed last, or was tried to be."""
        return self.path / "software-tried"

    def picture(self, job: str) -> Path:
        """Where a screen leaves a picture of itself for a moment."""
        return self.path / f"picture-{job}.png"

    def ui_pid(self, ui: str) -> Path:
        """Process id of a UI that the agent started, so that the next agent finds it."""
        return self.path / f"ui-{ui}.pid"


def load(home: Home) -> TerminalConfig:
    """Read terminal.toml and see that the files beside it are there.

    Raises:
        BadConfig: a Chinese sentence that names the file or key.
    """
    for path in (home.config, home.certificate, home.key, home.authority):
        if not path.is_file():
            raise BadConfig(
                f"终端目录缺少文件 {path.name}（{home.path}），"
                "请加上 --controller 控制端网址进行配对，或先用 enrol 命令登记终端。"
            )
    return from_toml(home.config.read_text("utf-8"))


def from_toml(text: str) -> TerminalConfig:
    """Read the text of terminal.toml.

    Raises:
        BadConfig: not TOML, an unknown key, or a key that is missing or of the wrong type.
    """
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(f"terminal.toml 不是有效的 TOML 文件：{error}。") from error
    known = set(TerminalConfig.__dataclass_fields__)
    strange = sorted(set(fields) - known)
    if strange:
        raise BadConfig(f"terminal.toml 中有不认识的项：{'、'.join(strange)}，请更正后再启动。")
    try:
        config = msgspec.convert(fields, type=TerminalConfig)
    except msgspec.ValidationError as error:
        raise BadConfig(f"terminal.toml 中有一项缺失或类型不对：{error}。") from error
    _check(config)
    _check_devices(config, fields)
    return config


def to_toml(config: TerminalConfig) -> str:
    """Return the text of terminal.toml; `from_toml` gives the same config back."""
    fields: dict[str, Any] = msgspec.to_builtins(config)
    return "\n".join([*(f"{name} = {_value(value)}" for name, value in fields.items()), ""])


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return _quoted(value)
        case list() | tuple():
            return f"[{', '.join(_value(item) for item in value)}]"
        case dict():
            return (
                "{"
                + ", ".join(f"{_quoted(key)} = {_value(item)}" for key, item in value.items())
                + "}"
            )
        case _:
            raise TypeError(f"{type(value).__name__} has no place in terminal.toml")


def _quoted(text: str) -> str:
    # JSON's string form is a TOML basic string, but for DEL, which TOML wants escaped.
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")


def _check(config: TerminalConfig) -> None:
    if not config.id or "/" in config.id or any(sign in config.id for sign in "+#\x00"):
        raise BadConfig("terminal.toml 的 id 不能为空，也不能含有 / + #。")
    for name, value in (
        ("seal_key", config.seal_key),
        *(("root.keys", k) for k in config.root.keys),
    ):
        if not _is_key(value):
            raise BadConfig(f"terminal.toml 的 {name} 应为 64 位十六进制公钥，请重新登记终端。")
    if not config.root.tuf and not 1 <= config.root.threshold <= len(config.root.keys):
        raise BadConfig("terminal.toml 的 root.threshold 应在 1 与 root.keys 的个数之间。")
    if not config.api_url.startswith("https://"):
        raise BadConfig("terminal.toml 的 api_url 应以 https:// 开头。")
    try:
        sheet(config.printer_model)
    except NotFound as error:
        raise BadConfig(f"terminal.toml 的 printer_model 不对：{error}") from error


def _check_devices(config: TerminalConfig, fields: dict[str, Any]) -> None:
    known = set(Peripheral.__dataclass_fields__)
    for kind, device in config.devices.items():
        strange = sorted(set(fields["devices"][kind]) - known)
        if strange:
            raise BadConfig(
                f"terminal.toml 的 devices.{kind} 中有不认识的项：{'、'.join(strange)}。"
            )
        try:
            if device.at:
                parse_place(device.at, kind)
        except BadPlace as error:
            raise BadConfig(f"terminal.toml 的 devices.{kind}.at 不对：{error}") from error


def _is_key(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == 32  # noqa: PLR2004 - bytes of an Ed25519 or X25519 key
    except ValueError:
        return False
