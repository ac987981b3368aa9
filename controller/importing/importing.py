"""Import one file: check it, take its text out, read its fields.

All of it is work for a processor core: a service runs it in a worker, never on the event loop.
"""

import hashlib
from dataclasses import dataclass
from pathlib import PurePath
from typing import assert_never

from content.disclosure.official_text.reading import ReadDocument, read_document
from content.disclosure.official_text.source import SourceTable, SourceText
from controller.importing.detect import Kind, detect
from controller.importing.html import extract_html
from controller.importing.limits import ImportLimits
from controller.importing.pdf import extract_pdf
from controller.importing.plain_text import extract_text
from controller.importing.word import extract_word


@dataclass(frozen=True, slots=True)
class Imported:
    """A file and what it says.

    Attributes:
        source_name: its name without folders.
        sha256: hash of its bytes, hexadecimal.
        kind: what it is.
        document: what it says.
    """

    source_name: str
    sha256: str
    kind: Kind
    document: ReadDocument


def import_file(name: str, data: bytes, *, limits: ImportLimits | None = None) -> Imported:
    """Return what a file says.

    Args:
        name: the file's name; folders before it are dropped.
        data: the file.
        limits: how large it may be.

    Raises:
        ImportRefused: it cannot be read; the message says what to do.
    """
    bounds = limits or ImportLimits()
    bounds.check_size(len(data))
    own_name = PurePath(name.replace("\\", "/")).name
    kind = detect(data, own_name, bounds)
    source = _extract(kind, data, bounds)
    bounds.check_characters(_length(source))
    digest = hashlib.sha256(data).hexdigest()
    return Imported(own_name, digest, kind, read_document(source))


def _extract(kind: Kind, data: bytes, limits: ImportLimits) -> SourceText:
    match kind:
        case Kind.TEXT:
            return extract_text(data)
        case Kind.HTML:
            return extract_html(data)
        case Kind.WORD:
            return extract_word(data)
        case Kind.PDF:
            return extract_pdf(data, limits)
        case _:
            assert_never(kind)


def _length(source: SourceText) -> int:
    total = 0
    for part in source.parts:
        if isinstance(part, SourceTable):
            total += sum(len(cell) for row in part.rows for cell in row)
        else:
            total += len(part.text)
    return total
