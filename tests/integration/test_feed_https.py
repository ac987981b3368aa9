"""The device API's own handlers and the terminal's own HTTPS client: snapshots over cuts, Range, repairs, refusals."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from content.feed.kept import kept_from_bytes
from controller.api.handlers import ROUTES
from controller.api.keys import SERVICES, TERMINAL
from controller.api.peer import problems
from controller.store.terminals import Terminal
from devices.agent.blobs import BadBlob, BlobStore
from devices.agent.https import HttpsUpstream
from devices.agent.ports import Unreachable
from tests.support.county_feed import CountyFeed, county_feed
from tests.support.fake_link import FakeClock
from tests.support.signers import FEED, document

TERMINAL_OF_TEST = Terminal(
    id="hall-01",
    site="大厅",
    region="519900",
    attended=True,
    feeds=(FEED,),
    screens=("kiosk",),
    certificate="",
    fingerprint="",
    serial="",
    enrolled_at=1,
)


@pytest.fixture
async def county(tmp_path: Path) -> AsyncIterator[CountyFeed]:
    (tmp_path / "county").mkdir()
    async with county_feed(tmp_path / "county", clock=FakeClock()) as one:
        await one.publish_batch([document(f"D{number:09d}") for number in range(40)])
        await one.publish(document("D000000003", text="改过的正文。"), version=2)
        await one.compaction.compact(FEED)
        yield one


@pytest.fixture
async def upstream(county: CountyFeed) -> AsyncIterator[HttpsUpstream]:
    """The client that terminals use, and the handlers that they meet; only the handshake is left out."""

    @web.middleware
    async def as_terminal(request: web.Request, handler: object) -> web.StreamResponse:
        request[TERMINAL] = TERMINAL_OF_TEST
        return await handler(request)  # type: ignore[operator, no-any-return]

    app = web.Application(middlewares=[problems, as_terminal])
    # Only what these routes use: the other services have tests of their own.
    app[SERVICES] = SimpleNamespace(  # type: ignore[misc]
        feeds=county.log, blobs=county.blobs, library=county.library
    )
    app.add_routes(ROUTES)
    async with TestServer(app) as server:
        url = str(server.make_url(""))
        async with HttpsUpstream(url, tls=ssl.create_default_context()) as client:
            yield client


async def test_a_blob_is_fetched_from_where_an_earlier_try_was_cut(
    county: CountyFeed, upstream: HttpsUpstream, tmp_path: Path
) -> None:
    name = (await county.head()).head.snapshot
    data = (county.blobs / name).read_bytes()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f".{name}.part").write_bytes(data[:70])

    store = BlobStore(tmp_path / "in")
    await store.fetch(upstream, name, size=len(data))

    assert store.read(name) == data


async def test_a_part_that_is_no_beginning_of_the_blob_is_thrown_away(
    county: CountyFeed, upstream: HttpsUpstream, tmp_path: Path
) -> None:
    name = (await county.head()).head.snapshot
    data = (county.blobs / name).read_bytes()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f".{name}.part").write_bytes(b"x" * 70)
    store = BlobStore(tmp_path / "in")

    with pytest.raises(BadBlob):
        await store.fetch(upstream, name, size=len(data))
    await store.fetch(upstream, name, size=len(data))

    assert store.read(name) == data


async def test_a_blob_larger_than_promised_is_not_taken(
    county: CountyFeed, upstream: HttpsUpstream, tmp_path: Path
) -> None:
    name = (await county.head()).head.snapshot

    with pytest.raises(Unreachable):
        await BlobStore(tmp_path / "in").fetch(upstream, name, size=10)


async def test_a_blob_that_is_not_there_is_no_blob(upstream: HttpsUpstream, tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        await BlobStore(tmp_path / "in").fetch(upstream, "ab" * 32, size=10)


async def test_pages_heads_and_single_entries_come_over_the_wire(upstream: HttpsUpstream) -> None:
    page = await upstream.log_page(FEED, 1)
    plain = await upstream.plain_page(FEED, 1)
    entry = kept_from_bytes(await upstream.newest_entry(FEED, "D000000003"))

    assert len(page.lines) == len(plain.lines) == 2
    assert len(page.lines[1]) < len(plain.lines[1])
    assert entry.statement.version == 2
    assert await upstream.newest_entry(FEED, "D999999999") == b""


async def test_blobs_may_be_cached_for_ever(county: CountyFeed, upstream: HttpsUpstream) -> None:
    name = (await county.head()).head.snapshot
    assert upstream._session is not None

    async with upstream._session.get(f"{upstream._url}/b/{name}") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
