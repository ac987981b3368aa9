"""A wrong setting stops the start with its name; an unsafe one with a reason."""

from pathlib import Path

import pytest

from controller.config import ConfigError, Tls, config_from, load_config

GOOD = {"zone": "示范县政务公开专区", "region": "519900"}


def test_a_small_file_is_enough(tmp_path: Path) -> None:
    (tmp_path / "zone.toml").write_text('zone = "示范县"\nregion = "519900"\n', "utf-8")

    config = load_config(tmp_path)

    assert (config.main_feed, config.web.tls, config.is_https) == ("gov/519900", Tls.OFF, False)
    assert config.database_url == f"sqlite+aiosqlite:///{tmp_path / 'zone.db'}"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"web": {"prot": 80}}, "web.prot"),
        ({"web": {"port": "eighty"}}, "web.port"),
        ({"web": {"port": 0}}, "web.port"),
        ({"broker": {"port": 70000}}, "broker.port"),
        ({"region": "51"}, None),
        ({"region": "5199x"}, "region"),
        ({"threshold": 0}, "threshold"),
        ({"web": {"tls": "given"}}, "web.certificate"),
        ({"web": {"tls": "yes"}}, "web.tls"),
        ({"session_idle_minutes": 0}, "session_idle_minutes"),
        ({"database": "mysql://x"}, "database"),
        ({"public_url": "zwgk.example.cn"}, "public_url"),
    ],
)
def test_a_wrong_key_is_named(values: dict[str, object], named: str | None, tmp_path: Path) -> None:
    if named is None:
        assert config_from({**GOOD, **values}, state=tmp_path).region == "51"
        return

    with pytest.raises(ConfigError) as caught:
        config_from({**GOOD, **values}, state=tmp_path)

    assert named in str(caught.value)


@pytest.mark.parametrize("host", ["192.0.2.4", "zwgk.example.cn", "::"])
def test_plain_http_is_refused_off_loopback(host: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="明文 HTTP"):
        config_from({**GOOD, "web": {"host": host}}, state=tmp_path)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_plain_http_is_allowed_on_loopback(host: str, tmp_path: Path) -> None:
    assert config_from({**GOOD, "web": {"host": host}}, state=tmp_path).web.host == host


def test_links_to_another_machine_must_be_https(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="https"):
        config_from({**GOOD, "public_url": "http://zwgk.example.cn"}, state=tmp_path)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="controller init"):
        load_config(tmp_path)


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "zone.toml").write_text("zone = [", "utf-8")

    with pytest.raises(ConfigError, match="无法读取"):
        load_config(tmp_path)


def test_a_database_password_is_not_shown(tmp_path: Path) -> None:
    config = config_from({**GOOD, "database": "sqlite+aiosqlite:///secret"}, state=tmp_path)

    assert "secret" not in repr(config)


def test_departments_are_read_one_a_line(tmp_path: Path) -> None:
    (tmp_path / "departments.txt").write_text("民政局\n\n 教育局 \n", "utf-8")
    config = config_from({**GOOD, "departments": "departments.txt"}, state=tmp_path)

    assert config.department_names() == ("民政局", "教育局")


def test_a_missing_list_of_departments_is_named(tmp_path: Path) -> None:
    config = config_from({**GOOD, "departments": "nowhere.txt"}, state=tmp_path)

    with pytest.raises(ConfigError, match=r"nowhere\.txt"):
        config.department_names()
