"""The kiosk's words in one language, from kiosk/locale."""

from pathlib import Path
from typing import Self

from signage.kit.words import Words as KitWords

_FOLDER = Path(__file__).parent / "locale"


class Words(KitWords):
    """What the kiosk says."""

    @classmethod
    def load(cls, language: str = "zh_CN") -> Self:
        """Read a file of kiosk/locale."""
        return cls.read(_FOLDER, language)
