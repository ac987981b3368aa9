"""Under which keys the device API carries things."""

from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from controller.api.standing import AskStanding
from controller.push.welcome import FeedSource, Welcomer
from controller.services.intake import Intake
from controller.services.terminals import Terminals
from controller.store.terminals import Terminal


@dataclass(frozen=True, slots=True)
class DeviceServices:
    """What the device API serves from. `blobs` is the content-addressed folder: files named by SHA-256 hex.

    `standing` tells how far a request has come, None where nobody knows.
    """

    terminals: Terminals
    intake: Intake
    welcomer: Welcomer
    feeds: FeedSource
    blobs: Path
    standing: AskStanding | None = None


SERVICES = web.AppKey("DEVICE_SERVICES", DeviceServices)
TERMINAL = web.RequestKey("TERMINAL", Terminal)
"""Whose certificate the connection showed; set for every handler."""
