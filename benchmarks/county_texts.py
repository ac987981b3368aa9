"""A county's worth of published records for benchmarks: real texts of law, put together as items of about 2 KB.

The texts lie beside the repository (../shared/data/search) and are not shipped. 100,000 items need more
sentences than there are, so that sentences repeat about three times over the set, far apart.
"""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from backports import zstd

from content.disclosure.classes import DisclosureClass
from content.disclosure.record import Block, BlockKind, DisclosureRecord

TEXTS = Path(__file__).parents[2] / "shared" / "data" / "search"
SHORTEST = 20
TARGET = 370
"""Characters of a body, so that an item is about 1,900 bytes of JSON."""
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def paragraphs(folder: Path | None = None) -> tuple[tuple[str, str], ...]:
    """Return (law, paragraph) of every law there is."""
    lines = zstd.decompress(((folder or TEXTS) / "laws.jsonl.zst").read_bytes()).splitlines()
    laws = [json.loads(line) for line in lines]
    return tuple(
        (law["title"], part)
        for law in laws
        for part in law["text"].split("\n")
        if len(part) >= SHORTEST
    )


def records(count: int, *, seed: int = 20261122) -> Iterator[DisclosureRecord]:
    """Yield so many records, the same for the same seed."""
    found = paragraphs()
    chance = random.Random(seed)  # noqa: S311 - no secret
    order = list(range(len(found)))
    chance.shuffle(order)
    at = 0
    for number in range(count):
        law, blocks, length = found[order[at % len(order)]][0], [], 0
        while length < TARGET:
            text = found[order[at % len(order)]][1][: 3 * TARGET]
            blocks.append(Block(BlockKind.PARAGRAPH, text))
            length += len(text)
            at += 1
        yield _record(_code(chance), law, blocks, number=number)


def clauses(count: int, *, seed: int = 7) -> tuple[str, ...]:
    """Return real clauses of 8 to 20 characters, all different: what corrections put in."""
    found = {
        clause
        for _, text in paragraphs()
        for clause in re.split("[，。；：、]", text)
        if 8 <= len(clause) <= 20
    }
    return tuple(random.Random(seed).sample(sorted(found), count))  # noqa: S311 - no secret


def edited(record: DisclosureRecord, clause: str, number: int) -> DisclosureRecord:
    """Return the record as after a small correction: one clause more, one telephone number given."""
    first, *rest = record.blocks
    half = len(first.text) // 2
    said = f"{first.text[:half]}，{clause}，{first.text[half:]}"
    phone = f"0{(number + 1) * 618_033_988_749 % 10**11:011d}"
    return replace(record, blocks=(Block(first.kind, said), *rest), contact=phone)


def _record(code: str, law: str, blocks: list[Block], *, number: int) -> DisclosureRecord:
    return DisclosureRecord(
        id=code,
        title=f"{law}解读（{number}）",
        document_number=f"示政发〔{2016 + number % 11}〕{1 + number % 97}号",
        issuing_body="示范县人民政府办公室",
        written_on=date(2016 + number % 10, 1 + number % 12, 1 + number % 28),
        published_on=date(2026, 1 + number % 11, 1 + number % 28),
        disclosure_class=DisclosureClass.PROACTIVE,
        region="519900",
        domain="",
        blocks=tuple(blocks),
    )


def _code(chance: random.Random) -> str:
    return "".join(chance.choice(ALPHABET) for _ in range(10))
