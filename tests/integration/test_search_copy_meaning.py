"""Desk and phone search by meaning where the controller has a model, and by words where it has none."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from content.replica.searching import Models
from content.search.vectors import Floats
from controller import keys
from tests.integration.test_words_desk import publish
from tests.support.signers import item
from tests.support.zone import Zone, open_zone
from tests.unit.test_pages_search import ask

MEANT = item("T000000001", "机动车注册登记", aliases=())
OTHER = item("T000000002", "殡葬服务办理", aliases=())
QUERY = "给新买的轿子弄个铁牌牌"


class ToyEncoder:
    """Knows two directions: what goes on wheels, and the rest."""

    name = "toy"

    def encode(self, text: str) -> Floats:
        on_wheels = any(word in text for word in ("车", "轿"))
        vector = np.zeros(8, np.float32)
        vector[0 if on_wheels else 1] = 1.0
        return vector


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path / "zone") as opened:
        await opened.staff()
        for record in (MEANT, OTHER):
            await publish(opened, record)
        yield opened


async def test_the_phone_finds_by_meaning_once_there_is_a_model(zone: Zone) -> None:
    copy = zone.app[keys.SEARCH_COPY]
    before = await ask(zone, QUERY)

    await copy.use_models(Models(None, ToyEncoder()))
    await copy.fill_in()
    after = await ask(zone, QUERY)

    assert MEANT.title not in before
    assert MEANT.title in after
    assert "意思相近" in after


async def test_what_is_published_later_is_found_by_meaning_too(zone: Zone) -> None:
    copy = zone.app[keys.SEARCH_COPY]
    await copy.search("车")
    await copy.use_models(Models(None, ToyEncoder()))
    later = item("T000000003", "电动自行车登记", aliases=())
    await publish(zone, later)

    await copy.search("车")
    await copy.fill_in()

    assert later.title in await ask(zone, QUERY)


async def test_without_a_model_search_goes_on_by_words(zone: Zone) -> None:
    await zone.app[keys.SEARCH_COPY].fill_in()

    assert MEANT.title in (await ask(zone, "机动车注册")).replace("<mark>", "").replace(
        "</mark>", ""
    )
