"""The colours as data, and what makes them readable. Kivy's side of it is signage.kit.theme."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one appearance, as hex.

    Attributes:
        ground: behind everything.
        surface: cards and fields.
        sunken: pressed cards, keyboard wells, quiet bands.
        ink: text.
        ink_soft: second-line text.
        line: hairlines that only decorate.
        edge: borders that say where a control is.
        action, action_ink: the one deep blue, and text on it.
        action_pressed: the same under a finger.
        action_soft, action_soft_ink: tinted surface for what is chosen, and text on it.
        seal, seal_ink: official red, for seals and emergencies alone.
        notice, notice_ink: quiet band for "资料截至 …", "演示".
        good, bad: outcome words and their icons, on ground or surface.
    """

    ground: str
    surface: str
    sunken: str
    ink: str
    ink_soft: str
    line: str
    edge: str
    action: str
    action_ink: str
    action_pressed: str
    action_soft: str
    action_soft_ink: str
    seal: str
    seal_ink: str
    notice: str
    notice_ink: str
    good: str
    bad: str


NORMAL = Palette(
    ground="#FAF8F4",
    surface="#FFFFFF",
    sunken="#F0ECE4",
    ink="#1B1B1D",
    ink_soft="#4B4A4D",
    line="#E2DCD1",
    edge="#6F6A61",
    action="#1F4E8C",
    action_ink="#FFFFFF",
    action_pressed="#163A69",
    action_soft="#E7EEF7",
    action_soft_ink="#173C6D",
    seal="#B3201B",
    seal_ink="#FFFFFF",
    notice="#FBF0D9",
    notice_ink="#5A3B00",
    good="#14562D",
    bad="#8F1A16",
)

HIGH_CONTRAST = Palette(
    ground="#000000",
    surface="#000000",
    sunken="#1E1E1E",
    ink="#FFFFFF",
    ink_soft="#FFFFFF",
    line="#8C8C8C",
    edge="#FFFFFF",
    action="#FFE14D",
    action_ink="#000000",
    action_pressed="#FFFFFF",
    action_soft="#333333",
    action_soft_ink="#FFE14D",
    seal="#FFFFFF",
    seal_ink="#9C0F0A",
    notice="#FFE14D",
    notice_ink="#000000",
    good="#8CF0AE",
    bad="#FFB3AE",
)

BODY_PAIRS = (
    ("ink", "ground"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("ink_soft", "ground"),
    ("ink_soft", "surface"),
    ("action_ink", "action"),
    ("action_ink", "action_pressed"),
    ("action_soft_ink", "action_soft"),
    ("notice_ink", "notice"),
    ("action", "surface"),
    ("action", "ground"),
    ("good", "surface"),
    ("bad", "surface"),
    ("bad", "ground"),
)
"""Text and what it stands on: at least 7:1."""

OTHER_PAIRS = (
    ("seal_ink", "seal"),
    ("edge", "ground"),
    ("edge", "surface"),
    ("ink_soft", "sunken"),
)
"""Short words, icons and borders: at least 4.5:1."""


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of WCAG 2.2 between two hex colours, 1 to 21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


_LINEAR_BELOW = 0.04045


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= _LINEAR_BELOW else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
