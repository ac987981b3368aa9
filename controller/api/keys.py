"""Under which keys the device API carries things."""

from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from controller.push.expulsion import OpenLinks
from controller.push.welcome import FeedSource, Welcomer
from controller.push.words import Words
from controller.services.intake import Intake
from controller.services.jobs import Jobs
from controller.services.renewals import Renewals
from controller.services.terminals import Terminals
from controller.store.terminals import Terminal


@dataclass(frozen=True, slots=True)
class DeviceServices:
    """What the device API serves from. `blobs` is the content-addressed folder: files named by SHA-256 hex."""

    terminals: Terminals
    intake: Intake
    welcomer: Welcomer
    feeds: FeedSource
    blobs: Path
    words: Words
    jobs: Jobs
    links: OpenLinks
    renewals: Renewals


SERVICES = web.AppKey("DEVICE_SERVICES", DeviceServices)
TERMINAL = web.RequestKey("TERMINAL", Terminal)
"""Whose certificate the connection showed; set for every handler."""
