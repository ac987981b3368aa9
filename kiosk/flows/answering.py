"""The answer to a question as the screen shows it: cards with quotations, or one honest sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from content.answers.answer import Answers, Certainty
from content.answers.guide import Aspect

if TYPE_CHECKING:
    from kiosk.flows.content import Content
    from kiosk.words import Words

MOST_CARDS = 2
_FLAT = str.maketrans("\n\t", "　　")
"""Line ends and cell borders are drawn as a gap; positions of the marks stay."""


@dataclass(frozen=True, slots=True)
class AnswerCard:
    """One quotation; `source` names title, place and date."""

    record: str
    quote: str
    marks: tuple[tuple[int, int], ...]
    source: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """Cards above the results, and a sentence above the cards; all empty where nothing was asked."""

    note: str = ""
    cards: tuple[AnswerCard, ...] = ()


NOT_ASKED = AnswerView()


def answer_to(question: str, content: Content, words: Words) -> AnswerView:
    """Return what to show for a question."""
    aspects = {aspect: words(f"answer.aspect.{aspect}") for aspect in Aspect}
    return answer_view(content.answer(question, words=aspects), words)


def answer_view(answers: Answers, words: Words) -> AnswerView:
    """Return the cards and the sentence of an answer."""
    match answers.certainty:
        case Certainty.FOUND:
            note = words("answer.found")
        case Certainty.SEVERAL:
            note = words("answer.several")
        case Certainty.NOT_STATED:
            key = "answer.not_stated_phone" if answers.phone else "answer.not_stated"
            note = words(key, title=answers.about, phone=answers.phone)
        case Certainty.NOT_FOUND:
            note = words("answer.not_found")
        case _:
            assert_never(answers.certainty)
    cards = tuple(
        AnswerCard(
            one.record,
            one.quote.translate(_FLAT),
            one.marks,
            " · ".join(
                part
                for part in (one.title, one.article, one.day.isoformat() if one.day else "")
                if part
            ),
        )
        for one in answers.quoted[:MOST_CARDS]
    )
    return AnswerView(note, cards)
