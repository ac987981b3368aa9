"""The replica moves on with good lines only, over any way; what is bad is reported and what was good stays."""

import asyncio
import base64
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from content.disclosure.record import DisclosureRecord
from content.feed.entry import head_to_bytes, line_to_bytes
from content.feed.verify import Refused
from content.replica.reader import ReplicaReader
from devices.agent.disk import DiskReplica, OneThread
from devices.agent.faults import FaultBook
from devices.agent.healer import CODE, LEAST_S, SHOWN_S, Healer
from devices.agent.sync import MOST_QUEUED, HeadHeard, LineHeard, Poll, Sync, Welcomed
from devices.wire.messages import Hello, Welcome
from tests.support.fake_link import FakeClock, FakeUpstream
from tests.support.signers import FEED, Signer, ZoneKeys, document


class Terminal:
    """Sync and healer over a real replica file and a controller in memory."""

    def __init__(self, folder: Path) -> None:
        self.keys = ZoneKeys()
        self.path = folder / "replica.db"
        self.clock = FakeClock()
        self.faults = FaultBook(clock=self.clock, on_change=lambda: None)
        self.upstream = FakeUpstream()
        self.disk = OneThread("test")
        self.replica = DiskReplica(self.path, self.keys.trust_root, clock=self.clock)
        self.moved: list[Hello] = []
        self.sync = Sync(
            self.replica,
            feeds=(FEED,),
            upstream=self.upstream,
            faults=self.faults,
            disk=self.disk,
            on_moved=self.moved.append,
        )
        self.healer = Healer(
            self.sync,
            replica=self.replica,
            faults=self.faults,
            disk=self.disk,
            clock=self.clock,
            scrub_s=5,
        )

    @property
    def codes(self) -> list[str]:
        return [fault.code for fault in self.faults.all()]

    def publish(self, *numbers: int) -> None:
        for number in numbers:
            self.keys.publish(document(f"D{number:09d}", title=f"第{number}号文件"))
        self.upstream.hold(FEED, self.keys.lines, self.keys.head())

    def welcome(self, *, version: int = 1) -> Welcomed:
        policy = base64.b64encode(self.keys.policy(version=version).to_bytes()).decode()
        heads = (base64.b64encode(head_to_bytes(self.keys.head())).decode(),)
        return Welcomed(Welcome(policy, heads if self.keys.lines else ()))

    async def sequence(self) -> int:
        mark = (await self.sync.marks()).get(FEED)
        return mark.sequence if mark else 0

    def titles(self) -> list[str]:
        with closing(ReplicaReader(self.path, self.keys.trust_root)) as reader:
            found = reader.newest("document", limit=50)
        return sorted(one.record.title for one in found if isinstance(one.record, DisclosureRecord))

    def damage(self, record: str) -> None:
        with closing(apsw.Connection(str(self.path))) as disk:
            disk.execute("UPDATE entry SET line = x'00ff' WHERE record = ?", (record,))


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    one = Terminal(tmp_path)
    yield one
    one.disk.close()
    one.replica.close()


async def test_a_new_terminal_takes_policy_and_all_that_was_published(terminal: Terminal) -> None:
    terminal.publish(1, 2, 3)
    terminal.upstream.page_size = 2

    await terminal.sync.step(terminal.welcome())

    assert await terminal.sequence() == 3
    assert terminal.titles() == ["第1号文件", "第2号文件", "第3号文件"]
    assert terminal.codes == []
    assert terminal.moved[-1].applied[FEED].sequence == 3


async def test_the_next_line_is_applied_as_it_comes_without_asking(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    terminal.upstream.asked.clear()
    line = terminal.keys.publish(document("D000000002", title="第2号文件"))

    await terminal.sync.step(LineHeard(FEED, line_to_bytes(line)))

    assert await terminal.sequence() == 2
    assert terminal.upstream.asked == []


async def test_a_gap_is_fetched(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    terminal.publish(2, 3, 4)

    await terminal.sync.step(LineHeard(FEED, line_to_bytes(terminal.keys.lines[-1])))

    assert await terminal.sequence() == 4


async def test_a_line_that_comes_again_changes_nothing(terminal: Terminal) -> None:
    terminal.publish(1, 2)
    await terminal.sync.step(terminal.welcome())
    changes = len(terminal.moved)

    for line in terminal.keys.lines:
        await terminal.sync.step(LineHeard(FEED, line_to_bytes(line)))

    assert len(terminal.moved) == changes
    assert terminal.codes == []


@pytest.mark.parametrize(
    ("signers", "code"),
    [
        (lambda _: (Signer("u-stranger"),), "entry_refused:unknown_key"),
        (lambda keys: (keys.drafter,), "entry_refused:drafter_alone"),
    ],
)
async def test_an_entry_without_the_right_signature_is_not_shown_and_is_reported(
    terminal: Terminal, signers: object, code: str
) -> None:
    assert callable(signers)
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    bad = terminal.keys.entry(
        document("D000000009", title="假文件"), *signers(terminal.keys), drafter="u-drafter"
    )
    terminal.keys.append(bad)
    terminal.publish()

    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(terminal.keys.head())))

    assert terminal.titles() == ["第1号文件"]
    (fault,) = terminal.faults.all()
    assert (fault.code, fault.subject) == (code, "D000000009")
    assert "终端继续显示此前的正确内容" in fault.text


async def test_a_forged_line_on_the_broker_does_not_stop_the_true_one(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    forged = ZoneKeys().link(
        terminal.keys.entry(document("D000000002", title="假文件"), Signer("u-stranger")),
        after=terminal.keys.lines[-1].link,
    )
    terminal.publish(2)

    await terminal.sync.step(LineHeard(FEED, line_to_bytes(forged)))
    reported = terminal.codes
    await terminal.sync.catch_up_behind()

    assert reported == ["entry_refused:unknown_log_key"]
    assert terminal.titles() == ["第1号文件", "第2号文件"]
    assert terminal.codes == []


async def test_good_lines_before_a_bad_one_are_shown(terminal: Terminal) -> None:
    terminal.publish(1, 2, 3)
    terminal.upstream.lines[FEED][2] = b"\x00garbage"

    await terminal.sync.step(terminal.welcome())

    assert terminal.titles() == ["第1号文件", "第2号文件"]
    assert terminal.codes == ["entry_refused:unreadable"]


async def test_the_feed_goes_on_when_the_bad_line_is_mended(terminal: Terminal) -> None:
    terminal.publish(1, 2)
    good = terminal.upstream.lines[FEED][1]
    terminal.upstream.lines[FEED][1] = good[:-9]
    await terminal.sync.step(terminal.welcome())
    terminal.upstream.lines[FEED][1] = good

    await terminal.sync.step(Poll())
    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(terminal.keys.head())))

    assert await terminal.sequence() == 2
    assert terminal.codes == []


async def test_a_head_that_goes_back_is_reported(terminal: Terminal) -> None:
    terminal.publish(1)
    old = terminal.keys.head()
    terminal.publish(2)
    await terminal.sync.step(terminal.welcome())

    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(old)))

    assert terminal.codes == ["head_refused:out_of_order"]
    assert terminal.titles() == ["第1号文件", "第2号文件"]


async def test_a_fork_is_reported(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    head = terminal.keys.head()
    forked = replace(head.head, link="f" * 64, at=head.head.at + 9)
    signature = terminal.keys.log.private.sign(forked.signed_bytes())

    await terminal.sync.step(
        HeadHeard(FEED, head_to_bytes(replace(head, head=forked, signature=signature)))
    )

    assert terminal.codes == ["head_refused:forked"]
    assert terminal.titles() == ["第1号文件"]


async def test_a_head_of_a_feed_that_is_not_ours_is_refused(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())

    await terminal.sync.step(HeadHeard("gov/000000", head_to_bytes(terminal.keys.head())))

    assert terminal.codes == ["head_refused:wrong_feed"]


async def test_a_policy_of_another_root_is_refused_and_the_old_one_decides(
    terminal: Terminal,
) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    stranger = ZoneKeys().policy(version=9).to_bytes()

    await terminal.sync.step(Welcomed(Welcome(base64.b64encode(stranger).decode(), ())))

    assert terminal.codes == ["policy_refused"]
    assert (await terminal.sync.hello()).policy == 1
    assert terminal.titles() == ["第1号文件"]


async def test_without_the_broker_https_brings_policy_and_content(terminal: Terminal) -> None:
    terminal.publish(1)
    terminal.upstream.welcome = terminal.welcome().welcome

    await terminal.sync.step(Poll())

    assert terminal.titles() == ["第1号文件"]


async def test_what_could_not_be_fetched_is_fetched_later_and_reported_meanwhile(
    terminal: Terminal,
) -> None:
    terminal.publish(1)
    terminal.upstream.up = False
    await terminal.sync.step(terminal.welcome())
    assert terminal.codes == ["api_unreachable"]

    terminal.upstream.up = True
    await terminal.sync.catch_up_behind()

    assert terminal.titles() == ["第1号文件"]
    assert terminal.codes == []


async def test_a_flood_of_lines_is_dropped_and_caught_up(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    for _ in range(MOST_QUEUED * 2):
        terminal.sync.hear(LineHeard(FEED, b"?"))
    terminal.publish(2)

    await terminal.sync.catch_up_behind()

    assert await terminal.sequence() == 2


async def test_a_document_changed_on_disk_is_reported_and_healed(terminal: Terminal) -> None:
    terminal.publish(1, 2)
    await terminal.sync.step(terminal.welcome())
    terminal.damage("D000000001")
    with (
        closing(ReplicaReader(terminal.path, terminal.keys.trust_root)) as reader,
        pytest.raises(Refused),
    ):
        reader.get("D000000001")

    await terminal.healer.suspect("D000000001")
    reported = terminal.faults.all()
    await terminal.healer.turn()

    assert [(one.code, one.subject) for one in reported] == [(CODE, "D000000001")]
    assert terminal.titles() == ["第1号文件", "第2号文件"]
    assert "已重新下载" in terminal.faults.all()[0].text
    terminal.clock.pass_(SHOWN_S)
    terminal.faults.expire()
    assert terminal.codes == []


async def test_the_slow_scrub_finds_what_nobody_reads(terminal: Terminal) -> None:
    terminal.publish(1, 2, 3)
    await terminal.sync.step(terminal.welcome())
    terminal.damage("D000000003")
    terminal.upstream.up = False

    for _ in range(4):
        await terminal.healer.turn()

    assert terminal.codes == [CODE]


async def test_an_offline_terminal_keeps_what_is_sound_and_heals_later(terminal: Terminal) -> None:
    terminal.publish(1, 2)
    await terminal.sync.step(terminal.welcome())
    terminal.damage("D000000001")
    terminal.upstream.up = False
    await terminal.healer.suspect("D000000001")
    await terminal.healer.turn()
    assert terminal.titles() == ["第2号文件"]

    terminal.upstream.up = True
    terminal.clock.pass_(LEAST_S)
    await terminal.healer.turn()

    assert terminal.titles() == ["第1号文件", "第2号文件"]


async def test_a_ui_that_cries_wolf_is_not_believed(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())

    await terminal.healer.suspect("D000000001")
    await terminal.healer.suspect("D000000777")

    assert terminal.codes == []


async def test_a_policy_changed_on_disk_is_asked_for_and_all_heals(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    terminal.upstream.welcome = terminal.welcome().welcome
    with closing(apsw.Connection(str(terminal.path))) as disk:
        disk.execute("UPDATE kept SET value = ?", (ZoneKeys().policy().to_bytes(),))
    terminal.replica.close()

    await terminal.healer.turn()
    assert terminal.codes == [CODE]
    running = asyncio.create_task(terminal.sync.run())
    async with asyncio.timeout(10):
        while (await terminal.sync.hello()).policy == 0:  # noqa: ASYNC110 - a thread is waited for
            await asyncio.sleep(0)
    terminal.clock.pass_(LEAST_S)
    await terminal.healer.turn()
    running.cancel()

    assert terminal.titles() == ["第1号文件"]


async def test_a_damaged_replica_file_is_begun_anew(terminal: Terminal) -> None:
    terminal.publish(1)
    terminal.path.write_bytes(b"this was a database once" * 400)

    hello = await terminal.sync.hello_or_nothing()
    await terminal.sync.step(terminal.welcome())

    assert hello.policy == 0
    assert terminal.titles() == ["第1号文件"]


async def test_a_replica_that_cannot_be_written_is_reported_and_goes_on_later(
    terminal: Terminal,
) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    terminal.publish(2)
    with closing(apsw.Connection(str(terminal.path))) as other:
        other.execute("BEGIN IMMEDIATE")
        other.set_busy_timeout(0)
        await terminal.disk(lambda: terminal.replica._writer._db.set_busy_timeout(0))  # type: ignore[union-attr]
        await terminal.sync.step(HeadHeard(FEED, head_to_bytes(terminal.keys.head())))
        assert terminal.codes == ["replica_unwritable"]
        other.execute("ROLLBACK")

    await terminal.sync.catch_up_behind()
    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(terminal.keys.head())))

    assert terminal.titles() == ["第1号文件", "第2号文件"]
    assert terminal.codes == []
