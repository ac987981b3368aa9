"""Typing key by key: composition, content words, modes."""

import pytest
from pypinyin import lazy_pinyin

from kiosk.input.composer import Composer, Proposals
from kiosk.input.engine import Candidate, Composition
from kiosk.input.keys import COLUMNS, Key, KeyKind, Layout, Mode, layout_of
from kiosk.input.lexicon import ContentLexicon, spans_of
from kiosk.input.typist import Typist
from kiosk.input.viterbi import ViterbiPinyin

TITLES = (
    "邹阳县农村危房改造补助资金管理办法",
    "城乡居民最低生活保障申请办理指南",
    "低保申请",
    "征地补偿安置方案公告",
    "依申请公开工作规程",
    "种粮补贴发放公示",
)


class FakeField:
    def __init__(self) -> None:
        self.text = ""

    def insert_text(self, text: str) -> None:
        self.text += text

    def backspace(self) -> None:
        self.text = self.text[:-1]


class FakeEngine:
    """Proposes the letters in capitals, and their first two."""

    def __init__(self) -> None:
        self.resets = 0

    def compose(self, letters: str) -> Composition:
        first = (Candidate(letters.upper(), len(letters)),)
        return Composition((*first, Candidate(letters[:2].upper(), min(2, len(letters)))))

    def reset(self) -> None:
        self.resets += 1


class DeafEngine:
    """Has no proposal for anything."""

    def compose(self, letters: str) -> Composition:
        assert letters
        return Composition()

    def reset(self) -> None:
        """Has nothing to forget."""


@pytest.fixture(scope="module")
def lexicon() -> ContentLexicon:
    made = ContentLexicon()
    made.add(TITLES)
    return made


@pytest.fixture(scope="module")
def proposals(lexicon: ContentLexicon) -> Proposals:
    return Proposals(ViterbiPinyin(), lexicon)


def typist_for(proposals: Proposals) -> tuple[Typist, FakeField]:
    field = FakeField()
    typist = Typist(proposals, on_done=lambda: None)
    typist.target = field
    return typist, field


def key(value: str) -> Key:
    return Key(KeyKind.LETTER, value)


BACKSPACE, SPACE, DONE = Key(KeyKind.BACKSPACE), Key(KeyKind.SPACE), Key(KeyKind.DONE)


@pytest.mark.parametrize(
    "phrase",
    ["政府信息公开", "低保", "征地补偿", "农村危房改造", "依申请公开", "种粮补贴", "最低生活保障"],
)
def test_a_phrase_typed_key_by_key_is_the_first_proposal(proposals: Proposals, phrase: str) -> None:
    typist, field = typist_for(proposals)

    for letter in "".join(lazy_pinyin(phrase)):
        typist.press(key(letter))
        assert typist.candidates
    typist.press(SPACE)

    assert field.text == phrase


@pytest.mark.parametrize(
    ("initials", "phrase"), [("dbsq", "低保申请"), ("ncwfgz", "农村危房改造"), ("zdbc", "征地补偿")]
)
def test_initials_find_what_the_kiosk_holds(
    proposals: Proposals, initials: str, phrase: str
) -> None:
    assert proposals(initials)[0] == Candidate(phrase, len(initials))


def test_a_content_word_is_completed_before_it_is_spelled_out(proposals: Proposals) -> None:
    assert "危房改造" in [one.text for one in proposals("weifangg")[:3]]


def test_the_lexicon_takes_titles_one_after_the_other() -> None:
    lexicon = ContentLexicon()
    assert lexicon.exact("nongcunweifanggaizao") == ()

    lexicon.add(TITLES[:1])
    size = len(lexicon)
    lexicon.add(TITLES[:1])

    assert [one.text for one in lexicon.exact("nongcunweifanggaizao")] == ["农村危房改造"]
    assert len(lexicon) == size


def test_spans_hold_chinese_characters_alone() -> None:
    assert all(
        span.isalpha() and not span.isascii() for span in spans_of("关于A区〔2020〕19号危房")
    )


def test_no_proposal_comes_twice(proposals: Proposals) -> None:
    found = proposals("zhengdibuchang")

    assert len(found) == len(set(found))


def test_choosing_piece_by_piece_writes_once_all_letters_are_chosen_for() -> None:
    typist, field = typist_for(Proposals(FakeEngine(), ContentLexicon()))
    for letter in "dibao":
        typist.press(key(letter))

    typist.choose(Candidate("低", 2))
    assert (field.text, typist.composer.preview) == ("", "低bao")
    typist.choose(Candidate("保", 3))

    assert (field.text, typist.composer.is_empty) == ("低保", True)


def test_backspace_takes_back_a_choice_before_its_letters() -> None:
    typist, field = typist_for(Proposals(FakeEngine(), ContentLexicon()))
    for letter in "dibao":
        typist.press(key(letter))
    typist.choose(Candidate("低", 2))

    typist.press(BACKSPACE)

    assert typist.composer.preview == "dibao"
    assert typist.candidates[0].text == "DIBAO"
    for _ in range(5):
        typist.press(BACKSPACE)
    field.text = "前"
    typist.press(BACKSPACE)
    assert field.text == ""


def test_a_mark_first_takes_the_first_proposal() -> None:
    typist, field = typist_for(Proposals(FakeEngine(), ContentLexicon()))
    typist.press(key("a"))

    typist.press(Key(KeyKind.TEXT, "。"))

    assert field.text == "A。"


def test_done_takes_the_first_proposal_and_says_so() -> None:
    done: list[bool] = []
    typist = Typist(Proposals(FakeEngine(), ContentLexicon()), on_done=lambda: done.append(True))
    typist.target = field = FakeField()
    typist.press(key("a"))

    typist.press(DONE)

    assert (field.text, done) == ("A", [True])


def test_letters_without_a_proposal_are_kept_as_letters() -> None:
    typist, field = typist_for(Proposals(DeafEngine(), ContentLexicon()))
    for letter in "wps":
        typist.press(key(letter))

    typist.press(SPACE)
    typist.press(key("v"))
    typist.press(DONE)

    assert field.text == "wpsv"


def test_switching_the_mode_keeps_the_letters() -> None:
    typist, field = typist_for(Proposals(FakeEngine(), ContentLexicon()))
    typist.press(key("q"))

    typist.press(Key(KeyKind.MODE, Mode.LETTERS))
    typist.press(Key(KeyKind.SHIFT))
    typist.press(key("x"))

    assert field.text == "qX"


def test_reset_drops_the_half_typed_word_and_the_field() -> None:
    typist, field = typist_for(Proposals(FakeEngine(), ContentLexicon()))
    for letter in "dibao":
        typist.press(key(letter))

    typist.reset()
    typist.press(DONE)

    assert field.text == ""
    assert (typist.composer, typist.candidates, typist.target) == (Composer(), (), None)


@pytest.mark.parametrize("mode", Mode)
def test_every_row_fits_the_columns_and_every_mode_leads_to_the_others(mode: Mode) -> None:
    layout: Layout = layout_of(mode)
    kinds = [one.kind for row in layout for one in row]

    assert all(sum(one.width for one in row) <= COLUMNS for row in layout)
    assert {one.value for row in layout for one in row if one.kind is KeyKind.MODE} == {
        str(other) for other in Mode if other is not mode
    }
    assert kinds.count(KeyKind.BACKSPACE) == kinds.count(KeyKind.DONE) == 1


def test_digits_hold_what_document_and_identity_numbers_need() -> None:
    texts = {one.value for row in layout_of(Mode.DIGITS) for one in row}

    assert set("0123456789〔〕号X") <= texts
