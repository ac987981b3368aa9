"""A power cut at any moment of an apply leaves the old or the new content, whole. The long run: make power-cuts."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from content.replica.writer import ReplicaWriter
from tests.support.power_cuts import disagreements, model_of
from tests.support.signers import FEED, ZoneKeys, document

KILLS = 25


@pytest.mark.timeout(120)
def test_a_killed_apply_leaves_the_old_or_the_new_content_whole() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.power_cuts", "--kills", str(KILLS)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["kills"] >= KILLS
    assert found["old"] + found["new"] == found["kills"]
    assert found["while_applying"] >= KILLS // 3
    assert found["broken"] == []


@pytest.mark.parametrize(
    ("damage", "seen"),
    [
        ("DELETE FROM search", "D000000001"),
        ("DELETE FROM entry", "rows of no record"),
        ("DELETE FROM suggestion", "D000000001"),
        ("INSERT INTO suggestion VALUES ('x', 99)", "rows of no record"),
        ("DELETE FROM vector", "D000000001"),
        ("UPDATE vector SET code = zeroblob(128)", "D000000001"),
        ("INSERT INTO vector SELECT 99, model, code FROM vector", "rows of no record"),
    ],
)
def test_what_a_half_apply_would_leave_is_seen(tmp_path: Path, damage: str, seen: str) -> None:
    keys, path = ZoneKeys(), tmp_path / "replica.db"
    learned = model_of(document(f"D{number:09}") for number in range(8))
    with closing(ReplicaWriter(path, keys.trust_root)) as writer:
        writer.accept_policy(keys.policy().to_bytes())
        writer.learn(learned)
        keys.publish(document())
        writer.apply(FEED, keys.lines, now=1)
    assert disagreements(path, learned=learned) == ()

    with closing(apsw.Connection(str(path))) as db:
        db.execute(damage)

    assert seen in disagreements(path, learned=learned)
