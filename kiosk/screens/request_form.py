"""One statutory block of the request as fields.

Where all fields of the block fit they stand together; where type is large or the screen is low, one field
is shown at a time. Nothing has to be dragged into view.
"""

from itertools import islice
from typing import TYPE_CHECKING

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout
from kivy.uix.widget import Widget

from content.requests.form import ApplicantKind, DeliveryWay, SupplyForm
from kiosk.flows.devices import card_sentence
from kiosk.flows.request import LONGEST, RequestView, Step
from kiosk.flows.review import CHOICES, asked_fields, field_label, typed_text
from kiosk.widgets.action import Choice
from kiosk.widgets.field import Field
from kiosk.widgets.press import SMALLEST_PX, Press
from signage.kit.rules import load_rules

if TYPE_CHECKING:
    from kiosk.screens.request import RequestScreen

load_rules(__file__)

KEYS = {"id_number": "digits", "phone": "digits"}
"""Keyboard modes; everything else is typed in pinyin, an e-mail address in letters."""

_CHOICES: dict[str, type[ApplicantKind | SupplyForm | DeliveryWay]] = {
    "kind": ApplicantKind,
    "supply": SupplyForm,
    "delivery": DeliveryWay,
}
_MOST_BODIES = 4


class CardLine(BoxLayout):
    """What to do with the ID card, or what came of it; no line where there is nothing to say."""

    text = StringProperty("")


class ChoiceField(BoxLayout):
    """A label and its choices, all in view."""

    label = StringProperty("")
    columns = NumericProperty(3)


class Offer(Press):
    """A body that may be taken over with one tap."""

    text = StringProperty("")


def offer_px() -> float:
    """Return the height of an offer at the type size in use."""
    return max(SMALLEST_PX, 32 + 48 * float(App.get_running_app().theme.scale))


class OfferGrid(GridLayout):
    """The bodies on offer."""


class FormPanel(BoxLayout):
    """The fields of one block, the law's sentence above, the way on below."""

    law = StringProperty("")
    card = StringProperty("")

    def __init__(self, *, screen: "RequestScreen", step: Step) -> None:
        self._screen = screen
        self._step = step
        self._current = ""
        self._widgets: dict[str, Field | ChoiceField] = {}
        self._bodies: tuple[str, ...] = ()
        self._shown: tuple[str, ...] = ()
        self._offer = OfferGrid()
        super().__init__()
        self.law = screen.kiosk.words(f"request.law.{step.value}")
        self._settle = Clock.create_trigger(self._arrange, 0)
        self.ids.fields.fbind("size", self._settle)
        App.get_running_app().theme.bind(scale=self._on_scale)  # weak: the theme outlives the panel

    def typing_into(self) -> tuple[Field, str] | None:
        """Return the field in focus and its keyboard."""
        view = self._screen.kiosk.request.view
        widget = self._widgets.get(view.focus)
        if not isinstance(widget, Field) or widget.parent is None:
            return None
        if view.focus == "address" and view.form.delivery is DeliveryWay.EMAIL:
            return widget, "letters"
        return widget, KEYS.get(view.focus, "pinyin")

    def typing_done(self) -> None:
        """Go to the next text field, or put the keyboard away after the last."""
        names = [n for n in self._asked() if n not in CHOICES]
        focus = self._screen.kiosk.request.view.focus
        later = names[names.index(focus) + 1 :] if focus in names else []
        self._focus(later[0] if later else "")

    def show(self, view: RequestView) -> None:
        """Render what was typed and what is wrong."""
        self.card = card_sentence(self._screen.kiosk) if self._step is Step.WHO else ""
        for name in self._asked():
            widget = self._widgets.get(name) or self._make(name)
            if isinstance(widget, Field):
                widget.text = typed_text(name, view.form, is_from_card=view.is_from_card)
                widget.error = view.errors.get(name, "")
                widget.focused = name == view.focus
                widget.label = field_label(name, view.form, self._screen.kiosk.words)
                widget.placeholder = self._placeholder(name, view)
            else:
                self._choose(widget, str(getattr(view.form, name)))
        if view.focus:
            self._current = view.focus
        self._arrange()

    def go_on(self) -> None:
        """Go to the next field that is not in view yet, else to the next block."""
        names = self._asked()
        after = names[names.index(self._shown[-1]) + 1 :] if self._shown else ()
        if after:
            self._current = after[0]
            self._focus("" if self._current in CHOICES else self._current)
            return
        self._screen.kiosk.request.next()
        self._screen.refresh()

    def _on_scale(self, *_: object) -> None:
        self._settle()

    def _asked(self) -> tuple[str, ...]:
        return asked_fields(self._step, self._screen.kiosk.request.view.form)

    def _focus(self, name: str) -> None:
        self._screen.kiosk.request.focus(name)
        self._screen.refresh()
        self._arrange()

    def _make(self, name: str) -> Field | ChoiceField:
        widget = self._make_choice(name) if name in CHOICES else self._make_field(name)
        self._widgets[name] = widget
        return widget

    def _make_field(self, name: str) -> Field:
        lines = 3 if name == "description" else 1
        field = Field(name=name, longest=LONGEST[name], most_lines=lines)
        field.bind(on_release=lambda _: self._focus(name))
        field.bind(on_typed=lambda _, text: self._set(name, text))
        return field

    def _make_choice(self, name: str) -> ChoiceField:
        words = self._screen.kiosk.words
        field = ChoiceField(label=words(f"request.field.{name}"))
        for value in _CHOICES[name]:
            choice = Choice(text=words(f"request.{name}.{value.value}"), value=value.value)
            choice.bind(on_release=lambda one: self._set(name, one.value))
            field.ids.choices.add_widget(choice)
        return field

    def _choose(self, field: ChoiceField, value: str) -> None:
        for choice in field.ids.choices.children:
            choice.chosen = choice.value == value

    def _set(self, name: str, value: str) -> None:
        self._screen.kiosk.request.set(name, value)
        self._screen.refresh()

    def _placeholder(self, name: str, view: RequestView) -> str:
        is_email = name == "address" and view.form.delivery is DeliveryWay.EMAIL
        return self._screen.kiosk.words(f"request.place.{'email' if is_email else name}")

    def _arrange(self, *_: object) -> None:
        """Show as many fields as fit around the present one."""
        asked = tuple(name for name in self._asked() if name in self._widgets)
        if not asked or self.ids.fields.height < 1:
            return
        if self._current not in asked:
            self._current = asked[0]
        for widget in (*self._widgets.values(), self._offer):
            widget.width = self.ids.fields.width  # those out of view are measured as if in it
        self._offer_bodies()
        self._shown = self._window(asked)
        wanted = [widget for name in self._shown for widget in self._widgets_of(name)]
        box = self.ids.fields
        if list(reversed(box.children[1:])) != wanted:
            box.clear_widgets()
            for widget in (*wanted, Widget()):  # the empty one takes up the rest
                box.add_widget(widget)

    def _window(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        """Return the present field and its neighbours, later ones first, as long as there is room."""
        first = last = asked.index(self._current)
        while last + 1 < len(asked) and self._fits(asked[first : last + 2]):
            last += 1
        while first > 0 and self._fits(asked[first - 1 : last + 1]):
            first -= 1
        return asked[first : last + 1]

    def _fits(self, names: tuple[str, ...]) -> bool:
        gap = self.ids.fields.spacing
        widgets = [widget for name in names for widget in self._widgets_of(name)]
        return sum(widget.height + gap for widget in widgets) <= self.ids.fields.height + gap

    def _widgets_of(self, name: str) -> tuple[BoxLayout, ...]:
        """Return a field, with the bodies on offer below the field that asks for one."""
        widget = self._widgets[name]
        return (widget, self._offer) if name == "body" and self._bodies else (widget,)

    def _offer_bodies(self) -> None:
        """Offer the departments that this terminal knows, so that few need to type one."""
        view = self._screen.kiosk.request.view
        if "body" not in self._widgets:
            return
        known = self._screen.kiosk.bodies() if view.focus in {"body", ""} else ()
        matching = (b for b in known if view.form.body in b and b != view.form.body)
        offered = tuple(islice(matching, self._most_offers()))
        if offered == self._bodies:
            return
        self._bodies = offered
        self._offer.clear_widgets()
        for body in self._bodies:
            choice = Offer(text=body)
            choice.bind(on_release=lambda one: self._take_body(one.text))
            self._offer.add_widget(choice)

    def _most_offers(self) -> int:
        """Return how many bodies have room below their field."""
        grid = self._offer
        room = self.ids.fields.height - self._widgets["body"].height - self.ids.fields.spacing
        rows = int((room + grid.spacing[1]) // (offer_px() + grid.spacing[1]))
        return min(_MOST_BODIES, max(0, rows) * grid.cols)

    def _take_body(self, body: str) -> None:
        """Take a body on offer, then go on to what is asked of it."""
        self._screen.kiosk.request.set("body", body)
        self._focus("description")
