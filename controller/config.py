"""What a zone is told at start: `zone.toml`, read once. A wrong key stops the start with its name."""

import hashlib
import ipaddress
import tomllib
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit

import msgspec

from content.errors import CallerError, ZoneError
from content.regions import check_region

FILE = "zone.toml"
DATABASES = ("sqlite+aiosqlite://", "postgresql+asyncpg://")


class ConfigError(ZoneError):
    """The zone cannot start like this; the sentence names the key and says what to do."""


class Tls(StrEnum):
    """How the public web speaks HTTPS."""

    OFF = "off"
    """Plain HTTP; allowed on a loopback address only."""
    OWN = "own"
    """A certificate from the zone's own CA."""
    GIVEN = "given"
    """The files named by `certificate` and `key`."""


@dataclass(frozen=True, slots=True)
class WebConfig:
    """Desk and phone pages. `certificate` and `key` are PEM files, relative to the state folder."""

    host: str = "127.0.0.1"
    port: int = 8080
    tls: Tls = Tls.OFF
    certificate: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """The device API (mutual TLS, the zone's own CA). `name` is the host name terminals use."""

    host: str = "127.0.0.1"
    port: int = 8443
    name: str = "localhost"
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class BrokerConfig:
    """mosquitto, started and watched by the controller; or brokers that others run.

    Attributes:
        host, port, name, enabled: of our own mosquitto.
        urls: mqtts://host:port of other brokers, instead of our own; terminals are spread over them.
        one_engine: these are nodes of one clustered broker: we speak with one of them, and with another when
            that is gone; terminals dial `name` and `port`, behind which a balancer stands.
    """

    host: str = "127.0.0.1"
    port: int = 8883
    name: str = "localhost"
    enabled: bool = True
    urls: tuple[str, ...] = ()
    one_engine: bool = False

    def address_for(self, device: str) -> tuple[str, int]:
        """Return host and port of a terminal's broker, always the same one for the same terminal."""
        if not self.urls or self.one_engine:
            return self.name, self.port
        place = hashlib.sha256(device.encode()).digest()[0] * len(self.urls) // 256
        return broker_address(self.urls[place])


class MailTls(StrEnum):
    """How the mail server is spoken to."""

    ON = "on"
    """TLS from the first byte, mostly port 465."""
    START = "start"
    """STARTTLS, mostly port 587."""
    OFF = "off"
    """In the clear: for a server on this machine."""


@dataclass(frozen=True, slots=True)
class MailConfig:
    """Whom alerts are mailed to, and through which server. `host` "" = no mail."""

    host: str = ""
    port: int = 465
    tls: MailTls = MailTls.ON
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """An address that alerts are posted to, and the secret that signs them. `url` "" = none."""

    url: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ZoneConfig:
    """Everything a controller process is told.

    Attributes:
        state: folder of the zone: zone.db, ca/, broker/, keys/, uploads/.
        zone: name of the zone, as citizens read it.
        region: administrative division code of the zone's government.
        public_url: base of links in QR codes and set-up links, without a slash at the end.
        database: SQLAlchemy URL; "" = zone.db in the state folder.
        feeds: feeds beside the main one that this zone publishes to.
        threshold: how many people besides the drafter must sign before a document is published.
        session_idle_minutes: a desk session without a request ends after so long.
        upload_mb: largest file that the desk takes.
        departments: text file with one department a line, relative to the state folder; "" = none.
        contact: telephone of the disclosure office, for people who ask after their request; "" = none is shown.
    """

    state: Path
    zone: str
    region: str
    public_url: str = "http://127.0.0.1:8080"
    database: str = field(default="", repr=False)
    feeds: tuple[str, ...] = ()
    threshold: int = 1
    session_idle_minutes: int = 30
    upload_mb: int = 30
    departments: str = ""
    contact: str = ""
    web: WebConfig = field(default_factory=WebConfig)
    api: ApiConfig = field(default_factory=ApiConfig)
    broker: BrokerConfig = field(default_factory=BrokerConfig)
    mail: MailConfig = field(default_factory=MailConfig)
    webhook: WebhookConfig = field(default_factory=WebhookConfig)

    @property
    def main_feed(self) -> str:
        """The feed of the zone's own government, for example gov/512299."""
        return f"gov/{self.region}"

    @property
    def emergency_feed(self) -> str:
        """The feed of emergency notices, for example emergency/512299."""
        return f"emergency/{self.region}"

    @property
    def all_feeds(self) -> tuple[str, ...]:
        """The main feed, the emergency feed and the others."""
        own = (self.main_feed, self.emergency_feed)
        return (*own, *(one for one in self.feeds if one not in own))

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL."""
        return self.database or f"sqlite+aiosqlite:///{self.state.resolve() / 'zone.db'}"

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the zone over HTTPS: then cookies travel only there."""
        return self.public_url.startswith("https://")

    @property
    def public_host(self) -> str:
        """The host name that browsers use."""
        return urlsplit(self.public_url).hostname or ""

    def department_names(self) -> tuple[str, ...]:
        """Read the departments' names from their file.

        Raises:
            ConfigError: the file is named but cannot be read.
        """
        if not self.departments:
            return ()
        try:
            text = (self.state / self.departments).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"无法读取部门名单文件 {self.departments}，请检查 zone.toml 中的 departments。"
            ) from error
        return tuple(line.strip() for line in text.splitlines() if line.strip())


def load_config(state: Path) -> ZoneConfig:
    """Read zone.toml of a state folder.

    Raises:
        ConfigError: missing, unreadable or wrong; the sentence names the key.
    """
    path = state / FILE
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"没有找到配置文件 {path}，请先运行 python -m controller init --state {state}。"
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"配置文件 {path} 无法读取：{error}") from error
    return config_from(values, state=state)


def config_from(values: dict[str, Any], *, state: Path) -> ZoneConfig:
    """Build and check the configuration from parsed TOML.

    Raises:
        ConfigError: an unknown key, a wrong type, or settings that are not safe together.
    """
    _refuse_unknown(values, ZoneConfig, at="")
    try:
        config = msgspec.convert({**values, "state": str(state)}, type=ZoneConfig, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise ConfigError(f"zone.toml 的内容不正确：{error}。请改正后重新启动。") from error
    _check(config)
    return replace(config, public_url=config.public_url.rstrip("/"))


def broker_address(url: str) -> tuple[str, int]:
    """Return host and port of a broker's URL; 8883 is the port of MQTT over TLS."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 8883


def is_ip(host: str) -> bool:
    """Say whether a host is an address, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches the address."""
    return host == "localhost" or (is_ip(host) and ipaddress.ip_address(host).is_loopback)


def _path(kind: type, value: object) -> object:
    return kind(value)


def _refuse_unknown(values: dict[str, Any], kind: type, *, at: str) -> None:
    hints = get_type_hints(kind)
    known = {one.name for one in fields(kind)} - {"state"}
    for key, value in values.items():
        if key not in known:
            raise ConfigError(f"zone.toml 中有不认识的配置项 {at}{key}，请改正或删除后重新启动。")
        if isinstance(value, dict) and is_dataclass(hints[key]):
            _refuse_unknown(value, hints[key], at=f"{at}{key}.")


def _check(config: ZoneConfig) -> None:
    try:
        check_region(config.region)
    except CallerError as error:
        raise ConfigError(f"zone.toml 的 region：{error}") from error
    web = config.web
    if web.tls is Tls.OFF and not is_loopback(web.host):
        raise ConfigError(
            f"web.host = {web.host} 不是本机地址，不能使用明文 HTTP。"
            '请把 web.tls 设为 "own"（自建证书）或 "given"（单位证书），或把 web.host 改为 127.0.0.1。'
        )
    if web.tls is Tls.GIVEN and not (web.certificate and web.key):
        raise ConfigError('web.tls = "given" 时，请填写 web.certificate 和 web.key 两个文件。')
    if config.database and not config.database.startswith(DATABASES):
        raise ConfigError(
            "database 应以 postgresql+asyncpg:// 或 sqlite+aiosqlite:// 开头；使用默认的本机数据库时请删除该项。"
        )
    if urlsplit(config.public_url).scheme not in {"http", "https"} or not config.public_host:
        raise ConfigError(
            "public_url 应为 http:// 或 https:// 开头的网址，例如 https://zwgk.example.gov.cn。"
        )
    if not config.is_https and not is_loopback(config.public_host):
        raise ConfigError(
            "public_url 不是本机地址，必须以 https:// 开头：否则口令和个人信息会明文传输。"
        )
    _check_brokers(config.broker)
    _check_alerts(config)
    _check_numbers(config)


def _check_alerts(config: ZoneConfig) -> None:
    mail, hook = config.mail, config.webhook
    if mail.host and not (mail.sender and mail.to):
        raise ConfigError("zone.toml 的 mail：请填写 sender（发件地址）和 to（收件地址列表）。")
    if mail.tls is MailTls.OFF and mail.host and not is_loopback(mail.host):
        raise ConfigError(
            'zone.toml 的 mail.tls：邮件服务器不在本机时不能为 "off"，请改为 "on" 或 "start"。'
        )
    if hook.url and not hook.secret:
        raise ConfigError("zone.toml 的 webhook：请填写 secret，接收方用它核对签名。")
    if hook.url and urlsplit(hook.url).scheme not in {"http", "https"}:
        raise ConfigError("zone.toml 的 webhook.url 应以 https:// 开头。")


def _check_brokers(broker: BrokerConfig) -> None:
    for url in broker.urls:
        try:
            parts = urlsplit(url)
            is_good = parts.scheme == "mqtts" and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_good = False
        if not is_good:
            raise ConfigError(
                f"zone.toml 的 broker.urls 中“{url}”不正确，应为 mqtts://主机名:端口，例如 mqtts://mq1.example:8883。"
            )


def _check_numbers(config: ZoneConfig) -> None:
    for name, port in (
        ("web", config.web.port),
        ("api", config.api.port),
        ("broker", config.broker.port),
    ):
        if not 0 < port < 65536:  # noqa: PLR2004 - the range of TCP ports
            raise ConfigError(f"zone.toml 的 {name}.port 应为 1 到 65535。")
    if config.threshold < 1:
        raise ConfigError("threshold 至少为 1：公开前必须有拟稿人之外的人签名。")
    if config.session_idle_minutes < 1 or config.upload_mb < 1:
        raise ConfigError("session_idle_minutes 和 upload_mb 应为正整数。")
