"""The kiosk's words in one language, from kiosk/locale.

Where nobody is at hand (a village's query point) no visitor is sent to staff: the sentences that would, have others
in alone_LANGUAGE.json, with the zone's telephone number if there is one.
"""

from pathlib import Path
from typing import Self

from typing_extensions import override

from signage.kit.words import Words as KitWords

_FOLDER = Path(__file__).parent / "locale"


class Words(KitWords):
    """What the kiosk says."""

    def __init__(self, texts: dict[str, str], alone: KitWords | None = None) -> None:
        super().__init__(texts)
        self._alone = alone
        self._is_attended = True
        self._phone = ""

    @classmethod
    def load(cls, language: str = "zh_CN") -> Self:
        """Read a file of kiosk/locale, with what is said where nobody is at hand."""
        words = KitWords.read(_FOLDER, language)
        has_alone = (_FOLDER / f"alone_{language}.json").exists()
        alone = KitWords.read(_FOLDER, f"alone_{language}") if has_alone else None
        return cls({key: words(key) for key in words.keys()}, alone)  # noqa: SIM118 - no mapping

    def settle(self, *, attended: bool, phone: str) -> bool:
        """Learn where the terminal stands; return whether sentences have changed by it."""
        before = (self._is_attended, self._phone)
        self._is_attended, self._phone = attended, phone
        return before != (attended, phone)

    @override
    def __call__(self, key: str, **values: object) -> str:
        """Return the text with its {places} filled."""
        alone = None if self._is_attended else self._said_alone(key)
        if alone is None:
            return super().__call__(key, **values)
        return alone.format(**values, phone=self._phone, help=self._help())

    def _said_alone(self, key: str) -> str | None:
        way = "phone" if self._phone else "none"
        for one in (f"{key}.{way}", key):
            if self._alone is not None and self._alone.has(one):
                return self._alone(one)
        return None

    def _help(self) -> str:
        return (self._said_alone("help") or "").format(phone=self._phone)
