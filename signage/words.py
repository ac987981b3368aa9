"""What the screen says, and how it words moments. Code knows keys, never sentences."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

_FOLDER = Path(__file__).parent / "locale"


class Words:
    """Looks texts up by key. A key that is not there is a programming mistake and raises KeyError."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    @classmethod
    def load(cls, language: str = "zh_CN") -> "Words":
        """Read a language's file: nested objects, keys joined by dots."""
        path = _FOLDER / f"{language}.json"
        return cls(dict(_flat(json.loads(path.read_text("utf-8")))))

    def __call__(self, key: str, **values: object) -> str:
        """Return the text with its {places} filled."""
        text = self._texts[key]
        return text.format(**values) if values else text

    def keys(self) -> frozenset[str]:
        """Return all keys."""
        return frozenset(self._texts)

    def day(self, key: str, day: date) -> str:
        """Return a text about a day."""
        weekday = self._texts[f"weekday.{day.isoweekday()}"]
        return self(key, y=day.year, m=day.month, d=day.day, weekday=weekday)

    def stale(self, since: datetime | None) -> str:
        """Return up to when the content is known to be complete."""
        if since is None:
            return self("stale_unknown")
        return self("stale", m=since.month, d=since.day, **_clock(since))

    def opening(self, opens: datetime | None, today: date) -> str:
        """Return when the doors open next."""
        if opens is None:
            return self("closed.no_opening")
        return self("closed.opens", day=self._opening_day(opens.date(), today), **_clock(opens))

    def _opening_day(self, day: date, today: date) -> str:
        if day == today:
            return self("closed.today")
        is_tomorrow = day - today == timedelta(days=1)
        return self.day("closed.tomorrow" if is_tomorrow else "closed.later", day)


def _clock(moment: datetime) -> dict[str, str]:
    return {"hh": f"{moment:%H}", "mm": f"{moment:%M}"}


def _flat(tree: dict[str, object], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in tree.items():
        if isinstance(value, dict):
            pairs.extend(_flat(value, f"{prefix}{name}."))
        else:
            pairs.append((prefix + name, str(value)))
    return pairs
