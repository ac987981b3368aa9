"""The demo's own people and keys, made through the same doors as anybody's.

Their passwords are random and thrown away: nobody signs in as them. Their keys lie in the demo's state
folder, because no browser holds them; a real zone has no such files.
"""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content.errors import PeerError
from content.feed.keys import key_id
from content.feed.statement import Approval
from controller import keys
from controller.auth.roles import Role
from controller.services.key_proof import KeyProof, key_proof_bytes
from controller.services.people import BadLink, People
from controller.services.policy import FileRootSigner
from controller.store.people import Person, find_login

GUEST, KEEPER = "admin", "demo-keeper"
GUEST_ROLES = frozenset(Role)


class BrokenCast(PeerError):
    """The demo's people and its notes about them do not belong together: a first start was cut off."""


class FileKey:
    """An Ed25519 key of the demo, in a file that only its user may read."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
        self._key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii")))

    @property
    def public(self) -> str:
        """Raw public half, hex."""
        return self._key.public_key().public_bytes_raw().hex()

    def proof(self, challenge: str) -> KeyProof:
        """Prove that the key is held."""
        signature = self._key.sign(key_proof_bytes(challenge, self.public)).hex()
        return KeyProof(self.public, signature, "演示")

    def approve(self, data: bytes) -> Approval:
        """Sign a statement."""
        return Approval(key_id(bytes.fromhex(self.public)), self._key.sign(data))


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays.

    Attributes:
        drafter: writes the demo's content.
        approver: signs it, with `key`.
        key: the approver's key.
        root: signs policies.
        setup_token: the visitor's one-time link, "" once it was used.
    """

    drafter: Person
    approver: Person
    key: FileKey
    root: FileRootSigner
    setup_token: str


async def gather(app: web.Application, folder: Path) -> Cast:
    """Return the demo's people, whose keys lie in an existing folder; make them at the first start."""
    root_key, key = FileKey(folder / "root.key"), FileKey(folder / "approver.key")
    people, roll = app[keys.PEOPLE], folder / "people.json"
    if not roll.exists():
        names = await _make(people, root_key, key)
        _write_roll(roll, names)
    names = _read_roll(roll)
    drafter, approver = (
        await _found(people, names["drafter"]),
        await _found(people, names["approver"]),
    )
    root = FileRootSigner(folder / "root.key")
    await app[keys.POLICIES].sign_with(root)
    return Cast(drafter, approver, key, root, await _guest_link(app, roll))


async def _guest_link(app: web.Application, roll: Path) -> str:
    """Return the visitor's token as long as nobody has used it; one that ran out is made anew."""
    people, names = app[keys.PEOPLE], _read_roll(roll)
    token = await open_link(people, names["guest_token"])
    if token:
        return token
    async with app[keys.DATABASE].read() as c:
        guest, keeper = await find_login(c, GUEST), await find_login(c, KEEPER)
    if guest is None or keeper is None or guest[1]:
        return ""  # has a password: somebody came in
    names["guest_token"] = await people.invite_again(keeper[0], guest[0].id)
    _write_roll(roll, names)
    return names["guest_token"]


def _read_roll(roll: Path) -> dict[str, str]:
    names: dict[str, str] = json.loads(roll.read_text("utf-8"))
    return names


def _write_roll(roll: Path, names: dict[str, str]) -> None:
    part = roll.with_suffix(".part")
    part.write_text(json.dumps(names), "utf-8")
    part.replace(roll)  # whole or not at all


async def _make(people: People, root_key: FileKey, key: FileKey) -> dict[str, str]:
    token = await people.set_up_token()
    if token is None:
        raise BrokenCast(
            "演示数据不完整，无法继续。请删除演示目录后重新启动，或换一个目录：--state DIR"
        )
    keeper = await people.set_up(
        token,
        name="演示密钥保管",
        login=KEEPER,
        password=secrets.token_urlsafe(24),
        root=root_key.proof(token),
    )
    drafter = await _invited(people, keeper, "演示拟稿", "demo-drafter", Role.DRAFTER)
    approver = await _invited(people, keeper, "演示签发", "demo-approver", Role.APPROVER)
    await people.register_key(approver, key.proof(await people.challenge(approver)))
    _, guest = await people.invite(keeper, name="演示管理员", login=GUEST, roles=GUEST_ROLES)
    return {"drafter": drafter.id, "approver": approver.id, "guest_token": guest}


async def _invited(people: People, keeper: Person, name: str, login: str, role: Role) -> Person:
    _, token = await people.invite(keeper, name=name, login=login, roles=frozenset({role}))
    return await people.accept(token, password=secrets.token_urlsafe(24))


async def _found(people: People, person_id: str) -> Person:
    person = await people.find(person_id)
    if person is None:
        raise BrokenCast(
            "演示数据不完整，无法继续。请删除演示目录后重新启动，或换一个目录：--state DIR"
        )
    return person


async def open_link(people: People, token: str) -> str:
    """Return the set-up token while it is good, "" once it was used or has run out."""
    if not token:
        return ""
    try:
        await people.invited(token)
    except BadLink:
        return ""
    return token
