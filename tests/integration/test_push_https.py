"""What the device API gives to a terminal, and what it does not."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from content.feed.entry import head_from_bytes, line_to_bytes
from tests.support.mosquitto import HAS_MOSQUITTO
from tests.support.push_wing import EMPTY_FEED, Running, started
from tests.support.signers import FEED, document

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Running]:
    async with started(tmp_path) as zone:
        yield zone


async def test_the_log_is_read_over_https_with_its_head(zone: Running) -> None:
    zone.log.keys.publish(document("D000000002"))
    async with zone.http() as http:
        async with http.get(f"/f/{FEED}/log", params={"from": "2"}) as answer:
            lines = msgspec.msgpack.decode(await answer.read())
            head = head_from_bytes(base64.b64decode(answer.headers["X-Head"]))
        async with http.get(f"/f/{FEED}/head") as answer:
            same = head_from_bytes(await answer.read())
        async with http.get(f"/f/{EMPTY_FEED}/log") as answer:
            empty = (msgspec.msgpack.decode(await answer.read()), answer.headers["X-Head"])

    assert lines == [line_to_bytes(zone.log.keys.lines[1])]
    assert head.head.sequence == same.head.sequence == 2
    assert empty == ([], "")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/f/gov/999999/log", 403),
        ("/f/gov/999999/head", 403),
        (f"/f/{EMPTY_FEED}/head", 404),
        (f"/f/{FEED}/log?from=0", 400),
        (f"/f/{FEED}/log?from=-1", 400),
        (f"/f/{FEED}/log?from=9999999999999999999999", 400),
        ("/b/" + "0" * 64, 404),
        ("/b/..%2f..%2fzone.db", 404),
        ("/b/" + "A" * 64, 404),
        ("/", 404),
    ],
)
async def test_what_a_terminal_may_not_have_it_does_not_get(
    zone: Running, path: str, status: int
) -> None:
    async with zone.http() as http, http.get(path) as answer:
        assert answer.status == status


async def test_a_blob_is_served_in_parts(zone: Running) -> None:
    name = "ab" * 32
    (zone.folder / "blobs").mkdir()
    (zone.folder / "blobs" / name).write_bytes(b"0123456789")

    part = {"Range": "bytes=4-6"}
    async with zone.http() as http, http.get(f"/b/{name}", headers=part) as answer:
        assert (answer.status, await answer.read()) == (206, b"456")


async def test_a_large_body_is_refused(zone: Running) -> None:
    async with zone.http() as http, http.post("/up", data=b"x" * 200_000) as answer:
        assert answer.status == 413
