"""Under which keys the device API carries things."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from controller.api.standing import AskStanding
from controller.push.expulsion import OpenLinks
from controller.push.welcome import FeedSource, Welcomer
from controller.push.words import Words
from controller.services.findings import Finding
from controller.services.intake import Intake
from controller.services.jobs import Jobs
from controller.services.renewals import Renewals
from controller.services.terminals import Terminals
from controller.store.terminals import Terminal
from devices.wire.search_model import ModelOffer


class Library(Protocol):
    """Lines in the forms that repair a terminal's copy."""

    async def plain_page(self, feed: str, start: int) -> tuple[bytes, ...]:
        """Return lines from a place on, none packed against anything."""
        ...

    async def newest_entry(self, feed: str, record: str) -> bytes:
        """Return a record's newest entry in its kept form, b"" for none."""
        ...


class TrustFiles(Protocol):
    """The TUF files of a zone that has held a key ceremony."""

    def file(self, name: str) -> bytes | None:
        """Return a file, None if there is none of that name."""
        ...


class Notebook(Protocol):
    """Keeps what should not have happened."""

    def note(self, finding: Finding) -> None:
        """Take a finding; never blocks, never fails."""
        ...


class SearchModels(Protocol):
    """The learned search model in use."""

    def offer(self) -> ModelOffer:
        """Return which it is and where it lies among the blobs."""
        ...


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
    words: Words
    jobs: Jobs
    links: OpenLinks
    renewals: Renewals
    findings: Notebook
    library: Library | None = None
    trust: TrustFiles | None = None
    standing: AskStanding | None = None
    models: SearchModels | None = None


SERVICES = web.AppKey("DEVICE_SERVICES", DeviceServices)
TERMINAL = web.RequestKey("TERMINAL", Terminal)
"""Whose certificate the connection showed; set for every handler."""
