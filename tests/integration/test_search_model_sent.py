"""A learned model on its way to a terminal: fetched over real TLS, checked, its vectors made first; or left alone."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from pathlib import Path

import numpy as np
import pytest

from content.canonical import sha256_hex
from content.replica.indexing import IndexWriter
from content.replica.meaning import MODEL_FILE
from content.replica.shelf import open_shelf
from content.search.learned import BadModel, Learned, gram_hashes
from controller.api.keys import DeviceServices
from controller.api.listener import create_device_api, listening, server_tls
from controller.push.expulsion import OpenLinks
from controller.services.events import EventBus
from controller.services.terminals import Terminals
from devices.agent.config import Home
from devices.agent.https import HttpsUpstream, client_tls
from devices.agent.search_model import SearchModelTask
from devices.wire.search_model import ModelOffer
from tests.integration.test_api_standing import NOBODY
from tests.support.hand_clock import HandClock
from tests.support.mosquitto import free_port
from tests.support.signers import document
from tests.support.zone_ca import make_ca, open_database, register, terminal_of, wall_now


class Offered:
    """A controller's models, as a test sets them."""

    def __init__(self) -> None:
        self.now: ModelOffer = ModelOffer()

    def offer(self) -> ModelOffer:
        return self.now


class Site:
    """A controller with blobs and a terminal with a replica."""

    def __init__(self, folder: Path, upstream: HttpsUpstream, offered: Offered) -> None:
        self.blobs = folder / "blobs"
        self.replica = folder / "replica.db"
        self.offered = offered
        self.task = SearchModelTask(self.replica, upstream, rest_s=0)
        with closing(open_shelf(self.replica, writable=True)) as db:
            IndexWriter(db).put(1, document().id, document())

    @property
    def file(self) -> Path:
        return self.replica.with_name(MODEL_FILE)

    def publish(self, data: bytes, *, name: str) -> None:
        self.blobs.mkdir(exist_ok=True)
        (self.blobs / sha256_hex(data)).write_bytes(data)
        self.offered.now = ModelOffer(name, sha256_hex(data), len(data))

    def models(self) -> set[str]:
        with closing(open_shelf(self.replica, writable=False)) as db:
            return {name for (name,) in db.execute("SELECT DISTINCT model FROM vector")}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    ca = make_ca(tmp_path / "ca")
    issued = ca.issue_device("hall-1", now=wall_now())
    home, offered, port = Home(tmp_path), Offered(), free_port()
    issued.write(tmp_path, "client")
    home.authority.write_bytes(ca.certificate)
    server = ca.issue_server(["localhost"], ["127.0.0.1"], now=wall_now())
    certificate, key = server.write(tmp_path, "server")
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(tmp_path))
        await register(database, terminal_of(issued, "hall-1"))
        services = DeviceServices(
            terminals=Terminals(
                database=database, desired=NOBODY, events=EventBus(), clock=HandClock()
            ),
            intake=NOBODY,
            welcomer=NOBODY,
            feeds=NOBODY,
            blobs=tmp_path / "blobs",
            words=NOBODY,
            jobs=NOBODY,
            links=OpenLinks(),
            renewals=NOBODY,
            models=offered,
            findings=NOBODY,
        )
        tls = server_tls(certificate, key, authority=ca.certificate_path, on_refused=print)
        app = create_device_api(services)
        await stack.enter_async_context(listening(app, host="127.0.0.1", port=port, tls=tls))
        url = f"https://127.0.0.1:{port}"
        upstream = await stack.enter_async_context(HttpsUpstream(url, tls=client_tls(home)))
        yield Site(tmp_path, upstream, offered)


def model(name: str) -> bytes:
    hashes = np.unique(gram_hashes(document().text))
    vectors = np.ones((len(hashes), 128), np.int8)
    scales = np.ones(len(hashes), np.float32)
    none, nothing = np.empty(0, np.uint32), np.empty(0, np.float32)
    return Learned(name, hashes, vectors, scales, none, nothing, 0.0, 50.0, 5.0).to_bytes()


async def test_a_model_is_taken_over_with_its_vectors_and_then_left_in_peace(site: Site) -> None:
    site.publish(model("learned-a"), name="learned-a")

    assert await site.task.turn()
    assert site.file.read_bytes() == model("learned-a")
    assert site.models() == {"learned-a"}
    assert not await site.task.turn()


async def test_the_vectors_of_the_model_before_stay_for_screens_that_run_and_no_others(
    site: Site,
) -> None:
    for name in ("learned-a", "learned-b", "learned-c"):
        site.publish(model(name), name=name)
        await site.task.turn()

    assert site.models() == {"learned-b", "learned-c"}


async def test_a_model_that_is_not_what_was_offered_is_refused(site: Site) -> None:
    site.publish(model("learned-a"), name="learned-a")
    await site.task.turn()
    for data, name in ((b"DZSM1\nnonsense", "learned-x"), (model("learned-y"), "learned-z")):
        site.publish(data, name=name)
        with pytest.raises(BadModel):
            await site.task.turn()
    site.publish(model("learned-b"), name="learned-b")
    (site.blobs / site.offered.now.sha256).write_bytes(model("learned-c"))
    with pytest.raises(BadModel):
        await site.task.turn()

    assert site.file.read_bytes() == model("learned-a")


async def test_going_back_to_none_removes_what_was_sent_but_not_what_was_put_there(
    site: Site,
) -> None:
    site.file.write_bytes(model("learned-by-hand"))
    assert not await site.task.turn()
    assert site.file.exists()
    site.publish(model("learned-a"), name="learned-a")
    await site.task.turn()
    site.offered.now = ModelOffer()

    assert await site.task.turn()
    assert not site.file.exists()
