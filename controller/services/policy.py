"""Make the signed policy: whose keys may approve what. The zone's root signs it, not the controller.

The root key lives in the first administrator's browser, or in a key file for the command line. The
controller proposes the next policy from its accounts and keys; only a root signature puts it in use.
"""

from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from content.errors import CallerError
from content.feed.keys import key_id
from content.feed.policy import (
    FeedRule,
    Policy,
    PolicyKey,
    PolicyRefused,
    SignedPolicy,
    TrustRoot,
    check_policy,
)
from content.feed.statement import Approval
from controller.auth.permissions import Permission, require
from controller.auth.roles import Role
from controller.config import ZoneConfig
from controller.services.audit import SYSTEM, AuditLog
from controller.services.events import EventBus, PolicyChanged
from controller.services.keyring import Keyring
from controller.store import keys as store
from controller.store import people as people_store
from controller.store.database import Database
from controller.store.keys import KeyState, KeyUse, SignerKey
from controller.store.people import Person
from devices.clock import Clock

LOG_HOLDER = "controller"


class NoRoot(CallerError):
    """No root key was registered yet."""


class NothingToSign(CallerError):
    """The policy in use already says what it should."""


class PolicySigner(Protocol):
    """Whoever holds a root key."""

    def sign(self, data: bytes) -> Approval:
        """Return the root key's signature over the policy's bytes."""
        ...


class FileRootSigner(PolicySigner):
    """A root key in a file: 32 bytes Ed25519 seed, hex. For the command line and the demo."""

    def __init__(self, path: Path) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(
            bytes.fromhex(path.read_text("ascii").strip())
        )

    @property
    def public(self) -> str:
        """Raw public half, hex."""
        return self._key.public_key().public_bytes_raw().hex()

    @override
    def sign(self, data: bytes) -> Approval:
        return Approval(key_id(bytes.fromhex(self.public)), self._key.sign(data))


class Policies:
    """The policy in use, and the one that should be signed next."""

    def __init__(
        self,
        *,
        config: ZoneConfig,
        database: Database,
        audit: AuditLog,
        events: EventBus,
        keyring: Keyring,
        clock: Clock,
    ) -> None:
        self._config = config
        self._database = database
        self._audit = audit
        self._events = events
        self._keyring = keyring
        self._clock = clock

    async def root(self) -> TrustRoot:
        """Return what terminals pin at enrolment.

        Raises:
            NoRoot: no root key was registered.
        """
        async with self._database.read() as c:
            return await _root(c)

    async def current(self) -> SignedPolicy | None:
        """Return the policy in use, None before the first was signed."""
        async with self._database.read() as c:
            return await store.newest_policy(c)

    async def signed_policy(self) -> bytes | None:
        """Return the bytes of the policy in use, for terminals."""
        signed = await self.current()
        return signed.to_bytes() if signed else None

    async def proposed(self) -> Policy | None:
        """Return the policy that should be signed next, None if the one in use says the same."""
        async with self._database.read() as c:
            return await self._proposed(c)

    async def to_sign(self, by: Person) -> bytes:
        """Return exactly the bytes that the administrator's browser signs with the root key.

        Raises:
            Forbidden: not an administrator.
            NothingToSign: the policy in use already says the same.
        """
        require(by, Permission.SIGN_POLICY)
        policy = await self.proposed()
        if policy is None:
            raise NothingToSign("签名策略没有变化，无需重新签发。")
        return policy.signed_bytes()

    async def accept(self, by: Person, approval: Approval) -> SignedPolicy:
        """Put the proposed policy in use, with the root signature from the administrator's browser.

        Raises:
            Forbidden, NoRoot, NothingToSign: it may not or need not be signed.
            PolicyRefused: not signed by the root, or the proposal changed since it was shown.
        """
        require(by, Permission.SIGN_POLICY)
        async with self._database.write() as c:
            policy = await self._proposed(c)
            if policy is None:
                raise NothingToSign("签名策略没有变化，无需重新签发。")
            signed = await self._keep(c, SignedPolicy(policy, (approval,)), actor=by.id)
        self._events.publish(PolicyChanged(signed.policy.version))
        return signed

    async def sign_with(self, signer: PolicySigner) -> SignedPolicy | None:
        """Sign the proposed policy with a root key at hand; None if there is nothing to sign.

        Raises:
            NoRoot, PolicyRefused: the key is not the zone's root.
        """
        async with self._database.write() as c:
            policy = await self._proposed(c)
            if policy is None:
                return None
            approval = signer.sign(policy.signed_bytes())
            signed = await self._keep(c, SignedPolicy(policy, (approval,)), actor=SYSTEM)
        self._events.publish(PolicyChanged(signed.policy.version))
        return signed

    async def _keep(self, c: AsyncConnection, signed: SignedPolicy, *, actor: str) -> SignedPolicy:
        try:
            check_policy(signed, root=await _root(c), held=signed.policy.version)
        except PolicyRefused as error:
            raise PolicyRefused(
                "签名不是由根密钥作出，或待签内容已变化，请刷新页面后重新签发。"
            ) from error
        await store.keep_policy(c, signed, now=int(self._clock.now().timestamp()))
        await self._audit.write(
            c, actor=actor, act="policy_signed", subject=str(signed.policy.version)
        )
        return signed

    async def _proposed(self, c: AsyncConnection) -> Policy | None:
        people = {person.id: person for person in await people_store.list_people(c)}
        held = await store.newest_policy(c)
        before = {key for rule in held.policy.feeds for key in rule.approvers} if held else set()
        keys = tuple(
            key
            for key in await store.list_keys(c, use=KeyUse.APPROVE)
            if may_sign(key, people[key.holder])
            # A key that has left its use stays while what it approved is to remain public.
            or (key.id in before and key.state is not KeyState.REVOKED)
        )
        rule = FeedRule(
            pattern="gov/*",
            approvers=tuple(key.id for key in keys),
            threshold=self._config.threshold,
            log_keys=(self._keyring.log_key_id,),
        )
        policy = Policy(
            zone=self._config.zone,
            version=held.policy.version + 1 if held else 1,
            keys=(
                *(PolicyKey(key.public, key.holder, people[key.holder].name) for key in keys),
                PolicyKey(self._keyring.log_public, LOG_HOLDER, "log"),
            ),
            feeds=(rule,),
        )
        if held and (held.policy.keys, held.policy.feeds) == (policy.keys, policy.feeds):
            return None
        return policy


def may_sign(key: SignerKey, holder: Person) -> bool:
    """Say whether a key may approve anything new."""
    return (
        key.use is KeyUse.APPROVE
        and key.state is KeyState.ACTIVE
        and holder.active
        and Role.APPROVER in holder.roles
    )


async def _root(c: AsyncConnection) -> TrustRoot:
    keys = await store.list_keys(c, use=KeyUse.ROOT)
    if not keys:
        raise NoRoot("还没有登记根密钥，请管理员先登记根密钥。")
    return TrustRoot(tuple(key.public for key in keys), threshold=1)
