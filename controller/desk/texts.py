"""The words of the desk's pages, by key and language. Chinese is complete; English comes second."""

import json
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = {"zh": "zh_CN", "en": "en"}
"""Short language code, as the cookie keeps it, to the locale file's name."""

HTML_LANG = {"zh": "zh-CN", "en": "en"}


class Texts:
    """All sentences of one folder of locale files."""

    def __init__(self, folder: Path) -> None:
        self._words: dict[str, dict[str, str]] = {
            short: json.loads((folder / f"{name}.json").read_text("utf-8"))
            for short, name in LANGUAGES.items()
        }

    def keys(self, language: str) -> frozenset[str]:
        """Return the keys that a language has."""
        return frozenset(self._words[language])

    def say(self, language: str, key: str, values: Mapping[str, object]) -> str:
        """Return the sentence with its values filled in; English falls back to Chinese.

        Raises:
            KeyError: neither language has the key: a mistake in a template, found by its test.
        """
        words = self._words.get(language, self._words["zh"])
        sentence = words.get(key) or self._words["zh"][key]
        return sentence.format_map(values) if values else sentence


def choose_language(wanted: str | None) -> str:
    """Return a language that we have; Chinese unless English was chosen."""
    return wanted if wanted in LANGUAGES else "zh"
