"""Public halves of the keys that people hold in their browsers, and the policies made from them."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from content.feed.policy import SignedPolicy
from controller.store.metadata import metadata


class KeyUse(StrEnum):
    """What a key may do."""

    APPROVE = "approve"
    ROOT = "root"


class KeyState(StrEnum):
    """Whether a key still signs, and whether what it signed still stands."""

    ACTIVE = "active"
    RETIRED = "retired"
    """Signs nothing new; stays in the policy, so that what it approved remains public."""
    REVOKED = "revoked"
    """Leaves the policy: nothing that it alone approved is shown any more."""


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A person's Ed25519 key. The private half never leaves the browser (or the root key file).

    Attributes:
        id: 16 hex digits, content.feed.keys.key_id of the public half.
        public: raw public key, hex.
        holder: person id.
        name: what the holder calls it, for example the computer it is on.
        use: approving documents, or signing policies as root.
        state: whether it still signs.
        created: unix seconds.
    """

    id: str
    public: str
    holder: str
    name: str
    use: KeyUse
    state: KeyState
    created: int


signer_keys = Table(
    "signer_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("public", String(64), nullable=False),
    Column("holder", String(20), ForeignKey("people.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("use", String(8), nullable=False),
    Column("state", String(8), nullable=False),
    Column("created", Integer, nullable=False),
)

policies = Table(
    "policies",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("signed", LargeBinary, nullable=False),
    Column("at", Integer, nullable=False),
)


def _key(row: RowMapping) -> SignerKey:
    return SignerKey(
        id=row["id"],
        public=row["public"],
        holder=row["holder"],
        name=row["name"],
        use=KeyUse(row["use"]),
        state=KeyState(row["state"]),
        created=row["created"],
    )


async def add_key(c: AsyncConnection, key: SignerKey) -> None:
    """Keep a new key."""
    await c.execute(
        insert(signer_keys).values(
            id=key.id,
            public=key.public,
            holder=key.holder,
            name=key.name,
            use=str(key.use),
            state=str(key.state),
            created=key.created,
        )
    )


async def find_key(c: AsyncConnection, key_id: str) -> SignerKey | None:
    """Return a key by its id."""
    found = await c.execute(select(signer_keys).where(signer_keys.c.id == key_id))
    row = found.mappings().first()
    return _key(row) if row else None


async def list_keys(
    c: AsyncConnection, *, use: KeyUse | None = None, holder: str = ""
) -> tuple[SignerKey, ...]:
    """Return keys, the oldest first, those out of use included."""
    query = select(signer_keys).order_by(signer_keys.c.created, signer_keys.c.id)
    if use:
        query = query.where(signer_keys.c.use == str(use))
    if holder:
        query = query.where(signer_keys.c.holder == holder)
    return tuple(_key(row) for row in (await c.execute(query)).mappings())


async def set_key_state(c: AsyncConnection, key_id: str, state: KeyState) -> None:
    """Retire or revoke a key."""
    await c.execute(update(signer_keys).where(signer_keys.c.id == key_id).values(state=str(state)))


async def keep_policy(c: AsyncConnection, signed: SignedPolicy, *, now: int) -> None:
    """Keep a policy that the root has signed."""
    await c.execute(
        insert(policies).values(version=signed.policy.version, signed=signed.to_bytes(), at=now)
    )


async def replace_policy(c: AsyncConnection, signed: SignedPolicy) -> None:
    """Keep the same policy with more signatures."""
    where = policies.c.version == signed.policy.version
    await c.execute(update(policies).where(where).values(signed=signed.to_bytes()))


async def newest_policy(c: AsyncConnection) -> SignedPolicy | None:
    """Return the policy in use."""
    query = select(policies.c.signed).order_by(policies.c.version.desc()).limit(1)
    row = (await c.execute(query)).first()
    return SignedPolicy.from_bytes(row.signed) if row else None
