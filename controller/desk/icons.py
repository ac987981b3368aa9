"""Lucide icons as inline SVG. An icon never stands without its word, so screen readers skip it."""

import json
from pathlib import Path

from markupsafe import Markup, escape

Node = tuple[str, dict[str, str]]


class Icons:
    """Drawings by name, read once from the file that the build fetches."""

    def __init__(self, nodes: Path) -> None:
        self._nodes: dict[str, list[Node]] = json.loads(nodes.read_text("utf-8"))
        self._drawn: dict[str, Markup] = {}

    def svg(self, name: str) -> Markup:
        """Return the drawing as SVG that takes the colour of the text around it.

        Raises:
            KeyError: lucide has no such icon: a mistake in a template, found by its test.
        """
        if name not in self._drawn:
            self._drawn[name] = _draw(self._nodes[name])
        return self._drawn[name]


def _draw(nodes: list[Node]) -> Markup:
    shapes = Markup().join(_shape(tag, attributes) for tag, attributes in nodes)
    return Markup(
        '<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" '
        'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" '
        'focusable="false">{}</svg>'
    ).format(shapes)


def _shape(tag: str, attributes: dict[str, str]) -> Markup:
    said = Markup().join(
        Markup(' {}="{}"').format(escape(key), escape(value)) for key, value in attributes.items()
    )
    return Markup("<{}{}/>").format(escape(tag), said)
