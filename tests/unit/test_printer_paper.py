"""Paper on the roll: counted by what is printed, corrected by what the sensor sees, forecast by days."""

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from devices.agent.paper import PaperBook
from devices.drivers.printer.condition import Outcome, PrintResult, Reason
from devices.drivers.printer.model import ModelSheet

MODEL = ModelSheet(name="test", roll_mm=30_000, near_end_mm=1_500)
MONDAY = date(2026, 11, 23)


@pytest.fixture
def book() -> Iterator[PaperBook]:
    database = sqlite3.connect(":memory:", isolation_level=None)
    yield PaperBook(database, MODEL)
    database.close()


def slip(outcome: Outcome = Outcome.PRINTED, paper_mm: float = 100) -> PrintResult:
    return PrintResult(outcome, paper_mm=paper_mm)


def test_what_is_left_is_the_roll_less_what_was_printed_and_torn(book: PaperBook) -> None:
    book.count(slip(), MONDAY)
    book.count(slip(Outcome.INTERRUPTED, 40), MONDAY)
    book.count(slip(Outcome.NOT_STARTED, 0), MONDAY)

    assert book.forecast(MONDAY).left_mm == 30_000 - 140


def test_days_left_go_by_the_use_of_a_calendar_day_with_the_closed_ones(book: PaperBook) -> None:
    for _ in range(100):
        book.count(slip(), MONDAY)

    assert book.forecast(MONDAY).days_left == 2
    assert book.forecast(MONDAY + timedelta(days=3)).days_left == 8


def test_before_the_first_slip_no_forecast_is_made(book: PaperBook) -> None:
    assert book.forecast(MONDAY).days_left is None
    assert book.forecast(MONDAY).days == ()


def test_use_of_more_than_two_weeks_ago_does_not_count(book: PaperBook) -> None:
    book.count(slip(paper_mm=10_000), MONDAY)
    book.count(slip(paper_mm=100), MONDAY + timedelta(days=20))

    assert book.forecast(MONDAY + timedelta(days=20)).days_left == 199


def test_the_sensor_knows_better_than_the_count_how_much_is_left(book: PaperBook) -> None:
    book.look(Reason.NEAR_END)
    book.count(slip(), MONDAY)
    book.look(Reason.NEAR_END)

    assert book.forecast(MONDAY).left_mm == 1_400


@pytest.mark.parametrize("seen", [Reason.PAPER_OUT, Reason.NEAR_END])
def test_paper_that_is_there_again_is_a_new_roll(book: PaperBook, seen: Reason) -> None:
    book.count(slip(paper_mm=20_000), MONDAY)
    book.look(seen)
    book.look(Reason.COVER_OPEN)
    book.look(Reason.NONE)

    assert book.forecast(MONDAY).left_mm == 30_000


def test_an_opened_cover_alone_is_no_new_roll(book: PaperBook) -> None:
    book.count(slip(paper_mm=20_000), MONDAY)
    for reason in (Reason.COVER_OPEN, Reason.SILENT, Reason.UNPLUGGED, Reason.NONE):
        book.look(reason)

    assert book.forecast(MONDAY).left_mm == 10_000


def test_a_new_roll_that_is_low_at_once_is_taken_for_what_the_sensor_says(book: PaperBook) -> None:
    book.look(Reason.PAPER_OUT)
    assert book.forecast(MONDAY).left_mm == 0
    book.look(Reason.NEAR_END)
    book.look(Reason.NEAR_END)

    assert book.forecast(MONDAY).left_mm == 1_500


def test_a_roll_longer_than_its_sheet_says_is_never_less_than_nothing(book: PaperBook) -> None:
    book.count(slip(paper_mm=50_000), MONDAY)

    assert book.forecast(MONDAY).left_mm == 0


def test_each_day_is_tallied_by_what_became_of_its_slips(book: PaperBook) -> None:
    book.count(slip(), MONDAY)
    book.count(slip(Outcome.INTERRUPTED, 40), MONDAY)
    book.count(slip(Outcome.UNCONFIRMED, 100), MONDAY)
    book.count(slip(Outcome.NOT_STARTED, 0), MONDAY + timedelta(days=1))

    first, second = book.forecast(MONDAY + timedelta(days=1)).days

    assert (first.day, first.printed, first.broken, first.refused) == ("2026-11-23", 1, 2, 0)
    assert first.used_mm == 240
    assert (second.printed, second.refused) == (0, 1)
    assert book.forecast(MONDAY + timedelta(days=7)).days == (second,)
