"""A visitor at the real kiosk: sees what is on the glass, touches it with a real finger, types on its keys."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.finger import Finger
from tests.support.observed_kiosk import observe
from tests.support.processes import wait_for

CAPS = {"KeyCap", "CandidateCap"}
ANSWER_LOOKS = 40
"""Looks at the glass after a touch before the visitor goes on anyway."""


@dataclass(frozen=True)
class Seen:
    """One visible thing: its text, its spoken label, its box (left, top, right, bottom) from the top left."""

    kind: str
    text: str
    label: str
    box: tuple[int, int, int, int]
    can_touch: bool

    @property
    def middle(self) -> tuple[int, int]:
        left, top, right, bottom = self.box
        return (left + right) // 2, (top + bottom) // 2


class Visitor:
    """Somebody who knows the kiosk only from its glass."""

    def __init__(self, finger: Finger, eye: Path) -> None:
        self._finger = finger
        self._eye = eye

    def look(self) -> list[Seen]:
        """Return everything visible now."""
        return [_seen(one) for one in observe(self._eye).get("tree", [])]

    def text(self) -> str:
        """Return all that can be read."""
        return "\n".join(part for one in self.look() for part in (one.text, one.label) if part)

    def everything_held(self) -> str:
        """Return all texts in the whole widget tree and the flows, visible or not."""
        answer = observe(self._eye, "held")
        assert "held" in answer, answer  # nothing found is not the same as not looked
        return str(answer["held"])

    def sees(self, part: str, *, timeout: float = 20) -> None:
        """Wait until the text is on the glass."""
        wait_for(f"{part!r} on the kiosk", lambda: part in self.text(), timeout=timeout)

    def touch(self, label: str, *, timeout: float = 15) -> None:
        """Touch the thing with these words, once the glass is still, and wait until the glass has answered."""
        found = wait_for(f"{label!r} to touch", lambda: self._still(label), timeout=timeout)
        before = observe(self._eye).get("tree", [])
        self._finger.touch(*found.middle)
        tick = threading.Event()
        for _ in range(ANSWER_LOOKS):
            if observe(self._eye).get("tree", []) != before:
                return
            tick.wait(0.02)

    def _still(self, label: str) -> Seen | None:
        """Return the thing if it stood in the same place at two looks: people do not hit what moves."""
        first = self._find(label)
        threading.Event().wait(0.05)
        return first if first is not None and first == self._find(label) else None

    def open_keyboard(self) -> None:
        """Bring the keys up, if they were put away."""
        if self._find("键盘") is not None:
            self.touch("键盘")

    def type_pinyin(self, letters: str, choose: str) -> None:
        """Type letters on the pinyin keys and choose the candidate."""
        for letter in letters:
            self.touch(letter)
        self.touch(choose)

    def type_digits(self, digits: str) -> None:
        """Type on the digit keys."""
        for digit in digits:
            self.touch(digit)

    def _find(self, label: str) -> Seen | None:
        # A single sign is a key: a field that holds just that sign is not what a typing finger goes for.
        things = [
            one for one in self.look() if one.can_touch and (len(label) > 1 or one.kind in CAPS)
        ]
        for same in (
            lambda one: label in (one.label, one.text),
            lambda one: (
                len(label) > 1 and (one.label.startswith(label) or one.text.startswith(label))
            ),
            lambda one: len(label) > 1 and (label in one.label or label in one.text),
        ):
            found = [one for one in things if same(one)]
            if found:
                # Whoever types means the key, not what else bears the same word.
                return min(found, key=lambda one: one.kind not in CAPS)
        return None


def _seen(one: dict[str, Any]) -> Seen:
    left, top, width, height = one["rect"]
    box = (left, top, left + width, top + height)
    return Seen(
        one["class"], one["text"], one["label"], box, one["actionable"] and not one["quiet"]
    )
