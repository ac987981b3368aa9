"""Draws once, unseen, each kind of picture that the screens are made of.

A graphics library prepares itself for a kind when it first meets it. Where the processor draws that takes 20 to 50 ms a
kind, and would hold up the first visitor's keys again and again: kinds differ even by whether a side is a power of two.
"""

from collections.abc import Iterator
from itertools import product

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics import Callback, Color, Fbo, InstructionGroup, Rectangle
from kivy.graphics.opengl import GL_BLEND, glDisable, glEnable
from kivy.graphics.texture import Texture

EVERY_S = 0.1
SIDES = (3, 4)


def rehearse() -> None:
    """Draw one kind after the other, below everything, in the corner that the bar at the foot covers."""
    group = InstructionGroup()
    kinds = _kinds()

    def draw(_dt: float) -> bool:
        group.clear()
        kind = next(kinds, None)
        if kind is None:
            Window.canvas.before.remove(group)
            return False
        for one in kind:
            group.add(one)
        return True

    Window.canvas.before.add(group)
    Clock.schedule_interval(draw, EVERY_S)


def _kinds() -> Iterator[list[object]]:
    for width, height in product(SIDES, SIDES):
        text = Texture.create(size=(width, height), colorfmt="rgba")
        yield [Color(1, 1, 1, 1), Rectangle(texture=text, size=(2, 2))]
        inner = Fbo(size=(width, height))
        with inner:
            Color(1, 1, 1, 1)
            Rectangle(texture=text, size=(2, 2))
        yield [inner]
        inner.texture.mag_filter = inner.texture.min_filter = "nearest"
        yield [
            Callback(lambda _: glDisable(GL_BLEND)),
            Rectangle(texture=inner.texture, size=(2, 2)),
            Callback(lambda _: glEnable(GL_BLEND)),
        ]
