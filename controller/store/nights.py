"""What the search has learned: judged questions that staff keep, each night's outcome, the models of late."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question and the record that should be found for it. `id` is 0 before it is kept."""

    id: int
    question: str
    record: str
    title: str
    actor: str
    at: int


@dataclass(frozen=True, slots=True)
class SetScore:
    """What the search reached on one judged set: before, with the new model, and of how many questions."""

    before: float
    after: float
    count: int


@dataclass(frozen=True, slots=True)
class Night:
    """What happened in one night.

    Attributes:
        day: 20261122, the day on which it began; the newest run of a day replaces an earlier one.
        at: unix seconds of its end.
        outcome: a controller.learning.gate.Outcome.
        model: name of the model that was made, "" if none was.
        seconds: how long it took.
        records, questions: how many texts and answered questions it learned from.
        scores: judged set -> what was reached.
    """

    day: int
    at: int
    outcome: str
    model: str
    seconds: int
    records: int
    questions: int
    scores: dict[str, SetScore]


judged_questions = Table(
    "judged_question",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("question", String(60), nullable=False, unique=True),
    Column("record", String(10), nullable=False),
    Column("title", Text, nullable=False),
    Column("actor", String(20), nullable=False),
    Column("at", Integer, nullable=False),
)

search_nights = Table(
    "search_night",
    metadata,
    Column("day", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("model", String(40), nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("records", Integer, nullable=False),
    Column("questions", Integer, nullable=False),
    Column("scores", Text, nullable=False),
)

search_models = Table(
    "search_model",
    metadata,
    Column("place", Integer, primary_key=True),
    Column("name", String(40), nullable=False),
    Column("at", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
"""Place 0 is in use; 1 and 2 are those before it, kept to go back to."""

KEPT_MODELS = 3


async def add_judged(c: AsyncConnection, one: JudgedQuestion) -> None:
    """Keep a judged question; the same question again has a new answer."""
    table = judged_questions
    await c.execute(delete(table).where(table.c.question == one.question))
    values = {"question": one.question, "record": one.record, "title": one.title}
    await c.execute(insert(table).values(**values, actor=one.actor, at=one.at))


async def drop_judged(c: AsyncConnection, number: int) -> str:
    """Delete a judged question; return its text, "" if there was none."""
    table = judged_questions
    found = (await c.execute(select(table.c.question).where(table.c.id == number))).first()
    await c.execute(delete(table).where(table.c.id == number))
    return str(found.question) if found else ""


async def list_judged(c: AsyncConnection) -> tuple[JudgedQuestion, ...]:
    """Return all judged questions, the newest first."""
    table = judged_questions
    rows = (await c.execute(select(table).order_by(table.c.id.desc()))).mappings()
    return tuple(JudgedQuestion(**row) for row in rows)


async def keep_night(c: AsyncConnection, night: Night) -> None:
    """Keep what happened; a second run of the same day replaces the first."""
    await c.execute(delete(search_nights).where(search_nights.c.day == night.day))
    values = {**msgspec.to_builtins(night), "scores": msgspec.json.encode(night.scores).decode()}
    await c.execute(insert(search_nights).values(values))


async def last_nights(c: AsyncConnection, *, limit: int) -> tuple[Night, ...]:
    """Return nights, the newest first."""
    query = select(search_nights).order_by(search_nights.c.day.desc()).limit(limit)
    return tuple(_night(row) for row in (await c.execute(query)).mappings())


async def model_names(c: AsyncConnection) -> tuple[tuple[str, int], ...]:
    """Return (name, unix seconds of publication) of the models that are kept, the one in use first."""
    table = search_models
    rows = await c.execute(select(table.c.name, table.c.at).order_by(table.c.place))
    return tuple((row.name, row.at) for row in rows)


async def model_in_use(c: AsyncConnection) -> bytes | None:
    """Return the file of the model in use, None if there is none."""
    table = search_models
    row = (await c.execute(select(table.c.data).where(table.c.place == 0))).first()
    return bytes(row.data) if row else None


async def put_model(c: AsyncConnection, name: str, data: bytes, *, now: int) -> None:
    """Use a model from now on; those before it move back, the oldest goes."""
    table = search_models
    for place in range(KEPT_MODELS - 1, 0, -1):
        await c.execute(delete(table).where(table.c.place == place))
        await c.execute(update(table).where(table.c.place == place - 1).values(place=place))
    await c.execute(insert(table).values(place=0, name=name, at=now, data=data))


async def drop_model(c: AsyncConnection) -> str:
    """Go back to the model before the one in use, or to none; return the name of the one that went."""
    table = search_models
    found = (await c.execute(select(table.c.name).where(table.c.place == 0))).first()
    if found is None:
        return ""
    await c.execute(delete(table).where(table.c.place == 0))
    for place in range(1, KEPT_MODELS):
        await c.execute(update(table).where(table.c.place == place).values(place=place - 1))
    return str(found.name)


def _night(row: RowMapping) -> Night:
    scores = msgspec.json.decode(row["scores"], type=dict[str, SetScore])
    return Night(**{**row, "scores": scores})
