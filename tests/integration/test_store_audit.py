"""What was written down cannot be changed unseen."""

import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller import keys
from controller.auth.permissions import Forbidden
from controller.services.audit import ExportForm
from tests.support.zone import Zone, open_zone


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path) as opened:
        await opened.staff()
        await opened.published()
        yield opened


async def test_the_whole_way_of_a_document_is_written_down(zone: Zone) -> None:
    rows = await zone.app[keys.AUDIT].list(zone.people["auditor"], limit=500)

    acts = [row.act for row in reversed(rows)]
    steps = [act for act in acts if act.startswith("document_")]
    assert acts[0] == "set_up"
    assert "policy_signed" in acts
    assert steps == [
        "document_imported",
        "document_proposed",
        "document_submitted",
        "document_signed",
        "document_published",
    ]
    assert await zone.app[keys.AUDIT].verify() == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET actor = 'p-other' WHERE id = 3",
        "UPDATE audit SET at = at + 1 WHERE id = 3",
        "UPDATE audit SET detail = 'x', hash = 'x' WHERE id = 3",
        "DELETE FROM audit WHERE id = 3",
        "DELETE FROM audit WHERE id = 1",
    ],
)
async def test_a_changed_or_missing_row_is_found(change: str, zone: Zone) -> None:
    async with zone.app[keys.DATABASE].write() as c:
        await c.exec_driver_sql(change)

    assert await zone.app[keys.AUDIT].verify() in {1, 3}


async def test_a_row_put_in_between_is_found(zone: Zone) -> None:
    async with zone.app[keys.DATABASE].write() as c:
        await c.exec_driver_sql("UPDATE audit SET id = id + 1000 WHERE id > 3")
        await c.exec_driver_sql("UPDATE audit SET id = id - 999 WHERE id > 1000")
        await c.exec_driver_sql(
            "INSERT INTO audit SELECT 4, at, actor, act, 'forged', detail, hash, hash"
            " FROM audit WHERE id = 3"
        )

    assert await zone.app[keys.AUDIT].verify() == 4


async def test_only_the_auditor_reads_and_exports(zone: Zone) -> None:
    audit = zone.app[keys.AUDIT]
    for login in ("admin", "drafter", "approver", "officer"):
        with pytest.raises(Forbidden):
            await audit.list(zone.people[login])
        with pytest.raises(Forbidden):
            await audit.export(zone.people[login], form=ExportForm.CSV)


async def test_exports_hold_every_row_and_the_export_itself(zone: Zone) -> None:
    audit, auditor = zone.app[keys.AUDIT], zone.people["auditor"]

    table = await audit.export(auditor, form=ExportForm.CSV)
    lines = await audit.export(auditor, form=ExportForm.JSONL)

    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))
    records = [json.loads(line) for line in lines.splitlines()]
    assert rows[0][0] == "id"
    assert len(records) == len(rows)
    assert records[-1]["act"] == "audit_exported"


async def test_a_cell_cannot_become_a_formula(zone: Zone) -> None:
    audit = zone.app[keys.AUDIT]
    async with zone.app[keys.DATABASE].write() as c:
        await audit.write(c, actor="x", act="y", subject="=1+1", detail="@cmd")

    table = await audit.export(zone.people["auditor"], form=ExportForm.CSV)

    assert b"'=1+1,'@cmd" in table
