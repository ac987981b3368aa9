"""A whole controller over a temporary folder: real SQLite, real services, a clock that tests move."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher
from typing_extensions import override

from content.disclosure.classes import DisclosureClass
from content.disclosure.official_text.reading import ReadDocument, read_document
from content.disclosure.official_text.source import from_lines
from content.feed.statement import Action
from controller import keys
from controller.app import create_app
from controller.auth.roles import Role
from controller.config import ZoneConfig, config_from
from controller.services.key_proof import KeyProof, key_proof_bytes
from controller.services.publishing import Outcome
from controller.store.documents import Document, Proposal, SourceFile
from controller.store.keys import KeyUse
from controller.store.people import Person
from devices.clock import CHINA, Clock
from tests.support.postgresql import database_of
from tests.support.signers import Signer

REGION = "519900"
PASSWORD = "correct horse 电池"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NOTICE = (
    "示范县人民政府办公室关于做好冬季供暖保障工作的通知",
    "示政办发〔2026〕31号",
    "各乡镇人民政府，县政府各部门：",
    "为做好冬季供暖保障工作，现将有关事项通知如下。",
    "一、保障供应",
    "供热企业应于11月10日前完成设备检修。",
    "示范县人民政府办公室",
    "2026年11月2日",
    "（此件公开发布）",
)


class TestClock(Clock):
    """A clock that stands still until a test moves it."""

    __test__ = False

    def __init__(self, at: datetime = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)) -> None:
        self.at = at
        self.elapsed = 0.0

    @override
    def now(self) -> datetime:
        return self.at.astimezone(CHINA)

    @override
    def monotonic(self) -> float:
        return self.elapsed

    def forward(self, **span: float) -> None:
        step = timedelta(**span)
        self.at += step
        self.elapsed += step.total_seconds()


class Zone:
    """A running controller, its people, and shortcuts in the words of the tests."""

    def __init__(
        self,
        app: web.Application,
        client: "TestClient[web.Request, web.Application] | None" = None,
    ) -> None:
        self.app = app
        self._client = client
        self.root = Signer("root")
        self.people: dict[str, Person] = {}
        self.signers: dict[str, Signer] = {}

    @property
    def client(self) -> "TestClient[web.Request, web.Application]":
        """Its web; services alone have none."""
        assert self._client is not None
        return self._client

    async def set_up(self) -> Person:
        """Make the first administrator, whose browser holds the root key."""
        people = self.app[keys.PEOPLE]
        token = await people.set_up_token()
        assert token
        proof = prove(self.root, token)
        admin = await people.set_up(
            token, name="管理员甲", login="admin", password=PASSWORD, root=proof
        )
        self.people["admin"] = admin
        return admin

    async def add(self, login: str, *roles: Role) -> Person:
        """Add a person who has accepted the invitation; an approver also gets a key."""
        people = self.app[keys.PEOPLE]
        admin = self.people.get("admin") or await self.set_up()
        person, token = await people.invite(
            admin, name=f"职员{login}", login=login, roles=frozenset(roles)
        )
        await people.accept(token, password=PASSWORD)
        self.people[login] = person
        if Role.APPROVER in roles:
            await self.add_key(login)
        return person

    async def add_key(self, login: str) -> Signer:
        """Register a new key of a person."""
        people, person = self.app[keys.PEOPLE], self.people[login]
        signer = Signer(person.id)
        challenge = await people.challenge(person)
        await people.register_key(person, prove(signer, challenge), use=KeyUse.APPROVE)
        self.signers[login] = signer
        return signer

    async def sign_policy(self) -> None:
        """Sign the proposed policy with the root key, as the administrator's browser does."""
        policies, admin = self.app[keys.POLICIES], self.people["admin"]
        await policies.accept(admin, self.root.sign(await policies.to_sign(admin)))

    async def staff(self) -> None:
        """Add a drafter, two approvers, an officer and an auditor, and sign the policy."""
        await self.add("drafter", Role.DRAFTER)
        await self.add("editor", Role.EDITOR)
        await self.add("approver", Role.APPROVER)
        await self.add("second", Role.APPROVER)
        await self.add("officer", Role.REQUEST_OFFICER)
        await self.add("auditor", Role.AUDITOR)
        await self.sign_policy()

    async def draft(self, by: str = "drafter", *, text: tuple[str, ...] = NOTICE) -> Document:
        """Import a document."""
        read = read_text(*text)
        source = SourceFile("notice.txt", "", 0)
        return await self.app[keys.DOCUMENTS].add(self.people[by], read, source=source)

    async def submitted(self, by: str = "drafter", *, text: tuple[str, ...] = NOTICE) -> Document:
        """Import, propose and submit a document."""
        documents, person = self.app[keys.DOCUMENTS], self.people[by]
        drafted = await self.draft(by, text=text)
        proposal = Proposal(DisclosureClass.PROACTIVE)
        proposed = await documents.propose(person, drafted.id, proposal, seen=drafted.revision)
        return await documents.submit(person, drafted.id, seen=proposed.revision)

    async def sign(self, login: str, document_id: str, *, action: Action = Action.PUT) -> Outcome:
        """Approve as the person's browser does: fetch the statement, sign it, send the signature."""
        publishing, person = self.app[keys.PUBLISHING], self.people[login]
        offer = await publishing.statement_for(person, document_id, action=action)
        approval = self.signers[login].sign(offer.statement.signed_bytes())
        return await publishing.approve(person, document_id, approval, action=action)

    async def published(self) -> Document:
        """Publish a document."""
        submitted = await self.submitted()
        await self.sign("approver", submitted.id)
        return await self.app[keys.DOCUMENTS].get(self.people["drafter"], submitted.id)


def prove(signer: Signer, challenge: str) -> KeyProof:
    """Return what a browser sends to register a key."""
    public = signer.public.hex()
    signature = signer.private.sign(key_proof_bytes(challenge, public))
    return KeyProof(public, signature.hex(), "测试用电脑")


def read_text(*lines: str) -> ReadDocument:
    """Return what an official text says."""
    return read_document(from_lines(lines))


def zone_config(state: Path, **values: object) -> ZoneConfig:
    """Return the configuration of a zone without broker and device API."""
    base: dict[str, object] = {
        "zone": "示范县政务公开专区",
        "region": REGION,
        "broker": {"enabled": False},
        "api": {"enabled": False},
        "database": database_of(state),
    }
    return config_from({**base, **values}, state=state)


@asynccontextmanager
async def open_zone(
    state: Path, *, clock: Clock | None = None, **values: object
) -> AsyncIterator[Zone]:
    """Run a controller over a folder; open the same folder again for a restart."""
    app = create_app(zone_config(state, **values), clock=clock or TestClock(), hasher=CHEAP)
    async with TestClient(TestServer(app)) as client:
        yield Zone(app, client)
