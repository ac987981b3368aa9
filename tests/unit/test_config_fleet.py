"""Settings of brokers, mail and webhook: what is wrong stops the start with its name."""

from collections import Counter
from pathlib import Path

import pytest

from controller.config import ConfigError, config_from

GOOD = {"zone": "示范县政务公开专区", "region": "519900"}
URLS = [f"mqtts://mq{number}.example:8884" for number in range(3)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("broker", {"urls": ["http://mq.example"]}),
        ("broker", {"urls": ["mqtts://"]}),
        ("broker", {"urls": ["mqtts://mq.example:notaport"]}),
        ("mail", {"host": "mail.example"}),
        ("mail", {"host": "mail.example", "sender": "a@b", "to": ["c@d"], "tls": "off"}),
        ("mail", {"hots": "mail.example"}),
        ("webhook", {"url": "https://x.example"}),
        ("webhook", {"url": "ftp://x.example", "secret": "s"}),
        ("database", "mysql://zone"),
    ],
)
def test_what_cannot_work_stops_the_start_with_its_name(
    key: str, value: object, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=key):
        config_from({**GOOD, key: value}, state=tmp_path)


def test_postgresql_is_taken_by_url_and_not_printed(tmp_path: Path) -> None:
    config = config_from(
        {**GOOD, "database": "postgresql+asyncpg://zone:TOPSECRET@db.example/zone"}, state=tmp_path
    )

    assert config.database_url.endswith("@db.example/zone")
    assert "TOPSECRET" not in repr(config)


def test_terminals_are_spread_over_brokers_and_each_keeps_its_own(tmp_path: Path) -> None:
    broker = config_from({**GOOD, "broker": {"urls": URLS}}, state=tmp_path).broker

    places = Counter(broker.address_for(f"village-{number:04}") for number in range(3_000))

    assert set(places) == {(f"mq{number}.example", 8884) for number in range(3)}
    assert min(places.values()) > 800
    assert broker.address_for("village-1") == broker.address_for("village-1")


def test_without_urls_the_own_broker_is_the_address(tmp_path: Path) -> None:
    config = config_from({**GOOD, "broker": {"name": "zone.example", "port": 8884}}, state=tmp_path)

    assert config.broker.address_for("hall-1") == ("zone.example", 8884)
