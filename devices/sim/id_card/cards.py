"""Simulated cards, read from cards.toml: name -> the 256 bytes that a reader would find on them."""

import tomllib
from pathlib import Path

from devices.drivers.id_card.layouts import CardKind, IdCard, write_text

CARDS = Path(__file__).with_name("cards.toml")
_TYPE_AT = 248


def load_cards(path: Path = CARDS) -> dict[str, bytes]:
    """Return the texts of all cards of a file."""
    entries = tomllib.loads(path.read_text("utf-8"))
    return {name: _text(dict(entry)) for name, entry in entries.items()}


def _text(entry: dict[str, object]) -> bytes:
    sign, is_damaged = str(entry.pop("type", "")), bool(entry.pop("damage", False))
    entry["kind"] = CardKind[str(entry["kind"])]
    text = write_text(IdCard(**entry))  # type: ignore[arg-type]  # the file's keys are the card's
    if sign:
        text = text[:_TYPE_AT] + sign.encode("utf-16-le") + text[_TYPE_AT + 2 :]
    return b"\x01\x00\x02\x00" + text[4:] if is_damaged else text
