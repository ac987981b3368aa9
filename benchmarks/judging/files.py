"""Reads files of documents and of judged questions that anybody may have made.

One JSON object a line, in a .jsonl file or a compressed .jsonl.zst. Fields that are not known are passed over, ids may
be numbers or strings. What cannot be used is told in a sentence with the number of its line.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backports import zstd

_ZSTD = b"\x28\xb5\x2f\xfd"


class BadFile(Exception):
    """A file that cannot be judged; its text says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """An object of a file, and where it stands."""

    path: Path
    line: int
    values: Mapping[str, Any]

    def text(self, *names: str) -> str:
        """Return the first of these fields that is there, as text; "" if none is."""
        for name in names:
            value = self.values.get(name)
            if isinstance(value, str | int | float) and str(value).strip():
                return str(value)
        return ""

    def needed(self, *names: str) -> str:
        """Return the first of these fields that is there.

        Raises:
            BadFile: none is.
        """
        text = self.text(*names)
        if not text:
            raise self._lacks(names)
        return text

    def ids(self, *names: str) -> frozenset[str]:
        """Return the ids in the first of these fields that is there: a list, an object by id, or a single one.

        Raises:
            BadFile: none is.
        """
        for name in names:
            value = self.values.get(name)
            if isinstance(value, dict):
                return frozenset(str(one) for one, worth in value.items() if worth)
            if isinstance(value, list):
                return frozenset(_id_of(one) for one in value)
            if isinstance(value, str | int):
                return frozenset({str(value)})
        raise self._lacks(names)

    def _lacks(self, names: tuple[str, ...]) -> BadFile:
        return BadFile(f"{self.path}, line {self.line}: there is no {' or '.join(names)}")


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the objects of a file.

    Raises:
        BadFile: it cannot be read, or a line of it is not a JSON object.
    """
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            message = f"{path}, line {number}: this is not JSON ({error})"
            raise BadFile(message) from error
        if not isinstance(values, dict):
            message = f"{path}, line {number}: a JSON object is expected"
            raise BadFile(message)
        yield Row(path, number, values)


def _lines(path: Path) -> Sequence[str]:
    try:
        data = path.read_bytes()
        text = zstd.decompress(data) if data.startswith(_ZSTD) else data
        return text.decode("utf-8-sig").split("\n")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise BadFile(message) from error
    except (zstd.ZstdError, UnicodeDecodeError) as error:
        message = f"{path} is neither text in UTF-8 nor such a text compressed by zstd"
        raise BadFile(message) from error


def _id_of(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("id") or value.get("docid"))
    return str(value)
