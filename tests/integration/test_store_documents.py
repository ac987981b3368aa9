"""Files that are taken in: kept under a name of ours, read once, refused with a sentence."""

import errno
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from content.disclosure.classes import DisclosureClass
from controller import keys
from controller.auth.permissions import Forbidden
from controller.auth.roles import Role
from controller.importing.refusals import ImportRefused
from controller.store.database import is_disk_full
from controller.store.documents import DocumentState
from tests.support.zone import NOTICE, Zone, open_zone

DATA = "\n".join(NOTICE).encode()


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path, upload_mb=1) as opened:
        await opened.add("drafter", Role.DRAFTER)
        yield opened


def _uploads(state: Path) -> list[str]:
    folder = state / "uploads"
    return sorted(one.name for one in folder.iterdir()) if folder.exists() else []


async def test_a_file_becomes_a_draft_with_what_it_says(zone: Zone) -> None:
    document = await zone.app[keys.DOCUMENTS].take_file(
        zone.people["drafter"], name="通知.txt", data=DATA
    )

    assert document.state is DocumentState.DRAFT
    assert document.fields.document_number == "示政办发〔2026〕31号"
    assert document.fields.issuing_body == "示范县人民政府办公室"
    assert document.mark is DisclosureClass.PROACTIVE
    assert (document.source.name, document.source.size) == ("通知.txt", len(DATA))


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x.txt", "..\\..\\x.txt", "/srv/x.txt", "a" * 300 + ".txt"]
)
async def test_a_name_chooses_no_path(name: str, zone: Zone, tmp_path: Path) -> None:
    document = await zone.app[keys.DOCUMENTS].take_file(
        zone.people["drafter"], name=name, data=DATA
    )

    assert _uploads(tmp_path) == [hashlib.sha256(DATA).hexdigest()]
    assert "/" not in document.source.name
    assert "\\" not in document.source.name


async def test_the_same_file_again_is_the_same_draft(zone: Zone) -> None:
    documents, drafter = zone.app[keys.DOCUMENTS], zone.people["drafter"]

    first = await documents.take_file(drafter, name="a.txt", data=DATA)
    again = await documents.take_file(drafter, name="b.txt", data=DATA)

    assert first.id == again.id
    assert len(await documents.list(drafter)) == 1


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.txt", b""),
        ("huge.txt", b"x" * (1024 * 1024 + 1)),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100)),
        ("wrong.docx", DATA),
    ],
)
async def test_a_file_that_cannot_be_read_leaves_nothing_behind(
    name: str, data: bytes, zone: Zone, tmp_path: Path
) -> None:
    documents, drafter = zone.app[keys.DOCUMENTS], zone.people["drafter"]

    with pytest.raises(ImportRefused, match="请"):
        await documents.take_file(drafter, name=name, data=data)

    assert _uploads(tmp_path) == []
    assert await documents.list(drafter) == ()


async def test_only_drafters_bring_files(zone: Zone) -> None:
    with pytest.raises(Forbidden):
        await zone.app[keys.DOCUMENTS].take_file(zone.people["admin"], name="a.txt", data=DATA)


async def test_lists_are_filtered_by_state_and_searched_by_title_and_number(zone: Zone) -> None:
    documents, drafter = zone.app[keys.DOCUMENTS], zone.people["drafter"]
    first = await zone.draft()
    second = await zone.draft(text=("关于100%_覆盖的公告", "正文。"))
    submitted = await zone.submitted()

    assert {one.id for one in await documents.list(drafter)} == {first.id, second.id, submitted.id}
    assert [one.id for one in await documents.list(drafter, text="%_")] == [second.id]
    assert {one.id for one in await documents.list(drafter, text="〔2026〕31")} == {
        first.id,
        submitted.id,
    }
    (only,) = await documents.list(drafter, state=DocumentState.SUBMITTED)
    assert only.id == submitted.id
    assert await documents.counts(drafter) == {
        DocumentState.DRAFT: 2,
        DocumentState.SUBMITTED: 1,
    }


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, ""), True),
        (OSError(errno.EDQUOT, ""), True),
        (OSError(errno.EIO, ""), False),
    ],
)
def test_a_full_disk_is_known_by_its_number(error: OSError, *, full: bool) -> None:
    assert is_disk_full(error) is full
