"""Let people in: the first administrator, invitations, sign-in, and the keys that people sign with."""

import hashlib
import re
import secrets
import unicodedata

from sqlalchemy.ext.asyncio import AsyncConnection

from content.codes import new_code
from content.errors import CallerError, NotFound
from controller.auth.attempts import Attempts
from controller.auth.passwords import Passwords
from controller.auth.permissions import Forbidden, Permission, require
from controller.auth.roles import Role
from controller.services.audit import AuditLog
from controller.services.key_proof import BadKey, KeyProof, checked_key
from controller.store import keys as key_store
from controller.store import people as store
from controller.store.database import Database
from controller.store.keys import KeyState, KeyUse, SignerKey
from controller.store.people import Invitation, Person
from devices.clock import Clock

SET_UP_S = 24 * 3600
INVITATION_S = 7 * 24 * 3600
CHALLENGE_S = 600
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")


class BadLink(CallerError):
    """A one-time link that was used, has expired, or never was."""


class BadLogin(CallerError):
    """A login or name that cannot be used."""


class WrongLogin(CallerError):
    """Wrong login or password; the sentence does not say which."""


class TooManyAttempts(CallerError):
    """Too many wrong passwords. `wait_s` seconds until the next try."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"登录失败次数过多，请在 {-(-wait_s // 60)} 分钟后重试，或联系管理员。")
        self.wait_s = wait_s


def token_hash(token: str) -> str:
    """Return what is kept of a one-time link or a session cookie: a stolen database opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


class People:
    """Accounts, roles, one-time links and keys."""

    def __init__(
        self, *, database: Database, audit: AuditLog, clock: Clock, passwords: Passwords
    ) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._passwords = passwords
        self._accounts = Attempts(clock=clock, limit=8, window_s=900)
        self._addresses = Attempts(clock=clock, limit=40, window_s=900)

    # --- the first administrator -------------------------------------------------------------

    async def needs_set_up(self) -> bool:
        """Say whether nobody has an account yet."""
        async with self._database.read() as c:
            return await store.count_people(c) == 0

    async def set_up_token(self) -> str | None:
        """Return a new one-time set-up token (24 hours; earlier ones end), None once people exist."""
        token = secrets.token_urlsafe(24)
        async with self._database.write() as c:
            if await store.count_people(c):
                return None
            await store.keep_invitation(
                c, token_hash(token), person="", expires=self._now() + SET_UP_S
            )
        return token

    async def check_set_up(self, token: str) -> None:
        """Let the set-up page be shown.

        Raises:
            BadLink: used, expired or wrong.
        """
        async with self._database.read() as c:
            await self._invitation(c, token, set_up=True)

    async def set_up(
        self, token: str, *, name: str, login: str, password: str, root: KeyProof | None = None
    ) -> Person:
        """Make the first administrator; `root` is the zone's root key, proved over the token itself.

        Raises:
            BadLink, BadLogin, WeakPassword, BadKey: nothing was kept and the link still works.
        """
        person = _new_person(name, login, frozenset({Role.ADMINISTRATOR}))
        hashed = await self._passwords.hash(password, login=person.login)
        async with self._database.write() as c:
            await self._invitation(c, token, set_up=True)
            if await store.count_people(c) or not await store.use_invitation(c, token_hash(token)):
                raise _bad_link()
            await store.add_person(c, person, password=hashed, now=self._now())
            await self._audit.write(c, actor=person.id, act="set_up", subject=person.id)
            if root:
                await self._keep_key(c, person, root, use=KeyUse.ROOT, challenge=token)
        return person

    # --- everybody else ----------------------------------------------------------------------

    async def invite(
        self, by: Person, *, name: str, login: str, roles: frozenset[Role]
    ) -> tuple[Person, str]:
        """Add a person; return them and the token of their one-time link (7 days).

        Raises:
            Forbidden: not an administrator.
            BadLogin: empty name, or a login that is taken or not allowed.
        """
        require(by, Permission.MANAGE_PEOPLE)
        person = _new_person(name, login, roles)
        token = secrets.token_urlsafe(24)
        async with self._database.write() as c:
            if await store.find_login(c, person.login):
                raise BadLogin(f"登录名 {person.login} 已被使用，请换一个。")
            await store.add_person(c, person, password="", now=self._now())
            await self._keep_link(c, person.id, token)
            await self._audit.write(
                c, actor=by.id, act="invited", subject=person.id, detail=" ".join(sorted(roles))
            )
        return person, token

    async def invite_again(self, by: Person, person_id: str) -> str:
        """Return a new one-time link for a person who lost the link or the password.

        Raises:
            Forbidden, NotFound: not an administrator; nobody of this id.
        """
        require(by, Permission.MANAGE_PEOPLE)
        token = secrets.token_urlsafe(24)
        async with self._database.write() as c:
            await self._find(c, person_id)
            await self._keep_link(c, person_id, token)
            await self._audit.write(c, actor=by.id, act="invited_again", subject=person_id)
        return token

    async def invited(self, token: str) -> Person:
        """Return whom a one-time link is for.

        Raises:
            BadLink: used, expired or wrong.
        """
        async with self._database.read() as c:
            invitation = await self._invitation(c, token, set_up=False)
            return await self._find(c, invitation.person)

    async def accept(self, token: str, *, password: str) -> Person:
        """Set the password of an invited person and use up the link; their sessions end.

        Raises:
            BadLink, WeakPassword: nothing was kept.
        """
        login = (await self.invited(token)).login
        hashed = await self._passwords.hash(password, login=login)
        async with self._database.write() as c:
            invitation = await self._invitation(c, token, set_up=False)
            person = await self._find(c, invitation.person)
            if not person.active or not await store.use_invitation(c, token_hash(token)):
                raise _bad_link()
            await store.set_password(c, person.id, hashed)
            await store.end_sessions(c, person=person.id)
            await self._audit.write(c, actor=person.id, act="password_set", subject=person.id)
        return person

    async def sign_in(self, login: str, password: str, *, address: str) -> Person:
        """Return the person whose login and password these are.

        Raises:
            WrongLogin: wrong, or the account is disabled.
            TooManyAttempts: this account or address missed too often.
        """
        login = _normal(login)
        wait_s = max(self._accounts.wait_s(login), self._addresses.wait_s(address))
        if wait_s:
            raise TooManyAttempts(wait_s)
        async with self._database.read() as c:
            found = await store.find_login(c, login)
        right = await self._passwords.is_right(found[1] if found else None, password)
        if found and right and found[0].active:
            return await self._signed_in(found[0], address)
        self._accounts.miss(login)
        self._addresses.miss(address)
        async with self._database.write() as c:
            subject = found[0].id if found else "unknown"
            await self._audit.write(
                c, actor="visitor", act="sign_in_failed", subject=subject, detail=address
            )
        raise WrongLogin("登录名或密码不正确，请重新输入。")

    async def change_password(self, person: Person, *, old: str, new: str) -> None:
        """Change one's own password; all sessions of the person end.

        Raises:
            WrongLogin: the old password is wrong.
            WeakPassword: the new one cannot be used.
        """
        async with self._database.read() as c:
            found = await store.find_login(c, person.login)
        if not await self._passwords.is_right(found[1] if found else None, old):
            raise WrongLogin("原密码不正确，请重新输入。")
        hashed = await self._passwords.hash(new, login=person.login)
        async with self._database.write() as c:
            await store.set_password(c, person.id, hashed)
            await store.end_sessions(c, person=person.id)
            await self._audit.write(c, actor=person.id, act="password_set", subject=person.id)

    async def set_standing(
        self, by: Person, person_id: str, *, roles: frozenset[Role], active: bool
    ) -> Person:
        """Change someone's roles, or disable or enable the account; a disabled person is signed out.

        Raises:
            Forbidden: not an administrator, or the last one would be gone.
            NotFound: nobody of this id.
        """
        require(by, Permission.MANAGE_PEOPLE)
        async with self._database.write() as c:
            await self._find(c, person_id)
            await store.set_standing(c, person_id, roles=roles, active=active)
            everybody = await store.list_people(c)
            if not any(one.active and Role.ADMINISTRATOR in one.roles for one in everybody):
                raise Forbidden("至少要保留一名在用的管理员，请先指定另一名管理员。")
            if not active:
                await store.end_sessions(c, person=person_id)
            words = " ".join(sorted(roles)) if active else "disabled"
            await self._audit.write(
                c, actor=by.id, act="standing_changed", subject=person_id, detail=words
            )
            return await self._find(c, person_id)

    async def list(self, by: Person) -> tuple[Person, ...]:
        """Return everybody.

        Raises:
            Forbidden: not an administrator.
        """
        require(by, Permission.MANAGE_PEOPLE)
        async with self._database.read() as c:
            return await store.list_people(c)

    async def names(self) -> dict[str, str]:
        """Return person id -> name, for pages that show who did something."""
        async with self._database.read() as c:
            return {person.id: person.name for person in await store.list_people(c)}

    async def find(self, person_id: str) -> Person | None:
        """Return a person by id."""
        async with self._database.read() as c:
            return await store.find_person(c, person_id)

    # --- keys --------------------------------------------------------------------------------

    async def challenge(self, person: Person) -> str:
        """Return random text that a new key must sign within ten minutes."""
        challenge = secrets.token_hex(16)
        async with self._database.write() as c:
            await store.keep_challenge(c, person.id, challenge, expires=self._now() + CHALLENGE_S)
        return challenge

    async def register_key(
        self, person: Person, proof: KeyProof, *, use: KeyUse = KeyUse.APPROVE
    ) -> SignerKey:
        """Keep the public half of a person's own new key.

        Raises:
            Forbidden: the person's roles give no such key.
            BadKey: not a key, not held, taken, or the challenge has expired.
        """
        needed = Permission.HOLD_APPROVAL_KEY if use is KeyUse.APPROVE else Permission.SIGN_POLICY
        require(person, needed)
        async with self._database.write() as c:
            challenge = await store.take_challenge(c, person.id, now=self._now())
            if challenge is None:
                raise BadKey("登记密钥的操作已超时，请刷新页面后重新登记。")
            return await self._keep_key(c, person, proof, use=use, challenge=challenge)

    async def withdraw_key(self, by: Person, key_id: str, *, compromised: bool) -> None:
        """Take a key out of use: one's own, or as administrator anybody's approval key.

        What a retired key has signed stays public. What a compromised key alone has signed is refused
        by terminals as soon as the next policy is signed, and must be approved anew.

        Raises:
            Forbidden: somebody else's key; or a root key, which terminals have pinned.
            NotFound: no such key.
        """
        async with self._database.write() as c:
            key = await key_store.find_key(c, key_id)
            if key is None:
                raise NotFound("没有找到这把密钥，请刷新页面后重试。")
            if key.use is KeyUse.ROOT:
                raise Forbidden("根密钥已写入终端，不能在此停用。")
            if key.holder != by.id:
                require(by, Permission.MANAGE_PEOPLE)
            state = KeyState.REVOKED if compromised else KeyState.RETIRED
            await key_store.set_key_state(c, key_id, state)
            await self._audit.write(
                c, actor=by.id, act="key_withdrawn", subject=key_id, detail=str(state)
            )

    async def keys(self, by: Person, *, holder: str = "") -> tuple[SignerKey, ...]:
        """Return keys: one's own, or as administrator those of a holder or of all ("").

        Raises:
            Forbidden: somebody else's keys.
        """
        if holder != by.id:
            require(by, Permission.MANAGE_PEOPLE)
        async with self._database.read() as c:
            return await key_store.list_keys(c, holder=holder)

    # --- within ------------------------------------------------------------------------------

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    async def _signed_in(self, person: Person, address: str) -> Person:
        self._accounts.forgive(person.login)
        async with self._database.write() as c:
            await self._audit.write(
                c, actor=person.id, act="signed_in", subject=person.id, detail=address
            )
        return person

    async def _invitation(self, c: AsyncConnection, token: str, *, set_up: bool) -> Invitation:
        found = await store.find_invitation(c, token_hash(token))
        if not found or found.expires <= self._now() or (found.person == "") is not set_up:
            raise _bad_link()
        return found

    async def _keep_link(self, c: AsyncConnection, person: str, token: str) -> None:
        await store.keep_invitation(
            c, token_hash(token), person=person, expires=self._now() + INVITATION_S
        )

    async def _find(self, c: AsyncConnection, person_id: str) -> Person:
        person = await store.find_person(c, person_id)
        if person is None:
            raise NotFound("没有找到这个账号，请刷新页面后重试。")
        return person

    async def _keep_key(
        self, c: AsyncConnection, person: Person, proof: KeyProof, *, use: KeyUse, challenge: str
    ) -> SignerKey:
        key = checked_key(proof, holder=person.id, use=use, challenge=challenge, now=self._now())
        if await key_store.find_key(c, key.id):
            raise BadKey("这把密钥已经登记过，请生成新的密钥。")
        if use is KeyUse.ROOT and await key_store.newest_policy(c):
            raise BadKey("签名策略已由现有根密钥签发，不能再增加根密钥。")
        await key_store.add_key(c, key)
        await self._audit.write(
            c, actor=person.id, act="key_registered", subject=key.id, detail=str(use)
        )
        return key


def _new_person(name: str, login: str, roles: frozenset[Role]) -> Person:
    name, login = unicodedata.normalize("NFC", name).strip(), _normal(login)
    if not name or len(name) > 40:  # noqa: PLR2004 - fits every table and slip
        raise BadLogin("请填写姓名（不超过 40 个字）。")
    if not _LOGIN.fullmatch(login):
        raise BadLogin("登录名应为 2 至 32 位小写字母、数字、点、横线或下划线，以字母或数字开头。")
    return Person(f"p-{new_code()}", name, login, roles)


def _normal(login: str) -> str:
    return unicodedata.normalize("NFKC", login).strip().lower()


def _bad_link() -> BadLink:
    return BadLink("这个链接已使用或已过期，请联系管理员重新获取。")
