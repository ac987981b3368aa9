"""The files that mosquitto reads: its configuration and its access list. Text in, text out."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from controller.broker.pki import CONTROLLER
from devices.wire import topics

MAX_PACKET = 300 * 1024
"""Bytes of the largest packet; the wire promises 64 KB upwards and 32 KiB inline downwards."""

MAX_UNDER_WAY = 1_000
MAX_WAITING = 100_000
MAX_WAITING_BYTES = 64 * 1024 * 1024
"""Of one client, the controller above all: every terminal's report at once is 30 MB at 100 000 terminals."""

LOG_KINDS = ("error", "warning", "notice", "information", "debug", "subscribe")


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where the broker listens and finds what it needs.

    Attributes:
        host, port: of its one listener.
        folder: for its own files.
        authority, revoked: the zone's CA and revocation list.
        certificate, key: of the listener.
        program: name or path of mosquitto.
    """

    host: str
    port: int
    folder: Path
    authority: Path
    revoked: Path
    certificate: Path
    key: Path
    program: str = "mosquitto"

    @property
    def config(self) -> Path:
        """mosquitto.conf."""
        return self.folder / "mosquitto.conf"

    @property
    def access(self) -> Path:
        """The access list."""
        return self.folder / "acl"


@dataclass(frozen=True, slots=True)
class DeviceAccess:
    """A terminal that may connect, and the feeds that it may read."""

    device: str
    feeds: tuple[str, ...]


def config_text(settings: BrokerSettings) -> str:
    """Return mosquitto.conf: one TLS listener, certificates as names, nothing anonymous, nothing on disk."""
    lines = [
        "per_listener_settings false",
        "allow_anonymous false",
        f"acl_file {settings.access}",
        # wire.md 9.3: the broker is never trusted to keep anything; retained heads are said again.
        "persistence false",
        f"max_packet_size {MAX_PACKET}",
        # A whole fleet answers one push at once, and all of it waits for the one controller: with the stock
        # limits (20 under way, 1000 waiting) mosquitto drops what is over, and says nothing.
        f"max_inflight_messages {MAX_UNDER_WAY}",
        f"max_queued_messages {MAX_WAITING}",
        f"max_queued_bytes {MAX_WAITING_BYTES}",
        "set_tcp_nodelay true",
        "sys_interval 0",
        # Not stdout: mosquitto 2.0 does not flush it, and its readiness would stay in the pipe.
        "log_dest stderr",
        "log_timestamp false",
        # Debug and subscribe: nothing else tells of a terminal that reaches outside its list (trespass.py).
        *(f"log_type {kind}" for kind in LOG_KINDS),
        # The state folder is private to this user; mosquitto would else become "mosquitto" and read nothing.
        *(["user root"] if os.geteuid() == 0 else []),
        f"listener {settings.port} {settings.host}",
        # QoS 2 costs memory in this version (CVE-2023-28366) and nothing here uses it.
        "max_qos 1",
        f"cafile {settings.authority}",
        f"certfile {settings.certificate}",
        f"keyfile {settings.key}",
        f"crlfile {settings.revoked}",
        "require_certificate true",
        "use_identity_as_username true",
        # A stranger cannot take over a session: the client id is the certificate's name (wire.md 1.3).
        "use_username_as_clientid true",
    ]
    return "\n".join([*lines, ""])


def access_text(devices: Iterable[DeviceAccess]) -> str:
    """Return the access list: the controller's own block, then one a terminal. What is not here is denied."""
    blocks = [f"user {CONTROLLER}\ntopic readwrite {topics.ROOT}/#"]
    for one in devices:
        pairs = topics.device_acl(one.device, one.feeds)
        blocks.append(
            "\n".join([f"user {one.device}", *(f"topic {access} {name}" for access, name in pairs)])
        )
    return "\n\n".join([*blocks, ""])
