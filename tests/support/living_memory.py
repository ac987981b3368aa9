"""Any of our programs with a window into its memory: every text that is alive in it, for tests that look for leaks.

python -m tests.support.living_memory SOCKET MODULE [arguments of the module]. Whoever connects to SOCKET gets
every string and every short row of bytes that the interpreter still holds: whatever objects refer to, reachable
from our code or waiting for the garbage collector, and what the frames of all threads hold. The product has no
such socket.
"""

import gc
import runpy
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MOST_BYTES = 1_000_000
ANSWER_S = 60.0
ATOMS = {int, float, bool, type(None)}
"""Our own notes of what is known hold many of them."""


def main() -> None:
    """Run the module as if it had been started itself, answering beside it."""
    path, module, *arguments = sys.argv[1:]
    sys.argv = [module, *arguments]
    Path(path).unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    threading.Thread(target=_serve, args=(server,), daemon=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def living_texts(path: Path) -> bytes:
    """Return all texts alive in a program that was started here, line by line, each as it is encoded."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(ANSWER_S)
        link.connect(str(path))
        with link.makefile("rb") as answer:
            return answer.read()


def _serve(server: socket.socket) -> None:
    while True:
        link, _ = server.accept()
        with link:
            with _stillness():
                found = b"\n".join(set(_alive()))
            link.sendall(found)
            del found


@contextmanager
def _stillness() -> Iterator[None]:
    """Let no other thread run and nothing be collected: what is looked at must not change by looking."""
    interval, was_on = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(ANSWER_S)
    gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if was_on:
            gc.enable()


def _alive() -> Iterator[bytes]:
    own = threading.get_ident()  # looking at our own frames would keep alive what we found
    frames = [frame for thread, frame in sys._current_frames().items() if thread != own]
    known: set[int] = set()
    for thing in (*gc.get_objects(), *_with_callers(frames)):
        yield from _texts_in(thing, known)


def _with_callers(frames: list[Any]) -> Iterator[Any]:
    for top in frames:
        frame = top
        while frame is not None:
            yield frame.f_locals
            frame = frame.f_back


def _texts_in(top: Any, known: set[int]) -> Iterator[bytes]:
    """Yield the texts that a thing refers to; the collector does not list what holds no other container."""
    waiting = [top]
    while waiting:
        for part in gc.get_referents(waiting.pop()):
            if type(part) is str:  # not isinstance: a weak proxy whose widget is gone would raise
                yield part.encode("utf-8", "replace")
            elif type(part) in {bytes, bytearray}:
                if len(part) < MOST_BYTES:
                    yield bytes(part)
            elif type(part) not in ATOMS and not gc.is_tracked(part) and id(part) not in known:
                known.add(id(part))
                waiting.append(part)


if __name__ == "__main__":
    main()
