"""Emergency notices at the kiosk: a band above every screen, in the middle of a session too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.flows.surround import Band, BandKind

if TYPE_CHECKING:
    from datetime import datetime

    from content.programme.emergency import EmergencyNotice
    from content.replica.ports import Notices
    from devices.ipc.messages import Welcome
    from kiosk.flows.content import Content
    from kiosk.words import Words

MOST = 2
"""Bands at once; the gravest first."""


class AlarmFlow:
    """Holds what was read last; which of it stands is asked anew at each moment."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._notices: Notices | None = None
        self._region = ""

    def refresh(self, content: Content, welcome: Welcome | None) -> None:
        """Read the notices; the Welcome says where the terminal stands."""
        self._notices = content.notices()
        self._region = welcome.region if welcome else ""

    def bands(self, now: datetime) -> tuple[Band, ...]:
        """Return the bands of this moment."""
        if self._notices is None:
            return ()
        from content.programme.emergency import EmergencyNotice

        standing = self._notices.standing(region=self._region, now=int(now.timestamp()))
        notices = [one.record for one in standing if isinstance(one.record, EmergencyNotice)]
        return tuple(Band(BandKind.EMERGENCY, self._text(one)) for one in notices[:MOST])

    def _text(self, notice: EmergencyNotice) -> str:
        said = self._words(
            "band.emergency", title=notice.title, advice=notice.advice or notice.text
        )
        return f"{self._words('band.drill')}{said}" if notice.is_drill else said
