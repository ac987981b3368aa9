"""依申请公开: the three statutory blocks one after the other, a review, and the receipt.

Source: 政府信息公开条例 article 29. A purpose is never asked for. What is typed lives in this object alone;
`wipe` forgets it. "已保存" is shown only after the agent has said that the request is durable.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from content.requests.form import ApplicantKind, DeliveryWay, RequestForm, SupplyForm
from devices.ipc.messages import Submit, Submitted
from kiosk.flows.ports import Agent, CheckForm, Filed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

PATIENCE_S = 20.0


class Step(StrEnum):
    """Where the visitor is; the first three are the blocks of article 29."""

    WHO = "who"
    WHAT = "what"
    HOW = "how"
    REVIEW = "review"
    SENDING = "sending"
    SAVED = "saved"
    FAILED = "failed"


STEPS = (Step.WHO, Step.WHAT, Step.HOW, Step.REVIEW)

FIELDS_OF: dict[Step, tuple[str, ...]] = {
    Step.WHO: ("kind", "name", "id_number", "phone"),
    Step.WHAT: ("body", "description"),
    Step.HOW: ("supply", "delivery", "address"),
}

LONGEST = {
    "name": 60,
    "id_number": 18,
    "phone": 20,
    "body": 60,
    "description": 300,
    "address": 120,
}


def empty_form() -> RequestForm:
    """Return the form as every visitor finds it."""
    return RequestForm(
        kind=ApplicantKind.PERSON,
        name="",
        id_number="",
        phone="",
        body="",
        description="",
        supply=SupplyForm.ELECTRONIC,
        delivery=DeliveryWay.PICK_UP,
    )


@dataclass(frozen=True, slots=True)
class RequestView:
    """What the screen draws.

    Attributes:
        step: where the visitor is.
        form: what has been stated so far.
        focus: name of the field that the keyboard types into, "" if none.
        errors: field -> sentence; only of fields the visitor was asked about.
        code, number: of the receipt.
        url: page of the receipt for a phone.
        problem: why it could not be kept: "", "away", "silent", or the agent's own sentence.
        is_from_card: name and number were read from an ID card: the number is shown masked, people stand behind.
    """

    step: Step = Step.WHO
    form: RequestForm = field(default_factory=empty_form)
    focus: str = "name"
    errors: dict[str, str] = field(default_factory=dict)
    code: str = ""
    number: str = ""
    url: str = ""
    problem: str = ""
    is_from_card: bool = False


class RequestFlow:
    """Takes keys, goes through the steps, hands the form to the agent once."""

    def __init__(self, agent: Agent, *, check: CheckForm, new_key: Callable[[], str]) -> None:
        self._agent = agent
        self._check = check
        self._new_key = new_key
        self._key = ""
        self._until = 0.0
        self.public_url = ""
        self._filed_at: datetime | None = None
        self.view = RequestView()

    @property
    def filed(self) -> Filed | None:
        """What the receipt states; None until the agent has kept the request."""
        view = self.view
        if view.step is not Step.SAVED or self._filed_at is None:
            return None
        return Filed(view.form, view.code, view.number, view.url, self._filed_at)

    def open(self, *, body: str = "", description: str = "", related: str = "") -> None:
        """Begin a request, perhaps from a document or a search that found nothing."""
        self.wipe()
        form = replace(empty_form(), body=body, description=description, related=related)
        self.view = RequestView(form=form)

    def focus(self, name: str) -> None:
        """Let the keyboard type into this field."""
        self.view = replace(self.view, focus=name)

    def set(self, name: str, value: str) -> None:
        """Take the whole text of a field, or the value of a choice."""
        if self.view.step not in STEPS:
            return
        is_masked = self.view.is_from_card and name == "id_number"
        # Where the middle is hidden nothing can be mended: the first key begins the number anew.
        form = _with(self.view.form, name, "" if is_masked else value)
        errors = {k: v for k, v in self.view.errors.items() if k != name}
        if name == "delivery":
            form = replace(form, address="")
            errors.pop("address", None)
        is_from_card = self.view.is_from_card and not is_masked
        self.view = replace(self.view, form=form, errors=errors, is_from_card=is_from_card)

    def fill_from_card(self, name: str, number: str) -> None:
        """Take the person whom a card names, while the block of the applicant is being filled in."""
        if self.view.step is not Step.WHO:
            return
        form = _with(_with(self.view.form, "name", name), "id_number", number)
        errors = {k: v for k, v in self.view.errors.items() if k not in {"name", "id_number"}}
        focus = "" if form.phone else "phone"
        self.view = replace(self.view, form=form, errors=errors, focus=focus, is_from_card=True)

    def next(self) -> None:
        """Check this step and go on; what is missing is said beside its field."""
        step = self.view.step
        if step not in FIELDS_OF:
            return
        errors = self._errors(FIELDS_OF[step])
        if errors:
            self.view = replace(self.view, errors=errors, focus=next(iter(errors)))
            return
        self._go(STEPS[STEPS.index(step) + 1])

    def back(self) -> bool:
        """Go a step back; False if this is the first one, or the request is out of our hands.

        After a silence the agent may hold the form: it may be sent again as it is, not changed, or one
        request would be two.
        """
        step = self.view.step
        if step is Step.FAILED and self.view.problem != "silent":
            self._key = ""
            self._go(Step.REVIEW)
            return True
        if step not in STEPS or step is Step.WHO:
            return False
        self._go(STEPS[STEPS.index(step) - 1])
        return True

    def edit(self, step: Step) -> None:
        """Go from the review to one of the blocks."""
        if self.view.step is Step.REVIEW:
            self._go(step)

    def submit(self, now: float, *, at: datetime) -> None:
        """Hand the form to the agent. A retry carries the same key and so is the same request."""
        if self.view.step not in {Step.REVIEW, Step.FAILED}:
            return
        errors = self._errors(tuple(f.name for f in fields(RequestForm)))
        if errors:
            self._show_first(errors)
            return
        self._key = self._key or self._new_key()
        self._filed_at = at
        form: dict[str, object] = msgspec.to_builtins(self.view.form)
        sent = self._agent.send(Submit(key=self._key, form=form))
        self._until = now + PATIENCE_S
        if sent:
            self.view = replace(self.view, step=Step.SENDING, focus="", problem="")
        else:
            self.view = replace(self.view, step=Step.FAILED, focus="", problem="away")

    def answered(self, message: Submitted) -> None:
        """Take the agent's answer to our key; any other key belongs to a visitor who has gone."""
        if not self._key or message.key != self._key:
            return
        if message.error:
            self.view = replace(self.view, step=Step.FAILED, problem=message.error)
            return
        self.view = replace(
            self.view,
            step=Step.SAVED,
            code=message.code,
            number=message.number or self.view.number,
            url=f"{self.public_url}/r/{message.code}",
            problem="",
        )

    def tick(self, now: float) -> bool:
        """Stop waiting in time; return whether the view changed."""
        if self.view.step is Step.SENDING and now >= self._until:
            self.view = replace(self.view, step=Step.FAILED, problem="silent")
            return True
        return False

    @property
    def is_draft(self) -> bool:
        """Whether the visitor has typed something that is still theirs to change."""
        return self.view.step in STEPS and self.view.form != empty_form()

    def wipe(self) -> None:
        """Forget everything that was typed, and the key."""
        self._key = ""
        self._filed_at = None
        self.view = RequestView()

    def _go(self, step: Step) -> None:
        names = FIELDS_OF.get(step, ())
        first = next((n for n in names if n in LONGEST and self._is_asked(n)), "")
        self.view = replace(self.view, step=step, focus=first, errors={}, problem="")

    def _is_asked(self, name: str) -> bool:
        return name != "address" or self.view.form.delivery is not DeliveryWay.PICK_UP

    def _errors(self, names: tuple[str, ...]) -> dict[str, str]:
        found = self._check(self.view.form)
        return {name: found[name] for name in names if name in found}

    def _show_first(self, errors: dict[str, str]) -> None:
        for step, names in FIELDS_OF.items():
            here = {name: errors[name] for name in names if name in errors}
            if here:
                self._go(step)
                self.view = replace(self.view, errors=here, focus=next(iter(here)))
                return


def _with(form: RequestForm, name: str, value: str) -> RequestForm:
    """Return the form with one field changed, text cut to its field's length.

    Raises:
        msgspec.ValidationError: not one of a choice's values.
    """
    cut = value[: LONGEST[name]] if name in LONGEST else value
    return msgspec.convert({**msgspec.to_builtins(form), name: cut}, type=RequestForm)
