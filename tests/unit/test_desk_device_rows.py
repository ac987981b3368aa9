"""The desk's rows of devices: each with its state, and with what to do where it is not well."""

from pathlib import Path

import pytest

from controller.desk.device_rows import device_rows
from controller.keys import DATABASE, TERMINALS
from devices.drivers.reasons import Kind, Reason
from devices.wire.messages import Fault, FeedMark, Report
from tests.support.zone import PASSWORD, open_zone
from tests.support.zone_ca import make_ca, register, terminal_of, wall_now

DEVICES = {"printer": "ok", "id_card": "ok", "scanner": "down:unplugged", "ups": "warn:on_battery"}


def test_every_device_that_is_reported_has_a_row_in_one_order() -> None:
    rows = device_rows(dict(reversed(DEVICES.items())))

    assert [(row.kind, row.tone) for row in rows] == [
        ("id_card", "good"),
        ("scanner", "bad"),
        ("ups", "warn"),
    ]
    assert [bool(row.sentence) for row in rows] == [False, True, True]


@pytest.mark.parametrize("reason", [*Reason, "a newer word", ""])
@pytest.mark.parametrize("kind", list(Kind))
def test_whatever_is_wrong_the_row_says_what_to_do(kind: Kind, reason: str) -> None:
    (row,) = device_rows({str(kind): f"down:{reason}"})

    assert "请" in row.sentence or "将" in row.sentence
    assert "newer" not in row.sentence


@pytest.mark.parametrize("said", ["", "fine", "ok2", ":", "{{ 7 * 7 }}"])
def test_what_cannot_be_read_is_no_row(said: str) -> None:
    assert device_rows({"scanner": said, "toaster": "ok"}) == ()


async def test_the_page_of_terminals_shows_the_rows_and_each_fault_once(tmp_path: Path) -> None:
    issued = make_ca(tmp_path / "ca").issue_device("hall-1", now=wall_now())
    async with open_zone(tmp_path / "zone") as zone:
        await zone.staff()
        await register(zone.app[DATABASE], terminal_of(issued, "hall-1"))
        printer = Fault("printer:paper_out", "printer", "打印机缺纸，请装入新纸卷。", 1)
        (row,) = device_rows({"scanner": DEVICES["scanner"]})
        scanner = Fault("scanner:unplugged", "scanner", row.sentence, 1)
        marks = {feed: FeedMark(0, "") for feed in ("gov/512299",)}
        report = Report(1, marks, faults=(printer, scanner), devices=DEVICES)
        await zone.app[TERMINALS].said_report("hall-1", report)
        await zone.client.post("/desk/login", data={"login": "admin", "password": PASSWORD})
        html = await (await zone.client.get("/desk/terminals")).text()

    assert html.count(row.sentence) == 1
    assert html.count(printer.text) == 1
    assert all(name in html for name in ("身份证阅读器", "扫码器", "不间断电源"))
    assert "人体感应雷达" not in html
