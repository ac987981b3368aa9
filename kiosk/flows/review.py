"""What the review page says of each block, the identity number masked in the middle."""

from dataclasses import dataclass

from content.requests.form import DeliveryWay, RequestForm
from kiosk.flows.request import FIELDS_OF, Step
from kiosk.words import Words

CHOICES = frozenset({"kind", "supply", "delivery"})
_SHOWN_AT_ENDS = 4


@dataclass(frozen=True, slots=True)
class ReviewBlock:
    """One of the three blocks, as (label, value) lines."""

    step: Step
    heading: str
    lines: tuple[tuple[str, str], ...]


def asked_fields(step: Step, form: RequestForm) -> tuple[str, ...]:
    """Return the fields of a step that this form needs: no address where the reply is picked up."""
    names = FIELDS_OF.get(step, ())
    if form.delivery is DeliveryWay.PICK_UP:
        return tuple(name for name in names if name != "address")
    return names


def field_label(name: str, form: RequestForm, words: Words) -> str:
    """Return the label of a field; the address is one of mail or of post."""
    is_email = name == "address" and form.delivery is DeliveryWay.EMAIL
    return words("request.field.email" if is_email else f"request.field.{name}")


def review(form: RequestForm, words: Words) -> tuple[ReviewBlock, ...]:
    """Return the three blocks."""
    return tuple(
        ReviewBlock(
            step,
            words(f"request.step.{step.value}"),
            tuple(
                (field_label(name, form, words), _value(name, form, words))
                for name in asked_fields(step, form)
            ),
        )
        for step in FIELDS_OF
    )


def masked(number: str) -> str:
    """Return an identity number with its middle hidden: people stand behind the visitor."""
    if len(number) <= 2 * _SHOWN_AT_ENDS:
        return number
    hidden = "*" * (len(number) - 2 * _SHOWN_AT_ENDS)
    return number[:_SHOWN_AT_ENDS] + hidden + number[-_SHOWN_AT_ENDS:]


def typed_text(name: str, form: RequestForm, *, is_from_card: bool) -> str:
    """Return what stands in a field: a number that was read from a card is masked, one being typed is not."""
    value = str(getattr(form, name))
    return masked(value) if is_from_card and name == "id_number" else value


def _value(name: str, form: RequestForm, words: Words) -> str:
    value = str(getattr(form, name))
    if name in CHOICES:
        return words(f"request.{name}.{value}")
    return masked(value) if name == "id_number" else value
