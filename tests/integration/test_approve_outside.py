"""An approver checks and signs on a machine of their own, against a real desk, on line and by files."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from content.canonical import sha256_hex
from content.disclosure.record import DisclosureRecord
from content.feed.body import body_bytes, read_body
from content.feed.statement import Action
from controller import keys
from controller.approving.cli import main
from controller.approving.offer import BadOffer, Kind, Offer, describe, visible
from controller.auth.roles import Role
from controller.ceremony.console import YES
from controller.ceremony.holder_keys import make_key
from controller.services.emergencies import Draft
from controller.store.documents import DocumentState
from tests.support.ceremonies import PASSPHRASE, Scripted
from tests.support.zone import PASSWORD, Zone, open_zone


@dataclass
class Desk:
    """A running desk, and an approver's own machine beside it."""

    zone: Zone
    folder: Path

    @property
    def key(self) -> Path:
        return self.folder / "own.key"

    async def run(self, *words: str, answers: tuple[str, ...] = (), code: int = 0) -> str:
        """Run a step as its own process would, in a thread of its own event loop."""
        console = Scripted(list(answers))
        assert await asyncio.to_thread(lambda: main(list(words), console=console)) == code
        assert console.answers == []
        return console.text

    def at(self, login: str) -> tuple[str, ...]:
        return ("--desk", str(self.zone.client.make_url("/")), "--login", login)

    async def ready(self, login: str) -> None:
        """Make and register a key, and have the policy signed anew."""
        key = ("--key", str(self.key))
        await self.run("key", *key, answers=(PASSPHRASE, PASSPHRASE))
        await self.run("register", *key, *self.at(login), answers=(PASSPHRASE, PASSWORD))
        await self.zone.sign_policy()

    async def state(self, document: str) -> DocumentState:
        held = await self.zone.app[keys.DOCUMENTS].get(self.zone.people["drafter"], document)
        return held.state


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_zone(tmp_path / "zone") as zone:
        await zone.staff()
        yield Desk(zone, tmp_path)


async def test_a_document_is_checked_signed_and_public(desk: Desk) -> None:
    await desk.ready("approver")
    document = await desk.zone.submitted()

    words = ("sign", document.id, "--key", str(desk.key), *desk.at("approver"))
    said = await desk.run(*words, answers=(PASSWORD, YES, PASSPHRASE))

    assert f"标题：{document.fields.title}" in said
    assert "供热企业应于11月10日前完成设备检修。" in said
    assert "已签 0 人，须 1 人" in said
    assert "已签名并提交。" in said
    assert await desk.state(document.id) is DocumentState.PUBLISHED


async def test_who_does_not_agree_signs_nothing(desk: Desk) -> None:
    await desk.ready("approver")
    document = await desk.zone.submitted()

    words = ("sign", document.id, "--key", str(desk.key), *desk.at("approver"))
    await desk.run(*words, answers=(PASSWORD, "y"), code=2)

    assert await desk.state(document.id) is DocumentState.SUBMITTED


async def test_by_files_on_a_machine_without_a_network(desk: Desk) -> None:
    await desk.ready("approver")
    document = await desk.zone.submitted()
    offer, signature = desk.folder / "offer.json", desk.folder / "offer.sig"

    words = ("fetch", document.id, "--out", str(offer), *desk.at("approver"))
    await desk.run(*words, answers=(PASSWORD,))
    await desk.run("sign", "--offer", str(offer), "--key", str(desk.key), answers=(YES, PASSPHRASE))
    assert await desk.state(document.id) is DocumentState.SUBMITTED
    await desk.run("post", str(signature), *desk.at("approver"), answers=(PASSWORD,))

    assert await desk.state(document.id) is DocumentState.PUBLISHED


async def test_an_edit_after_the_signature_voids_it(desk: Desk) -> None:
    await desk.ready("approver")
    document = await desk.zone.submitted()
    offer, signature = desk.folder / "offer.json", desk.folder / "offer.sig"
    words = ("fetch", document.id, "--out", str(offer), *desk.at("approver"))
    await desk.run(*words, answers=(PASSWORD,))
    await desk.run("sign", "--offer", str(offer), "--key", str(desk.key), answers=(YES, PASSPHRASE))
    documents, drafter = desk.zone.app[keys.DOCUMENTS], desk.zone.people["drafter"]
    held = await documents.get(drafter, document.id)
    fields = replace(held.fields, title="改过的标题")
    changed = await documents.correct(
        drafter, document.id, seen=held.revision, fields=fields, blocks=held.blocks
    )
    await documents.submit(drafter, document.id, seen=changed.revision)

    await desk.run("post", str(signature), *desk.at("approver"), answers=(PASSWORD,), code=2)

    assert await desk.state(document.id) is DocumentState.SUBMITTED


async def test_a_withdrawal_and_an_emergency_are_signed_the_same_way(desk: Desk) -> None:
    await desk.zone.add("warden", Role.EMERGENCY, Role.APPROVER)
    await desk.ready("warden")
    document = await desk.zone.published()
    service, drafter = desk.zone.app[keys.EMERGENCIES], desk.zone.people["drafter"]
    alarm = await service.draft(drafter, Draft("山洪预警", "风险极高。", "远离河道。", "县"))

    own = ("--key", str(desk.key), *desk.at("warden"))
    answers = (PASSWORD, YES, PASSPHRASE)
    said = await desk.run("sign", document.id, "--withdraw", *own, answers=answers)
    alarmed = await desk.run("sign", alarm.id, "--emergency", *own, answers=answers)

    assert "撤回，所有终端将不再显示" in said
    assert await desk.state(document.id) is DocumentState.WITHDRAWN
    assert "到时自动停止显示" in alarmed
    assert (await service.get(drafter, alarm.id)).signed == 1


async def test_a_wrong_password_is_told_in_words(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("sign", "D000000001", "--key", str(desk.key), *desk.at("approver"))
    await desk.run(*words, answers=("wrong",), code=2)

    assert "没有登录成功" in capsys.readouterr().err


def test_a_desk_that_is_not_there_is_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_key(tmp_path / "k", PASSPHRASE)
    words = ["sign", "D1", "--key", str(tmp_path / "k"), "--login", "x"]

    code = main([*words, "--desk", "http://127.0.0.1:9"], console=Scripted(["secret"]))

    assert code == 2
    assert "连不上工作台" in capsys.readouterr().err


# A controller that lies


async def _offer(desk: Desk) -> Offer:
    document = await desk.zone.submitted()
    publishing, by = desk.zone.app[keys.PUBLISHING], desk.zone.people["approver"]
    made = await publishing.statement_for(by, document.id)
    return Offer(Kind.DOCUMENT, made.statement, made.body)


async def test_another_text_than_the_one_that_is_signed_is_refused(desk: Desk) -> None:
    offer = await _offer(desk)
    record = read_body(offer.body)
    assert isinstance(record, DisclosureRecord)
    other = body_bytes(replace(record, title="另一个标题"))

    with pytest.raises(BadOffer, match="不符"):
        describe(replace(offer, body=other))
    emptied = replace(offer.statement, action=Action.DELETE)
    with pytest.raises(BadOffer):
        describe(replace(offer, statement=emptied))
    with pytest.raises(BadOffer):
        describe(replace(offer, kind=Kind.EMERGENCY))


async def test_a_text_cannot_hide_from_the_eye(desk: Desk) -> None:
    """Escape sequences, turned-round text and carriage returns are shown as boxes."""
    offer = await _offer(desk)
    record = read_body(offer.body)
    assert isinstance(record, DisclosureRecord)
    body = body_bytes(replace(record, title="奖\x1b[2K励\r\u202e一万\u200b元"))
    said = replace(offer.statement, digest=sha256_hex(body), size=len(body))

    text = "\n".join(describe(replace(offer, body=body, statement=said)))

    assert "标题：奖□[2K励□□一万□元" in text
    assert "\x1b" not in text
    assert visible("正常。") == "正常。"


def test_a_file_that_is_no_offer_is_refused(tmp_path: Path) -> None:
    for data in (b"", b"{}", b"[" * 9999, msgspec.json.encode({"kind": "documents"})):
        path = tmp_path / "offer.json"
        path.write_bytes(data)
        words = ["sign", "--offer", str(path), "--key", str(tmp_path / "none")]

        assert main(words, console=Scripted([])) == 2
