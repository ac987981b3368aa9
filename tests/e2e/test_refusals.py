"""What nobody approved is never shown, whoever holds the controller or the disk, and the desk hears of it.

Real controller with its broker, real agent, kiosk and screen. The bad entries come from a seized controller: they
stand in its database, in order, signed with the true log key; only the approvals are wrong.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import apsw
import pytest

from content.canonical import sha256_hex
from content.disclosure.record import DisclosureRecord
from content.feed.body import body_bytes, read_body
from content.feed.chain import Link, entry_hash
from content.feed.entry import Entry, LogLine, line_to_bytes, pack
from content.feed.kept import kept_from_bytes, kept_to_bytes
from content.feed.statement import Action, Statement
from content.feed.verify import REASON_ZH, Reason
from controller.broker.pki import ZoneCa
from controller.services.keyring import open_keyring
from tests.support.desk_window import DeskWindow
from tests.support.finger import Finger
from tests.support.kiosk_visitor import Visitor
from tests.support.processes import Program, wait_for
from tests.support.running_zone import REGION, RunningZone, open_display
from tests.support.seeded_zone import ALLOWANCE, HEATING, Seeded, seed
from tests.support.signers import Signer
from tests.support.signers import document as small_document
from tests.support.watched_zone import codes_on
from tests.support.zone_ca import wall_now

pytestmark = pytest.mark.e2e

FEED = f"gov/{REGION}"
LIE = "关于骆驼驯养奖励的通知"
LIE_PINYIN = "luotuo"
TRUE_AMOUNT, FORGED_AMOUNT = "720元", "270元"
REFUSED = "拒绝外来证书"
MENDED = "曾被改动，已重新下载并通过校验"


@dataclass
class Stage:
    """A running zone, a visitor at the kiosk, somebody at the desk."""

    zone: RunningZone
    seeded: Seeded
    finger: Finger
    visitor: Visitor
    desk: DeskWindow

    def terminal(self) -> str:
        return self.desk.terminal("hall-1")

    def desk_says(self, sentence: str) -> None:
        wait_for(f"{sentence!r} at the desk", lambda: sentence in self.terminal(), timeout=60)
        assert not self.desk.is_green("hall-1")

    def turns_green(self, *, timeout: float = 60) -> None:
        wait_for("green at the desk", lambda: self.desk.is_green("hall-1"), timeout=timeout)

    def reconnect(self) -> None:
        """Let the terminal ask anew what there is."""
        self.zone.unplug()
        self.zone.plug_in()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    zone = RunningZone(tmp_path / "z")
    seeded = seed(zone.state)
    display, finger = open_display()
    try:
        zone.start_controller()
        zone.enrol()
        zone.start_printer()
        zone.start_agent()
        zone.start_windows(display.name)
        desk = DeskWindow(zone.base, "auditor")
        stage = Stage(zone, seeded, finger, Visitor(finger, zone.eye), desk)
        stage.turns_green()
        yield stage
    finally:
        finger.save(tmp_path / "last.png")
        print(zone.outputs(), tmp_path / "last.png")  # noqa: T201 - what a failure needs
        zone.stop()
        finger.close()
        display.close()


@pytest.mark.parametrize(
    ("drafter", "reason"),
    [("drafter", Reason.UNKNOWN_KEY), ("writer", Reason.DRAFTER_ALONE)],
    ids=["unknown key", "drafter alone"],
)
def test_an_entry_that_nobody_else_approved_is_not_shown_and_is_reported(
    stage: Stage, drafter: str, reason: Reason
) -> None:
    writer, stranger = stage.seeded.signers["writer"], Signer("u-nobody")
    signer = stranger if reason is Reason.UNKNOWN_KEY else writer

    _seize(stage, _lie("X000000001", signer=signer, drafter=stage.seeded.people[drafter]))
    stage.reconnect()
    stage.desk_says(REASON_ZH[reason])
    _nothing_of_the_lie(stage, "X000000001")


def test_the_same_entry_approved_by_another_is_shown(stage: Stage) -> None:
    writer = stage.seeded.signers["writer"]

    _seize(stage, _lie("X000000001", signer=writer, drafter=stage.seeded.people["drafter"]))
    stage.reconnect()
    stage.turns_green()
    stage.visitor.sees(LIE)


def test_two_lines_for_one_place_are_told_of_and_kept_as_evidence(stage: Stage) -> None:
    writer, drafter = stage.seeded.signers["writer"], stage.seeded.people["drafter"]

    _seize(stage, _lie("X000000001", signer=Signer("u-nobody"), drafter=drafter))
    stage.reconnect()
    stage.desk_says(REASON_ZH[Reason.UNKNOWN_KEY])

    _seize(stage, _lie("X000000002", signer=writer, drafter=drafter))
    stage.reconnect()
    stage.desk_says(REASON_ZH[Reason.FORKED])
    assert _evidence(stage.zone) == [(FEED, 3)]
    assert "X000000001" not in _copied_records(stage.zone)


def _nothing_of_the_lie(stage: Stage, record: str) -> None:
    """Look for it on the first screen, by searching, on the public screen and in the copy itself."""
    visitor = stage.visitor
    visitor.sees(ALLOWANCE[0])
    assert LIE not in visitor.text()
    visitor.touch("查询")
    for letter in LIE_PINYIN:
        visitor.touch(letter)
    visitor.touch("骆驼")
    visitor.sees("没有找到")
    assert LIE not in visitor.everything_held()
    visitor.touch("结束使用")
    visitor.sees(HEATING[0])
    assert not [code for code in codes_on(stage.finger) if record in code]
    assert record not in _copied_records(stage.zone)


def test_a_document_changed_on_disk_is_not_shown_and_is_healed(stage: Stage) -> None:
    visitor, agent = stage.visitor, stage.zone.programs["agent"]
    visitor.touch(ALLOWANCE[0])
    visitor.sees(TRUE_AMOUNT)
    visitor.touch("首页")

    agent.pause()  # so that the kiosk alone stands between the forged copy and the visitor
    _forge(stage.zone, stage.seeded.allowance)
    visitor.touch(ALLOWANCE[0])
    visitor.sees("未通过核验")
    assert FORGED_AMOUNT not in visitor.everything_held()
    visitor.touch("结束使用")
    visitor.sees(HEATING[0])
    assert ALLOWANCE[0] not in visitor.text()
    agent.resume()

    stage.desk_says(stage.seeded.allowance)
    stage.desk_says(MENDED)
    assert _entry_of(stage.zone, stage.seeded.allowance).body().decode().count(TRUE_AMOUNT)
    visitor.sees(ALLOWANCE[0])
    visitor.touch(ALLOWANCE[0])
    visitor.sees(TRUE_AMOUNT)
    stage.turns_green(timeout=90)


def test_a_terminal_with_a_foreign_certificate_is_refused_and_the_audit_log_says_so(
    tmp_path: Path,
) -> None:
    zone = RunningZone(tmp_path / "z")
    seed(zone.state)
    try:
        zone.start_controller()
        zone.enrol()
        stranger = _with_foreign_certificate(zone, tmp_path)
        zone.programs["agent"] = Program.python(
            "agent", "-m", "devices", "agent", "--home", str(stranger)
        )
        auditor = DeskWindow(zone.base, "auditor")
        wait_for("the finding", lambda: REFUSED in auditor.page("/desk/audit"), timeout=40)
        assert '"foreign_certificate"' in auditor.page("/desk/audit/export/jsonl")
        assert "tag-good" not in auditor.terminal("hall-1")
        assert "还没有连接过" in auditor.terminal("hall-1")
        assert _copied_records(zone, stranger) == set()
    finally:
        print(zone.outputs())  # noqa: T201 - what a failure needs
        zone.stop()


# What a seized controller and a hand on the disk do


def _lie(record: str, *, signer: Signer, drafter: str) -> Entry:
    """Return an entry whose digest and signature are right; who signed it is another matter."""
    body = body_bytes(small_document(record, title=LIE, text="驯养骆驼的，每头奖励一万元。"))
    said = Statement(FEED, record, 1, Action.PUT, sha256_hex(body), len(body), drafter, _now())
    return Entry(said, (signer.sign(said.signed_bytes()),), *pack(body))


def _seize(stage: Stage, entry: Entry) -> None:
    """Put an entry behind the two good ones in the controller's own database, in place of an earlier lie."""
    keyring = open_keyring(stage.zone.state / "keys", may_make=False)
    with closing(sqlite3.connect(stage.zone.state / "zone.db", timeout=20)) as database, database:
        database.execute("DELETE FROM log_line WHERE feed = ? AND sequence > 2", (FEED,))
        (previous,) = database.execute(
            "SELECT link FROM log_line WHERE feed = ? AND sequence = 2", (FEED,)
        ).fetchone()
        link = Link(FEED, 3, previous, entry_hash(entry.statement, entry.approvals), _now())
        signature = keyring.sign_log(link.signed_bytes())
        line = line_to_bytes(LogLine(link, keyring.log_key_id, signature, entry))
        database.execute(
            "INSERT INTO log_line VALUES (?, 3, ?, ?, ?, 1, 'put', 'document', ?, ?)",
            (FEED, line, link.hash, entry.statement.record, LIE, link.at),
        )


def _forge(zone: RunningZone, record: str) -> None:
    """Change an amount in the kept copy, and pack it as if it had always been so."""
    entry = _entry_of(zone, record)
    held = read_body(entry.body())
    assert isinstance(held, DisclosureRecord)
    blocks = tuple(
        replace(one, text=one.text.replace(TRUE_AMOUNT, FORGED_AMOUNT)) for one in held.blocks
    )
    assert blocks != held.blocks
    packing, packed = pack(body_bytes(replace(held, blocks=blocks)))
    forged = replace(entry, packing=packing, packed=packed)
    with closing(apsw.Connection(str(zone.home / "replica.db"))) as copy:
        copy.set_busy_timeout(5000)
        copy.execute(
            "UPDATE entry SET line = ? WHERE record = ?",
            (kept_to_bytes(forged), record),
        )


def _entry_of(zone: RunningZone, record: str) -> Entry:
    with closing(apsw.Connection(str(zone.home / "replica.db"))) as copy:
        copy.set_busy_timeout(5000)
        sql = "SELECT line FROM entry WHERE record = ?"
        rows: list[tuple[Any, ...]] = copy.execute(sql, (record,)).fetchall()
    return kept_from_bytes(bytes(rows[0][0]))


def _copied_records(zone: RunningZone, home: Path | None = None) -> set[str]:
    path = (home or zone.home) / "replica.db"
    with suppress(apsw.SQLError, apsw.CantOpenError):
        flags = apsw.SQLITE_OPEN_READWRITE
        with closing(apsw.Connection(str(path), flags=flags)) as copy:
            return {record for (record,) in copy.execute("SELECT record FROM entry")}
    return set()


def _evidence(zone: RunningZone) -> list[tuple[Any, ...]]:
    with closing(apsw.Connection(str(zone.home / "replica.db"))) as copy:
        copy.set_busy_timeout(5000)
        return copy.execute("SELECT DISTINCT feed, sequence FROM evidence").fetchall()


def _with_foreign_certificate(zone: RunningZone, folder: Path) -> Path:
    """Return the terminal's home with a certificate of the same name from another authority."""
    home = folder / "stranger"
    shutil.copytree(zone.home, home)
    foreign = ZoneCa.open_or_create(folder / "foreign", zone="别处", now=wall_now())
    foreign.issue_device("hall-1", now=wall_now()).write(home, "client")
    return home


def _now() -> int:
    return int(wall_now().timestamp())
