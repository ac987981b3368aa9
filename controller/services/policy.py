"""Make the signed policy: whose keys may approve what. The zone's root signs it, not the controller.

At first the root key lives in the first administrator's browser, or in a key file for the command line;
after a ceremony (controller.ceremony) it is with several holders. The controller proposes the next policy from
its accounts and keys; only the root's signatures put it in use.
"""

from collections.abc import Container, Mapping
from dataclasses import replace
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
    is_signed_by,
)
from content.feed.statement import Approval
from content.feed.tuf_chain import handover_bytes, newest_root
from controller.auth.permissions import Permission, require
from controller.auth.roles import Role
from controller.ceremony.ceremony import Result
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
EMERGENCY_SIGNERS = 2
"""People of the emergency group who must sign a notice, the drafter not among them."""
VILLAGE_SIGNERS = 1


class NoRoot(CallerError):
    """No root key was registered yet."""


class NothingToSign(CallerError):
    """The policy in use already says what it should."""


class CeremonyNeeded(CallerError):
    """The zone's root is with its holders: no browser and no file signs a policy any more."""

    def __init__(self) -> None:
        super().__init__(
            "本专区的根密钥由多位保管人持有，策略变更须办理密钥仪式："
            "在控制端运行 python -m controller.keys request 生成申请文件。"
        )


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
        if await self.handover_due():
            return await self._handover_bytes()
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
        if await self.handover_due():
            return await self._hand_over(by, approval)
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

    async def adopt(
        self, result: Result, *, handover: tuple[Approval, ...] = (), online: str
    ) -> SignedPolicy:
        """Put a ceremony's result in use.

        Args:
            result: checked by itself.
            handover: signature of the browser's root over the first root, for terminals that pinned it.
            online: the controller's own key, which the root must name.

        Raises:
            PolicyRefused: of another zone or controller, not newer, or not a continuation of the root in use.
        """
        result.check()
        async with self._database.write() as c:
            held = await store.newest_policy(c)
            kept = held.approvals if held and held.chain else handover
            signed = replace(result.signed_policy(), approvals=kept)
            self._refuse_foreign(signed, held, online=online)
            if handover and not is_signed_by(
                await _browser_root(c), handover, handover_bytes(signed.chain[0])
            ):
                raise PolicyRefused("移交签名不是由原根密钥作出的，没有启用。请核对 --root-key。")
            await store.keep_policy(c, signed, now=int(self._clock.now().timestamp()))
            version = str(signed.policy.version)
            await self._audit.write(c, actor=SYSTEM, act="root_adopted", subject=version)
        self._events.publish(PolicyChanged(signed.policy.version))
        return signed

    async def handover_due(self) -> bool:
        """Say whether terminals that pinned a browser's root key still wait for its last signature."""
        async with self._database.read() as c:
            held = await store.newest_policy(c)
            had_root = bool(await store.list_keys(c, use=KeyUse.ROOT))
        return bool(held and held.chain and not held.approvals and had_root)

    async def next_of(self, policy: Policy) -> Policy:
        """Return what the current policy says, as the next version."""
        return replace(policy, version=policy.version + 1)

    async def _handover_bytes(self) -> bytes:
        held = await self.current()
        if held is None or not held.chain:
            raise NothingToSign("没有需要移交的根密钥。")
        return handover_bytes(held.chain[0])

    async def _hand_over(self, by: Person, approval: Approval) -> SignedPolicy:
        data = await self._handover_bytes()
        async with self._database.write() as c:
            held = await store.newest_policy(c)
            if held is None or not is_signed_by(await _browser_root(c), (approval,), data):
                raise PolicyRefused("签名不是由原根密钥作出，请在持有原根密钥的浏览器中移交。")
            signed = replace(held, approvals=(approval,))
            await store.replace_policy(c, signed)
            version = str(signed.policy.version)
            await self._audit.write(c, actor=by.id, act="root_handed_over", subject=version)
        self._events.publish(PolicyChanged(signed.policy.version))
        return signed

    def _refuse_foreign(
        self, signed: SignedPolicy, held: SignedPolicy | None, *, online: str
    ) -> None:
        policy = signed.policy
        if policy.zone != self._config.zone or policy.key(self._keyring.log_key_id) is None:
            raise PolicyRefused("这是另一个专区或另一台控制端的仪式结果，没有启用。")
        roles = newest_root(signed.chain[:-1]).keys.values()
        if online not in {str(key.keyval["public"]) for key in roles}:
            raise PolicyRefused("根中没有本控制端的日期密钥，请用本控制端生成的申请文件重新办理。")
        if held and policy.version <= held.policy.version:
            raise PolicyRefused("这个结果不比正在使用的策略新，没有启用。")
        if held and held.chain and signed.chain[: len(held.chain) - 1] != held.chain[:-1]:
            raise PolicyRefused("这个结果不是从正在使用的根延续下来的，没有启用。")

    async def _keep(self, c: AsyncConnection, signed: SignedPolicy, *, actor: str) -> SignedPolicy:
        root = await _root(c)
        if root.tuf:
            raise CeremonyNeeded
        try:
            check_policy(signed, root=root, held=signed.policy.version)
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
        registered = await store.list_keys(c, use=KeyUse.APPROVE)
        rules = self._rules(registered, people, held=held.policy if held else None)
        named = {one for rule in rules for one in rule.approvers}
        policy = Policy(
            zone=self._config.zone,
            version=held.policy.version + 1 if held else 1,
            keys=(
                *(
                    PolicyKey(key.public, key.holder, people[key.holder].name)
                    for key in registered
                    if key.id in named
                ),
                PolicyKey(self._keyring.log_public, LOG_HOLDER, "log"),
            ),
            feeds=rules,
        )
        if held and (held.policy.keys, held.policy.feeds) == (policy.keys, policy.feeds):
            return None
        return policy

    def _rules(
        self,
        registered: tuple[SignerKey, ...],
        people: Mapping[str, Person],
        *,
        held: Policy | None,
    ) -> tuple[FeedRule, ...]:
        """Return the rules by risk: emergency by its own group, villages by one, the county by its threshold."""
        log_keys = (self._keyring.log_key_id,)
        approvers = _signers(registered, people, Role.APPROVER, before=_before(held, "gov/*"))
        group = _signers(registered, people, Role.EMERGENCY, before=_before(held, "emergency/*"))
        return (
            FeedRule("emergency/*", group, EMERGENCY_SIGNERS, log_keys, ("emergency",)),
            FeedRule("village/*", approvers, VILLAGE_SIGNERS, log_keys),
            FeedRule("gov/*", approvers, self._config.threshold, log_keys),
        )


def _before(held: Policy | None, pattern: str) -> frozenset[str]:
    rules = held.feeds if held else ()
    return frozenset(key for rule in rules if rule.pattern == pattern for key in rule.approvers)


def _signers(
    registered: tuple[SignerKey, ...],
    people: Mapping[str, Person],
    role: Role,
    *,
    before: Container[str],
) -> tuple[str, ...]:
    return tuple(
        key.id
        for key in registered
        if may_sign(key, people[key.holder], role=role)
        # A key that has left its use stays while what it approved is to remain public.
        or (key.id in before and key.state is not KeyState.REVOKED)
    )


def may_sign(key: SignerKey, holder: Person, *, role: Role = Role.APPROVER) -> bool:
    """Say whether a key may approve anything new in this role."""
    return (
        key.use is KeyUse.APPROVE
        and key.state is KeyState.ACTIVE
        and holder.active
        and role in holder.roles
    )


async def _root(c: AsyncConnection) -> TrustRoot:
    held = await store.newest_policy(c)
    if held and held.chain:
        return TrustRoot((), tuf=held.chain[0].decode())
    return await _browser_root(c)


async def _browser_root(c: AsyncConnection) -> TrustRoot:
    keys = await store.list_keys(c, use=KeyUse.ROOT)
    if not keys:
        raise NoRoot("还没有登记根密钥，请管理员先登记根密钥。")
    return TrustRoot(tuple(key.public for key in keys), threshold=1)
