"""The body of an entry: one record of a known kind, as canonical JSON with a "kind" field."""

from typing import Any

import msgspec

from content.canonical import canonical_json
from content.catalog.item import CatalogItem
from content.disclosure.record import DisclosureRecord
from content.feed.verify import Reason, Refused
from content.programme.emergency import KIND, EmergencyNotice
from content.programme.programme import Programme
from content.search.curated import CuratedWords

Record = DisclosureRecord | CatalogItem | Programme | EmergencyNotice | CuratedWords

KINDS: dict[str, type[Record]] = {
    "document": DisclosureRecord,
    "item": CatalogItem,
    "programme": Programme,
    KIND: EmergencyNotice,
    "words": CuratedWords,
}


def kind_of(record: Record) -> str:
    """Return the record's kind: document, item, programme, emergency or words."""
    return next(name for name, kind in KINDS.items() if isinstance(record, kind))


def body_bytes(record: Record) -> bytes:
    """Return the canonical JSON that approvers' signatures cover."""
    fields: dict[str, Any] = msgspec.to_builtins(record)
    return canonical_json({"kind": kind_of(record), **fields})


def read_body(body: bytes) -> Record:
    """Read a body whose signatures have been checked. Unknown fields are ignored.

    Raises:
        Refused: not JSON, or of a kind that this version does not know.
    """
    try:
        fields = msgspec.json.decode(body, type=dict[str, Any])
        kind = KINDS.get(str(fields.pop("kind", "")))
        if kind is None:
            raise Refused(Reason.UNEXPECTED_KIND)
        return msgspec.convert(fields, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Refused(Reason.UNREADABLE) from error
