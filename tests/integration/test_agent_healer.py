"""What was damaged on the disk is never shown: it is found, reported and fetched anew."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from content.feed.entry import head_to_bytes
from content.feed.verify import Refused
from content.replica.reader import ReplicaReader
from devices.agent.healer import CODE, LEAST_S, SHOWN_S
from devices.agent.sync import HeadHeard
from tests.support.signers import FEED, ZoneKeys
from tests.support.sync_terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    one = Terminal(tmp_path)
    yield one
    one.disk.close()
    one.replica.close()


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
