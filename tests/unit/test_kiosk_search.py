from kiosk.flows.search import SearchFlow, SearchState
from kiosk.words import Words
from tests.support.fake_kiosk import FakeContent, some_records


def open_search(content: FakeContent | None = None) -> tuple[SearchFlow, FakeContent]:
    content = content or FakeContent(some_records())
    flow = SearchFlow(Words.load(), content=content)
    flow.open()
    return flow, content


def test_without_a_query_the_newest_documents_are_listed() -> None:
    flow, _ = open_search()

    assert flow.view.state is SearchState.BROWSING
    assert (len(flow.view.rows), flow.view.total, flow.view.pages) == (6, 8, 2)


def test_typing_searches_once_after_the_last_key() -> None:
    flow, content = open_search()

    for n, text in enumerate(("最", "最低", "最低生")):
        flow.type(text, n * 0.1)
        assert not flow.tick(n * 0.1 + 0.05)
    assert flow.tick(0.33)

    assert content.queries == ["最低生"]
    assert flow.view.state is SearchState.RESULTS
    assert all(row.kind == "item" for row in flow.view.rows)


def test_what_was_matched_is_marked() -> None:
    flow, _ = open_search()
    flow.type("保障", 0)
    flow.tick(1)

    row = flow.view.rows[0]
    assert [row.title[a:b] for a, b in row.title_marks] == ["保障"]


def test_pages_go_on_and_back_and_stop_at_the_ends() -> None:
    flow, _ = open_search()
    pages = []
    for step in (-1, 1, 1, 1, -1):
        flow.turn(step)
        pages.append(flow.view.page)

    assert pages == [1, 2, 2, 2, 1]


def test_fewer_rows_keep_the_first_row_in_view() -> None:
    flow, _ = open_search()
    flow.turn(1)
    first = flow.view.rows[0]

    flow.fit(2)

    assert first in flow.view.rows
    assert flow.view.pages == 4


def test_nothing_found_says_so_and_offers_no_rows() -> None:
    flow, _ = open_search()
    flow.type("没有的词", 0)
    flow.tick(1)

    assert flow.view.state is SearchState.NOTHING
    assert (flow.view.rows, flow.view.pages) == ((), 0)


def test_spaces_alone_are_no_query() -> None:
    flow, content = open_search()
    flow.type("   ", 0)
    flow.tick(1)

    assert flow.view.state is SearchState.BROWSING
    assert content.queries == []


def test_an_empty_copy_is_not_called_nothing_found() -> None:
    flow, _ = open_search(FakeContent())

    assert flow.view.state is SearchState.EMPTY_REPLICA


def test_before_the_copy_is_open_the_search_waits() -> None:
    flow = SearchFlow(Words.load())
    flow.open()
    flow.type("低保", 0)
    flow.tick(1)

    assert flow.view.state is SearchState.LOADING
    flow.use(FakeContent(some_records()))
    flow.refresh()
    assert flow.view.query == "低保"
    assert flow.view.rows


def test_open_letters_are_searched_only_while_no_text_stands() -> None:
    flow, content = open_search()
    flow.compose("dibao", 0)
    flow.tick(1)
    flow.type("最低", 2)
    flow.tick(3)
    flow.compose("sheng", 4)

    assert not flow.tick(5)
    assert content.queries == ["dibao", "最低"]


def test_half_a_word_in_letters_does_not_say_nothing_found() -> None:
    flow, _ = open_search()
    flow.compose("zzz", 0)
    flow.tick(1)

    assert flow.view.state is SearchState.BROWSING
    assert flow.view.query == ""


def test_a_very_long_query_is_cut() -> None:
    flow, content = open_search()
    flow.type("长" * 500, 0)
    flow.tick(1)

    assert len(content.queries[0]) == 60


def test_a_query_that_is_due_is_not_run_after_the_wipe() -> None:
    flow, content = open_search()
    flow.type("我的名字", 0)
    flow.wipe()

    assert not flow.tick(10)
    assert content.queries == []
    assert flow.view.query == ""


def test_few_hits_ask_whether_something_else_was_meant_and_never_run_it() -> None:
    content = FakeContent(some_records())
    content.sounds_like["危防"] = "危房"
    flow, _ = open_search(content)

    flow.type("危防", 0)
    flow.tick(1)

    assert flow.view.meant == "危房"
    assert content.queries == ["危防"]


def test_hot_words_are_offered_before_anything_is_typed() -> None:
    content = FakeContent(some_records())
    content.hot_words = ("低保",)
    flow, _ = open_search(content)
    before = flow.view.hot

    flow.type("保障", 0)
    flow.tick(1)

    assert (before, flow.view.hot) == (("低保",), ())
