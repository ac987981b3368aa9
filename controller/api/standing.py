"""Say to a terminal where a request stands, in the same words as the citizens' page. No personal data."""

from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Protocol

from content.codes import parse_code
from content.requests.states import is_open
from controller.desk.texts import Texts
from controller.services.requests import PublicState
from devices.wire.messages import Standing

WORDS = Path(__file__).parents[1] / "phone" / "locale"
_CHINESE = "zh"

AskStanding = Callable[[str], Awaitable[Standing]]


class PublicStates(Protocol):
    """What may be known by a receipt's code."""

    async def public_state(self, code: str) -> PublicState:
        """Return it; raises NotFound."""
        ...


def standing_by(requests: PublicStates) -> AskStanding:
    """Return what answers a terminal's question for a code.

    The answer raises:
        NotFound: no such code, or its request has not arrived yet.
        BadCode: not a code.
    """
    texts = Texts(WORDS)

    async def ask(code: str) -> Standing:
        return standing(await requests.public_state(parse_code(code)), texts)

    return ask


def standing(state: PublicState, texts: Texts) -> Standing:
    """Return the state in words."""

    def say(key: str) -> str:
        return texts.say(_CHINESE, key, {})

    lines = [
        (say("request.number"), state.number or say("request.number_none")),
        (say("request.filed"), _day(state.filed_on)),
        (say("request.received"), _day(state.received_on) or say("request.received_none")),
    ]
    if is_open(state.state):
        lines.append((say("request.due"), _day(state.due_on) or say("request.due_none")))
    word = f"state.{state.state}"
    return Standing(say(word), say(f"{word}.text"), say(f"{word}.next"), tuple(lines))


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""
