"""An emergency notice on the whole screen: official red, large, calm, and until when it holds."""

from datetime import datetime

from kivy.properties import NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from content.programme.emergency import EmergencyNotice
from devices.clock import CHINA
from signage.cues import EmergencyCard
from signage.kit import text as _text  # noqa: F401 - its kv rules are used by ours
from signage.kit.rules import load_rules
from signage.words import Words

load_rules(__file__)

_TITLE_SIZES = ((150, 1), (120, 1), (104, 2), (84, 2), (72, 3))


class EmergencyView(BoxLayout):
    """The notice."""

    kind = StringProperty("")
    place = StringProperty("")
    title = StringProperty("")
    text = StringProperty("")
    advice = StringProperty("")
    source = StringProperty("")
    until = StringProperty("")
    title_px = NumericProperty(84)

    def __init__(self, card: EmergencyCard, words: Words, **kwargs: object) -> None:
        self.words = words
        super().__init__(**kwargs)
        notice = card.found.record
        if not isinstance(notice, EmergencyNotice):
            return
        self.kind = words("emergency.drill" if notice.is_drill else f"emergency.{notice.level}")
        self.place = words("emergency.place", place=card.place, of=card.of) if card.of > 1 else ""
        self.title, self.text = notice.title, notice.text
        self.advice = notice.advice
        called = words("emergency.phone", phone=notice.phone) if notice.phone else ""
        self.source = "　".join(part for part in (notice.issuer, called) if part)
        self.until = words("emergency.until", **_moment(card.found.expires))
        self.ids.title.fbind("width", self._size_title)

    def _size_title(self, _: object, width: float) -> None:
        characters = sum(0.6 if one.isascii() else 1 for one in self.title)
        fits = (px for px, lines in _TITLE_SIZES if characters * px <= lines * (width - px / 2))
        self.title_px = next(fits, _TITLE_SIZES[-1][0])


def _moment(at: int) -> dict[str, object]:
    moment = datetime.fromtimestamp(at, CHINA)
    return {"m": moment.month, "d": moment.day, "hh": f"{moment:%H}", "mm": f"{moment:%M}"}
