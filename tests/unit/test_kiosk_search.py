from content.answers.answer import Answer, Answers, Certainty
from kiosk.flows.answering import NOT_ASKED
from kiosk.flows.search import SearchFlow, SearchState
from kiosk.words import Words
from tests.support.fake_kiosk import FakeContent, HereSeeker, some_records


def open_search(content: FakeContent | None = None) -> tuple[SearchFlow, FakeContent]:
    content = content or FakeContent(some_records())
    words = Words.load()
    flow = SearchFlow(words, seeker=HereSeeker(content, words))
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
    flow.use(HereSeeker(FakeContent(some_records()), Words.load()))
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


def test_a_question_is_answered_when_the_typing_is_done_and_not_at_each_key() -> None:
    content = FakeContent(some_records())
    question = "保障标准是多少"
    said = Answer("DDC0000001", "标题", "每人每月\n560元", ((0, 2),), "一、标准")
    content.answers[question] = Answers(Certainty.FOUND, (said,))
    flow, _ = open_search(content)
    flow.type(question, 0)
    flow.tick(1)
    while_typing = (list(content.questions), flow.view.answer)

    flow.typing_done()
    flow.turn(1)
    flow.refresh()

    assert while_typing == ([], NOT_ASKED)
    assert content.questions == [question]
    assert [(card.quote, card.source) for card in flow.view.answer.cards] == [
        ("每人每月　560元", "标题 · 一、标准")
    ]


def test_a_name_is_no_question() -> None:
    flow, content = open_search()
    flow.type("保障", 0)
    flow.typing_done()

    assert content.questions == []
    assert flow.view.answer == NOT_ASKED


def test_a_chip_narrows_the_results_and_widens_them_again() -> None:
    flow, _ = open_search()
    flow.type("最低", 0)
    flow.typing_done()
    before = flow.view
    assert before.chips

    flow.narrow(before.chips[0].chip)
    narrowed = flow.view
    flow.narrow(before.chips[0].chip)

    assert narrowed.total == before.chips[0].chip.count < before.total
    assert [chip.is_chosen for chip in narrowed.chips][:1] == [True]
    assert flow.view.total == before.total


def test_another_query_is_not_narrowed_by_the_chip_of_the_one_before() -> None:
    flow, _ = open_search()
    flow.type("最低", 0)
    flow.typing_done()
    flow.narrow(flow.view.chips[0].chip)

    flow.type("保障", 2)
    flow.tick(3)

    assert not any(chip.is_chosen for chip in flow.view.chips)


def test_nothing_found_names_the_department_that_such_matters_are_with() -> None:
    flow, _ = open_search()
    flow.type("孩子转学手续丢了", 0)
    flow.tick(1)

    assert flow.view.nearest == "教育体育局"


def test_of_a_visitors_questions_nothing_is_left_after_the_wipe() -> None:
    content = FakeContent(some_records())
    flow, _ = open_search(content)
    flow.type("某某某甲的低保是多少", 0)
    flow.typing_done()

    flow.wipe()

    held = repr(vars(flow)) + repr(vars(flow._narrowing)) + repr(flow.view)
    assert "某某某甲" not in held.replace(repr(content.questions), "")
