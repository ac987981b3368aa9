"""Who works at the desk: people, their one-time links, their sessions."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.auth.roles import Role
from controller.store.metadata import metadata


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in.

    Attributes:
        id: "p-" and 10 symbols; also the holder id in policies and statements, so it never changes.
        name: as shown, and as approver on published documents.
        login: unique, lower case.
        roles: what the person is trusted with.
        active: False = may not sign in any more; what they did stays.
    """

    id: str
    name: str
    login: str
    roles: frozenset[Role]
    active: bool = True


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time link. `person` is "" for the set-up link of a zone without people."""

    person: str
    expires: int


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A signed-in browser, kept on the server; the cookie holds a random token, here is its hash.

    `csrf` is what the browser's own pages must send with each change; times are unix seconds.
    """

    token_hash: str
    person: str
    csrf: str
    created: int
    seen: int


people = Table(
    "people",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("name", Text, nullable=False),
    Column("login", String(64), nullable=False, unique=True),
    Column("password", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created", Integer, nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person", String(20), nullable=False),
    Column("expires", Integer, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person", String(20), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created", Integer, nullable=False),
    Column("seen", Integer, nullable=False, index=True),
)

challenges = Table(
    "challenges",
    metadata,
    Column("person", String(20), ForeignKey("people.id"), primary_key=True),
    Column("challenge", String(64), nullable=False),
    Column("expires", Integer, nullable=False),
)


def _person(row: RowMapping) -> Person:
    roles = frozenset(Role(word) for word in row["roles"].split())
    return Person(row["id"], row["name"], row["login"], roles, row["active"])


def _roles(roles: frozenset[Role]) -> str:
    return " ".join(sorted(roles))


async def count_people(c: AsyncConnection) -> int:
    """Return how many people there are, active or not."""
    return int((await c.execute(select(func.count()).select_from(people))).scalar_one())


async def add_person(c: AsyncConnection, person: Person, *, password: str, now: int) -> None:
    """Keep a new person; `password` is an argon2 hash, or "" while the invitation is open."""
    await c.execute(
        insert(people).values(
            id=person.id,
            name=person.name,
            login=person.login,
            password=password,
            roles=_roles(person.roles),
            active=person.active,
            created=now,
        )
    )


async def find_person(c: AsyncConnection, person_id: str) -> Person | None:
    """Return a person by id."""
    found = await c.execute(select(people).where(people.c.id == person_id))
    row = found.mappings().first()
    return _person(row) if row else None


async def find_login(c: AsyncConnection, login: str) -> tuple[Person, str] | None:
    """Return the person with this login and the password's hash."""
    found = await c.execute(select(people).where(people.c.login == login))
    row = found.mappings().first()
    return (_person(row), row["password"]) if row else None


async def list_people(c: AsyncConnection) -> tuple[Person, ...]:
    """Return everybody, the oldest account first."""
    rows = await c.execute(select(people).order_by(people.c.created, people.c.id))
    return tuple(_person(row) for row in rows.mappings())


async def set_password(c: AsyncConnection, person_id: str, password: str) -> None:
    """Replace the password's hash."""
    await c.execute(update(people).where(people.c.id == person_id).values(password=password))


async def set_standing(
    c: AsyncConnection, person_id: str, *, roles: frozenset[Role], active: bool
) -> None:
    """Replace the roles, and whether the person may sign in."""
    await c.execute(
        update(people).where(people.c.id == person_id).values(roles=_roles(roles), active=active)
    )


async def keep_invitation(
    c: AsyncConnection, token_hash: str, *, person: str, expires: int
) -> None:
    """Keep a one-time link; earlier links for the same person end."""
    await c.execute(delete(invitations).where(invitations.c.person == person))
    await c.execute(
        insert(invitations).values(token_hash=token_hash, person=person, expires=expires)
    )


async def find_invitation(c: AsyncConnection, token_hash: str) -> Invitation | None:
    """Return the link, used or expired ones excepted by the caller's clock."""
    found = await c.execute(select(invitations).where(invitations.c.token_hash == token_hash))
    row = found.mappings().first()
    return Invitation(row["person"], row["expires"]) if row else None


async def use_invitation(c: AsyncConnection, token_hash: str) -> bool:
    """Take the link away; False if somebody else already did."""
    done = await c.execute(delete(invitations).where(invitations.c.token_hash == token_hash))
    return done.rowcount == 1


async def keep_session(c: AsyncConnection, session: StoredSession) -> None:
    """Keep a new session."""
    await c.execute(insert(sessions).values(msgspec.to_builtins(session)))


async def find_session(c: AsyncConnection, token_hash: str) -> StoredSession | None:
    """Return a session by the hash of its token."""
    found = await c.execute(select(sessions).where(sessions.c.token_hash == token_hash))
    row = found.mappings().first()
    return StoredSession(**row) if row else None


async def touch_session(c: AsyncConnection, token_hash: str, now: int) -> None:
    """Note that the session was used."""
    await c.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(seen=now))


async def end_sessions(
    c: AsyncConnection, *, token_hash: str = "", person: str = "", seen_before: int = 0
) -> None:
    """End one session, all of a person, or all that were idle for too long."""
    where = sessions.c.seen < seen_before
    if token_hash:
        where = where | (sessions.c.token_hash == token_hash)
    if person:
        where = where | (sessions.c.person == person)
    await c.execute(delete(sessions).where(where))


async def keep_challenge(c: AsyncConnection, person: str, challenge: str, *, expires: int) -> None:
    """Keep the challenge that a person's new key must sign."""
    await c.execute(delete(challenges).where(challenges.c.person == person))
    await c.execute(insert(challenges).values(person=person, challenge=challenge, expires=expires))


async def take_challenge(c: AsyncConnection, person: str, *, now: int) -> str | None:
    """Return the open challenge of a person and use it up."""
    row = (await c.execute(select(challenges).where(challenges.c.person == person))).first()
    await c.execute(delete(challenges).where(challenges.c.person == person))
    return str(row.challenge) if row and row.expires > now else None
