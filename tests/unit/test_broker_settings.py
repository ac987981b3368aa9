"""What is written for mosquitto to read."""

from pathlib import Path

from controller.broker.settings import DeviceAccess, access_text, config_text
from tests.support.mosquitto import settings_of
from tests.support.zone_ca import make_ca


def test_nobody_comes_in_without_a_certificate_of_the_zone(tmp_path: Path) -> None:
    lines = config_text(settings_of(make_ca(tmp_path / "ca"), tmp_path, port=8883)).splitlines()

    assert "allow_anonymous false" in lines
    assert "require_certificate true" in lines
    assert "use_identity_as_username true" in lines
    assert "use_username_as_clientid true" in lines
    assert "persistence false" in lines
    assert sum(line.startswith("listener ") for line in lines) == 1


def test_each_terminal_has_a_block_of_its_own_topics() -> None:
    text = access_text([DeviceAccess("hall-1", ("gov/1",)), DeviceAccess("hall-2", ())])

    blocks = {block.splitlines()[0]: block.splitlines()[1:] for block in text.strip().split("\n\n")}
    assert all("hall-2" not in line for line in blocks["user hall-1"])
    assert "topic read z/1/f/gov/1/head" in blocks["user hall-1"]
    assert not any("/f/" in line for line in blocks["user hall-2"])
    assert text.startswith("user ")
