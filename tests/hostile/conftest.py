"""The terminal that most attacks are tried on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.besieged import Siege, besieged


@pytest.fixture
async def siege(tmp_path: Path) -> AsyncIterator[Siege]:
    async with besieged(tmp_path) as one:
        yield one
