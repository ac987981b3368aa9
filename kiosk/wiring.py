"""Give the app its real ports: the agent's socket, the replica, paper and checks."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from devices.clock import SystemClock
from kiosk.app import KioskApp
from kiosk.flows.ports import Ports
from kiosk.flows.session import SessionSettings
from kiosk.link import LateLink

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from content.replica.curated_reader import CuratedReader
    from content.replica.reader import ReplicaReader
    from content.requests.form import RequestForm
    from devices.ipc.messages import Welcome
    from kiosk.flows.ports import Paper
    from kiosk.flows.seeking import Seeker
    from kiosk.words import Words

UI_NAME = "kiosk"


def make_app(socket: Path, *, idle_s: float, on_ready: Callable[[], None]) -> KioskApp:
    """Return the app with everything real; it listens on the agent's socket once its first frame stands."""
    link = LateLink(socket, ui=UI_NAME)
    ports = Ports(
        agent=link,
        clock=SystemClock(),
        paper=_paper,
        check=_check,
        open_content=_open_reader,
        open_seeker=_open_seeker,
        new_key=_new_key,
    )
    return KioskApp(
        ports=ports, link=link, settings=SessionSettings(idle_s=idle_s), on_ready=on_ready
    )


def _new_key() -> str:
    import secrets

    return secrets.token_hex(16)


def _open_reader(welcome: Welcome) -> CuratedReader:
    # SQLite and signature checking are loaded with the first Welcome, beside the first frame, not before it.
    import msgspec

    from content.feed.policy import TrustRoot
    from content.replica.curated_reader import CuratedReader

    root = msgspec.convert(welcome.trust_root, type=TrustRoot)
    return CuratedReader(Path(welcome.replica), root, region=welcome.region)


def _open_seeker(welcome: Welcome, words: Words) -> Seeker:
    from kiosk.seeker import BesideSeeker

    reader = _open_reader(welcome)
    _open_meaning(reader, Path(welcome.replica).parent)
    return BesideSeeker(reader, words, at_end=reader.close)


def _open_meaning(reader: ReplicaReader, folder: Path) -> None:
    """Let the reader search by meaning as soon as the models are loaded; until then it searches by words."""
    from content.replica.sentences import open_models

    Thread(
        target=lambda: reader.use_models(open_models(folder)), name="meaning", daemon=True
    ).start()


def _paper(welcome: Welcome) -> Paper:
    from kiosk.paper import ZonePaper

    return ZonePaper(welcome)


def _check(form: RequestForm) -> Mapping[str, str]:
    from kiosk.paper import check_form

    return check_form(form)
