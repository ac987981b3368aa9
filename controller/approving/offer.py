"""What an approver is asked to sign, checked and put into words here. Nothing that the controller says is believed.

The signed bytes are made anew from the fields that are shown; the text that is shown is the one whose hash
is signed. Signs that would move a terminal's cursor or turn its text round are made visible.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

import msgspec

from content.canonical import sha256_hex
from content.disclosure.classes import DISCLOSURE_CLASS_ZH
from content.disclosure.record import DisclosureRecord
from content.errors import PeerError, ZoneError
from content.feed.body import Record, read_body
from content.feed.keys import key_id
from content.feed.statement import Action, Approval, Statement
from content.programme.emergency import EmergencyNotice
from devices.clock import CHINA

T = TypeVar("T")

LEVEL_ZH = {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"}


class Kind(StrEnum):
    """What is approved; also the word in the desk's addresses."""

    DOCUMENT = "documents"
    EMERGENCY = "emergency"


class BadOffer(PeerError):
    """What was offered does not fit together; it must not be signed."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A statement with its body, as the desk gives them or a file carries them.

    Attributes:
        kind: document or emergency.
        statement: what is signed.
        body: canonical JSON of the record, empty for a deletion.
        signed_by: names of those who have signed, as the desk says.
        needed: how many must, as the desk says.
    """

    kind: Kind
    statement: Statement
    body: bytes
    signed_by: tuple[str, ...] = ()
    needed: int = 1


@dataclass(frozen=True, slots=True)
class SignatureFile:
    """A signature on its way to the desk."""

    kind: Kind
    record: str
    feed: str
    action: Action
    key_id: str
    signature: bytes = field(repr=False)

    @property
    def approval(self) -> Approval:
        """The signature by itself."""
        return Approval(self.key_id, self.signature)


def read_offer(data: bytes) -> Offer:
    """Read a file that `fetch` wrote.

    Raises:
        BadOffer: not one.
    """
    return _read(data, Offer, "这不是待签文件，请用 fetch 重新下载。")


def read_signature(data: bytes) -> SignatureFile:
    """Read a file that `sign` wrote.

    Raises:
        BadOffer: not one.
    """
    return _read(data, SignatureFile, "这不是签名文件，请用 sign 重新签名。")


def checked(offer: Offer) -> Record | None:
    """Return the record that the body holds, None for a deletion.

    Raises:
        BadOffer: the body is not the one whose hash is signed, or not of the record or kind that is named.
    """
    said = offer.statement
    if said.action is Action.DELETE:
        if offer.body or said.digest or said.size:
            raise BadOffer("撤回语句不应带有正文，已拒绝签名。请向管理员报告。")
        return None
    if len(offer.body) != said.size or sha256_hex(offer.body) != said.digest:
        raise BadOffer("正文与待签语句不符，可能被改动，已拒绝签名。请向管理员报告。")
    try:
        record = read_body(offer.body)
    except ZoneError as error:
        raise BadOffer("正文无法读取，已拒绝签名。请向管理员报告。") from error
    wanted = EmergencyNotice if offer.kind is Kind.EMERGENCY else DisclosureRecord
    if record.id != said.record or not isinstance(record, wanted):
        raise BadOffer("正文不是待签语句所指的内容，已拒绝签名。请向管理员报告。")
    return record


def describe(offer: Offer) -> tuple[str, ...]:
    """Return in words what a signature will mean, line by line.

    Raises:
        BadOffer: it must not be signed.
    """
    record, said = checked(offer), offer.statement
    act = "发布" if said.action is Action.PUT else "撤回，所有终端将不再显示"
    lines = [
        "────────────────────────",
        *([] if record is None else _of_record(record)),
        "────────────────────────",
        f"操作：{act}　频道：{said.feed}　编号：{said.record}　版本：{said.version}",
        f"拟稿：{said.drafter}　语句时间：{_moment(said.approved_on)}",
    ]
    if said.expires:
        lines.append(f"到时自动停止显示：{_moment(said.expires)}")
    lines += [
        f"内容校验码：{_groups(said.digest) if said.digest else '（无正文）'}",
        f"签名校验码：{_groups(sha256_hex(said.signed_bytes()))}",
        f"工作台显示：已签 {len(offer.signed_by)} 人，须 {offer.needed} 人"
        + (f"（{'、'.join(offer.signed_by)}）" if offer.signed_by else ""),
    ]
    return tuple(visible(line) for line in lines)


def signed(offer: Offer, approval: Approval) -> SignatureFile:
    """Return a signature with what the desk needs to know where it belongs."""
    said = offer.statement
    return SignatureFile(
        offer.kind, said.record, said.feed, said.action, approval.key_id, approval.signature
    )


def visible(text: str) -> str:
    """Return a line without anything that acts on a terminal or turns text round: a box stands for it."""
    return "".join("□" if unicodedata.category(sign).startswith("C") else sign for sign in text)


def named(public: str) -> str:
    """Return the id of a public key in hex."""
    return key_id(bytes.fromhex(public))


def _of_record(record: Record) -> list[str]:
    match record:
        case DisclosureRecord():
            facts = (
                record.document_number,
                record.issuing_body,
                str(record.written_on or ""),
                DISCLOSURE_CLASS_ZH[record.disclosure_class],
            )
            text = [line for block in record.blocks for line in block.text.split("\n")]
            rows = ["　".join(row) for block in record.blocks for row in block.rows]
            return [f"标题：{record.title}", "　".join(one for one in facts if one), *text, *rows]
        case EmergencyNotice():
            return [
                f"应急信息（{LEVEL_ZH[record.level]}{'，演练' if record.is_drill else ''}）",
                f"标题：{record.title}",
                *record.text.split("\n"),
                f"行动提示：{record.advice or '（无）'}",
                f"发布：{record.issuer}　电话：{record.phone or '（无）'}",
                f"适用区划：{'、'.join(record.regions) or '全区'}",
            ]
        case _:
            return [f"标题：{record.title}"]


def _read(data: bytes, kind: type[T], sentence: str) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadOffer(sentence) from error


def _moment(at: int) -> str:
    return f"{datetime.fromtimestamp(at, CHINA):%Y-%m-%d %H:%M}"


def _groups(digest: str) -> str:
    return " ".join(digest[place : place + 4] for place in range(0, 32, 4))
