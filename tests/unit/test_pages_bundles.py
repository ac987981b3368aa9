"""The page that makes bundles for sticks, over a whole controller: who may, what is in the file, what came of it."""

import re
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from content.feed.entry import head_from_bytes, line_from_bytes
from content.replica.reader import ReplicaReader
from content.replica.writer import ReplicaWriter
from controller import keys
from devices.wire.bundle_file import BundleReader
from devices.wire.messages import Fault
from tests.support.mosquitto import until
from tests.support.zone import NOTICE, REGION, Zone, open_zone
from tests.unit.test_pages_desk import HTML, enter
from tests.unit.test_pages_fleet import enrol, says

PAGE = "/desk/terminals/bundles"
FILE = re.compile(r"/desk/terminals/bundles/[0-9a-f]{16}/file")
PLACE = "512299"
"""Where the terminals stand."""
ALL = {"which": "all"}


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path / "zone") as opened:
        await opened.staff()
        await enrol(opened, "hall-1", "hall-2")
        yield opened


async def text_of(zone: Zone) -> str:
    return await (await zone.client.get(PAGE, headers=HTML)).text()


async def made(zone: Zone, **form: str) -> str:
    """Make a bundle; return the page when it is done."""
    csrf = await enter(zone, "admin")
    await zone.client.post(PAGE, data={"csrf": csrf, **form}, headers=HTML)
    admin, bundles = zone.people["admin"], zone.app[keys.BUNDLES]
    await until(lambda: all(one.state != "working" for one in bundles.list(admin)))
    return await text_of(zone)


async def test_a_bundle_is_made_fetched_and_verifies_at_a_terminal(
    zone: Zone, tmp_path: Path
) -> None:
    await zone.published()

    address = FILE.search(await made(zone, **ALL))
    assert address
    answer = await zone.client.get(address[0])
    path = tmp_path / "stick.zonebundle"
    path.write_bytes(await answer.read())

    assert answer.headers["Content-Disposition"].endswith(f'filename="gov-{REGION}.zonebundle"')
    root = await zone.app[keys.POLICIES].root()
    with BundleReader(path) as bundle, closing(ReplicaWriter(tmp_path / "r.db", root)) as writer:
        writer.accept_policy(bundle.policy())
        (feed,) = bundle.feeds()
        lines = [line_from_bytes(one) for one in bundle.lines(feed.number)]
        writer.apply(feed.name, lines, now=head_from_bytes(feed.head).head.at)
    with closing(ReplicaReader(tmp_path / "r.db", root)) as reader:
        assert [one.record.title for one in reader.newest("document", limit=9)] == [NOTICE[0]]


async def test_the_page_says_what_to_do_with_the_stick(zone: Zone) -> None:
    await zone.published()

    text = await made(zone, which="region", region=PLACE)

    assert f"供区域 {PLACE} 的 2 台终端使用" in text
    assert "复制到 U 盘最外层" in text
    assert "可以拔出 U 盘" in text
    assert 'hx-trigger="every 1s"' not in text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"which": "some"}, "请至少选择一台终端"),
        ({"which": "some", "device": "hall-9"}, "请至少选择一台终端"),
        ({"which": "region", "region": "999999"}, "请至少选择一台终端"),
        ({"which": "all"}, "还没有发布过内容"),
    ],
)
async def test_what_cannot_be_made_is_answered_with_what_to_do(
    zone: Zone, form: dict[str, str], sentence: str
) -> None:
    csrf = await enter(zone, "admin")

    answer = await zone.client.post(PAGE, data={"csrf": csrf, **form}, headers=HTML)

    assert sentence in await answer.text()
    assert zone.app[keys.BUNDLES].list(zone.people["admin"]) == ()


async def test_chosen_terminals_are_counted_and_the_audit_log_knows_who_asked(zone: Zone) -> None:
    await zone.published()

    text = await made(zone, which="some", device="hall-2")
    await enter(zone, "auditor")
    log = await (await zone.client.get("/desk/audit", headers=HTML)).text()

    assert "供 1 台终端使用" in text
    assert "制作内容包" in log


async def test_only_the_newest_files_are_kept(zone: Zone) -> None:
    await zone.published()
    text = ""
    for _ in range(5):
        text = await made(zone, **ALL)

    folder = zone.app[keys.CONFIG].state / "bundles"
    assert len(set(FILE.findall(text))) == 3
    assert len(list(folder.iterdir())) == 3


async def test_a_disk_that_is_full_is_told_on_the_page(zone: Zone) -> None:
    await zone.published()
    (zone.app[keys.CONFIG].state / "bundles").write_text("a file where a folder should be")

    text = await made(zone, **ALL)

    assert "内容包没有做成" in text
    assert FILE.search(text) is None


async def test_what_terminals_tell_of_sticks_is_shown(zone: Zone) -> None:
    taken = Fault("bundle_taken", "gov.zonebundle", "U 盘内容包校验通过，已更新 1 个频道。", 1)
    refused = Fault("bundle_refused", "old.zonebundle", "U 盘内容包没有全部采用。", 2)
    await says(zone, "hall-1", taken, refused)
    await enter(zone, "admin")

    text = await text_of(zone)

    assert all(one in text for one in ("已采用", "没有采用", "old.zonebundle", "已更新 1 个频道"))


@pytest.mark.parametrize(
    "login", ["drafter", "editor", "approver", "second", "officer", "auditor", ""]
)
async def test_only_an_administrator_makes_and_fetches_bundles(zone: Zone, login: str) -> None:
    await zone.published()
    address = FILE.search(await made(zone, **ALL))
    assert address
    zone.client.session.cookie_jar.clear()
    csrf = await enter(zone, login) if login else ""

    gets = [await zone.client.get(one, allow_redirects=False) for one in (PAGE, address[0])]
    post = await zone.client.post(PAGE, data={"csrf": csrf, **ALL}, allow_redirects=False)

    assert {one.status for one in (*gets, post)} <= {303, 401, 403}
    assert len(zone.app[keys.BUNDLES].list(zone.people["admin"])) == 1


async def test_a_form_of_another_site_makes_nothing(zone: Zone) -> None:
    await zone.published()
    await enter(zone, "admin")

    answer = await zone.client.post(PAGE, data={"csrf": "guessed", **ALL}, headers=HTML)

    assert answer.status == 403
    assert zone.app[keys.BUNDLES].list(zone.people["admin"]) == ()
