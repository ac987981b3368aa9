"""Screen texts in one language, read from a package's locale folder. Code knows keys, never sentences."""

import json
from pathlib import Path
from typing import Self


class Words:
    """Looks texts up by key. A key that is not there is a programming mistake and raises KeyError."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    @classmethod
    def read(cls, folder: Path, language: str) -> Self:
        """Read a language's file: nested objects, keys joined by dots."""
        path = folder / f"{language}.json"
        return cls(dict(_flat(json.loads(path.read_text("utf-8")))))

    def __call__(self, key: str, **values: object) -> str:
        """Return the text with its {places} filled."""
        text = self._texts[key]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Say whether the key has a text."""
        return key in self._texts

    def keys(self) -> frozenset[str]:
        """Return all keys."""
        return frozenset(self._texts)


def _flat(tree: dict[str, object], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in tree.items():
        if isinstance(value, dict):
            pairs.extend(_flat(value, f"{prefix}{name}."))
        else:
            pairs.append((prefix + name, str(value)))
    return pairs
