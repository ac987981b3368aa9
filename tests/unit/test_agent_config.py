"""terminal.toml: what was written is read again, and a wrong key stops the start by its name."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.feed.policy import TrustRoot
from devices.agent.config import (
    Address,
    BadConfig,
    Home,
    TerminalConfig,
    Window,
    from_toml,
    load,
    to_toml,
)

CONFIG = TerminalConfig(
    id="hall-01",
    zone="示范县政务公开专区",
    site='大厅"一"层\\东',
    region="519900",
    attended=True,
    feeds=("gov/519900",),
    public_url="http://127.0.0.1:8080",
    broker=Address(host="127.0.0.1", port=8883),
    api_url="https://127.0.0.1:8443",
    seal_key="ab" * 32,
    root=TrustRoot(("cd" * 32,), 1),
    screens=("kiosk", "signage-1"),
    start_ui=True,
    ui={"kiosk": Window(size="1080x1920", position="0,0"), "signage-1": Window()},
    printer="/dev/ttyUSB0",
    demo=True,
)


def test_what_was_written_is_read_again() -> None:
    assert from_toml(to_toml(CONFIG)) == CONFIG


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_words_survive_the_file(zone: str, site: str) -> None:
    config = replace(CONFIG, zone=zone, site=site)

    assert from_toml(to_toml(config)) == config


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(BadConfig, match="publik_url"):
        from_toml(to_toml(CONFIG) + 'publik_url = "x"\n')


@pytest.mark.parametrize(
    "key", ["id", "feeds", "broker", "api_url", "seal_key", "root", "attended"]
)
def test_a_missing_key_is_named(key: str) -> None:
    lines = [line for line in to_toml(CONFIG).splitlines() if not line.startswith(f"{key} =")]

    with pytest.raises(BadConfig, match=key):
        from_toml("\n".join(lines))


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        (replace(CONFIG, seal_key="zz"), "seal_key"),
        (replace(CONFIG, root=TrustRoot(("ab",), 1)), "root.keys"),
        (replace(CONFIG, root=TrustRoot(("ab" * 32,), 0)), "root.threshold"),
        (replace(CONFIG, root=TrustRoot(("ab" * 32,), 2)), "root.threshold"),
        (replace(CONFIG, api_url="http://zone.example"), "api_url"),
        (replace(CONFIG, id=""), "id"),
        (replace(CONFIG, id="hall/+"), "id"),
    ],
)
def test_a_value_that_would_open_a_door_is_refused_by_name(
    changed: TerminalConfig, name: str
) -> None:
    with pytest.raises(BadConfig, match=name):
        from_toml(to_toml(changed))


def test_a_file_that_is_not_toml_is_told_in_chinese() -> None:
    with pytest.raises(BadConfig, match="不是有效的 TOML"):
        from_toml("id = \n")


def test_a_home_without_its_key_says_which_file_is_missing(tmp_path: Path) -> None:
    for name in ("terminal.toml", "client.crt", "ca.crt"):
        (tmp_path / name).write_text("")

    with pytest.raises(BadConfig, match=r"client\.key"):
        load(Home(tmp_path))
