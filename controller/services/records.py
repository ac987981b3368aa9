"""Read what a terminal's diary tells: plays and samples, sealed and signed like a request."""

import base64
import binascii
from dataclasses import dataclass

import msgspec
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from content.errors import CallerError
from controller.store.records import RecordRow
from devices.agent.diary import KINDS, MOST_ROWS, DiaryRow
from devices.wire.messages import Envelope

__all__ = ["KINDS", "Records", "Rejected", "opened_records"]

_LATEST = 253_402_300_799
"""Last unix second that a datetime can hold."""
_LONGEST = 4096


class Rejected(CallerError):
    """The envelope cannot be taken in and never will be; the sentence is for the clerk at the terminal."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of one envelope."""

    rows: tuple[RecordRow, ...]


@dataclass(frozen=True, slots=True)
class _Page:
    terminal: str
    rows: tuple[DiaryRow, ...]


def opened_records(envelope: Envelope, box: SealedBox[PrivateKey]) -> Records:
    """Unseal a page of the diary.

    Raises:
        Rejected: not sealed to us, not a page, of another terminal, or of impossible times.
    """
    try:
        body = box.decrypt(base64.b64decode(envelope.sealed, validate=True))
        page = msgspec.json.decode(body, type=_Page)
    except (CryptoError, binascii.Error, ValueError) as error:
        raise Rejected("unreadable", "终端运行记录无法解密，请管理员检查终端登记信息。") from error
    if page.terminal != envelope.device or len(page.rows) > MOST_ROWS:
        raise Rejected("mismatch", "终端运行记录与终端身份不一致，请管理员检查终端登记信息。")
    if not all(_is_possible(row) for row in page.rows):
        raise Rejected("bad_time", "终端运行记录的时间或次数不正确，请管理员检查终端时钟。")
    return Records(tuple(_row(envelope, row) for row in page.rows))


def _is_possible(row: DiaryRow) -> bool:
    times = (row.hour, row.first, row.last)
    return (
        all(0 <= time <= _LATEST for time in times)
        and 0 < row.count < 1 << 31
        and len(row.subject) <= _LONGEST
    )


def _row(envelope: Envelope, row: DiaryRow) -> RecordRow:
    return RecordRow(
        device=envelope.device,
        envelope=envelope.key,
        kind=envelope.kind,
        hour=row.hour,
        subject=row.subject,
        count=row.count,
        first=row.first,
        last=row.last,
    )
