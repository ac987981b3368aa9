"""Under which keys the device API carries things."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from controller.push.welcome import FeedSource, Welcomer
from controller.services.intake import Intake
from controller.services.terminals import Terminals
from controller.store.terminals import Terminal


class TrustFiles(Protocol):
    """The TUF files of a zone that has held a key ceremony."""

    def file(self, name: str) -> bytes | None:
        """Return a file, None if there is none of that name."""
        ...


@dataclass(frozen=True, slots=True)
class DeviceServices:
    """What the device API serves from. `blobs` is the content-addressed folder: files named by SHA-256 hex."""

    terminals: Terminals
    intake: Intake
    welcomer: Welcomer
    feeds: FeedSource
    blobs: Path
    trust: TrustFiles | None = None


SERVICES = web.AppKey("DEVICE_SERVICES", DeviceServices)
TERMINAL = web.RequestKey("TERMINAL", Terminal)
"""Whose certificate the connection showed; set for every handler."""
