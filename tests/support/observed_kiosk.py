"""The real kiosk with a window into its widget tree, for tests that touch it with real X events.

python -m tests.support.observed_kiosk --observe SOCKET (all other options are the kiosk's). Whoever connects
to SOCKET and sends a line gets one line of JSON:
{"screen": "home", "frames": 12, "tree": [{"class", "text", "label", "rect": [left, top, width, height],
"actionable", "quiet", "role"}, ...]} in window pixels from the top left, visible widgets only.
The line "held" is answered by {"held": "..."}: every text that the app holds, on the glass or not.
The product has no such socket.
"""

import json
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kiosk.__main__ import main as kiosk_main
from tests.support.held_texts import held_texts

ANSWER_S = 10.0


def main() -> int:
    """Run the kiosk, answering observers beside it."""
    arguments = sys.argv[1:]
    at = arguments.index("--observe")
    path = Path(arguments[at + 1])
    del arguments[at : at + 2]
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    threading.Thread(target=_serve, args=(server,), daemon=True).start()
    return kiosk_main(arguments)


def observe(path: Path, question: str = "") -> dict[str, Any]:
    """Ask an observed kiosk what it shows; raises OSError if it is not there."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(ANSWER_S)
        link.connect(str(path))
        link.sendall(question.encode() + b"\n")
        answer: dict[str, Any] = json.loads(link.makefile("rb").readline() or b"{}")
        return answer


def find(tree: list[dict[str, Any]], label: str) -> dict[str, Any] | None:
    """Return the first actionable widget whose label is, or else contains, this text."""
    usable = [one for one in tree if one["actionable"] and not one["quiet"]]
    exact = [one for one in usable if one["label"] == label]
    return next(iter([*exact, *(one for one in usable if label in one["label"])]), None)


def _serve(server: socket.socket) -> None:
    while True:
        link, _ = server.accept()
        with link:
            is_held = link.recv(64).strip() == b"held"
            link.sendall(
                json.dumps(_ask_loop(is_held=is_held), ensure_ascii=False).encode() + b"\n"
            )


def _ask_loop(*, is_held: bool) -> dict[str, Any]:
    """Have Kivy's own loop look at the tree: widgets are touched from no other thread."""
    if "kiosk.app" not in sys.modules:
        return {"screen": "", "frames": 0, "tree": []}
    from kivy.app import App
    from kivy.clock import Clock

    answer: dict[str, Any] = {}
    done = threading.Event()

    def look(_dt: float) -> None:
        app = App.get_running_app()
        if is_held:
            answer["held"] = "\n".join(held_texts(app))
        elif app is not None and app.root is not None:
            answer.update(
                screen=app.kiosk.place.value, frames=app.frames.frames, tree=list(_tree(app.root))
            )
        done.set()

    Clock.schedule_once(look)
    done.wait(ANSWER_S)
    return answer or {"screen": "", "frames": 0, "tree": []}


def _tree(widget: Any) -> Iterator[dict[str, Any]]:
    if widget.opacity == 0 or min(widget.size) < 1:
        return
    yield _describe(widget)
    for child in reversed(widget.children):
        yield from _tree(child)


def _describe(widget: Any) -> dict[str, Any]:
    from kivy.core.window import Window
    from kivy.uix.behaviors import ButtonBehavior

    left, bottom = widget.to_window(widget.x, widget.y)
    top = Window.height - bottom - widget.height
    text = getattr(widget, "body", "") or getattr(widget, "text", "")
    return {
        "class": type(widget).__name__,
        "text": text if isinstance(text, str) else "",
        "label": str(getattr(widget, "a11y_label", "")),
        "rect": [round(left), round(top), round(widget.width), round(widget.height)],
        "actionable": isinstance(widget, ButtonBehavior) and not widget.disabled,
        "quiet": bool(getattr(widget, "quiet", False)),
        "role": str(getattr(widget, "a11y_role", "")),
    }


if __name__ == "__main__":
    sys.exit(main())
