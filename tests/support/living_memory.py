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
from pathlib import Path
from typing import Any

MOST_BYTES = 1_000_000
ANSWER_S = 60.0


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


def living_texts(path: Path, question: str = "") -> bytes:
    """Return all texts alive in a program that was started here, line by line."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(ANSWER_S)
        link.connect(str(path))
        with link.makefile("rb") as answer:
            link.sendall(question.encode() + b"\n")
            return answer.read()


def _who(needle):
    out = [f"gc counts {gc.get_count()} enabled {gc.isenabled()} stats {gc.get_stats()[2]}"]
    def desc(o):
        try:
            return f"{type(o).__module__}.{type(o).__qualname__} " + (str([k for k in list(o)[:12] if isinstance(k,str)]) if isinstance(o,dict) else repr(o)[:150] if not isinstance(o,(list,tuple,set)) else str(len(o)))
        except Exception as e:
            return str(type(o))
    objs = gc.get_objects()
    parents = {}
    hits = []
    stack = list(objs)
    seen = set(map(id, objs))
    keep = []
    import types
    frames = list(_with_callers(list(sys._current_frames().values())))
    for top in [*objs, *frames]:
        waiting = [top]
        while waiting:
            thing = waiting.pop()
            for part in gc.get_referents(thing):
                t = type(part)
                if t is str or t is bytes or t is bytearray:
                    if (needle in part) if t is str else (needle.encode() in part):
                        if part != "who " + needle and part != needle or True:
                            hits.append((thing, part)); keep.append(part)
                elif not gc.is_tracked(part) and id(part) not in seen:
                    seen.add(id(part)); keep.append(part)
                    waiting.append(part)
                    parents.setdefault(id(part), thing)
    for thing, part in hits[:8]:
        out.append("HIT " + repr(part)[:100])
        cur = thing
        for depth in range(5):
            out.append("   " * (depth+1) + desc(cur))
            nxt = [r for r in gc.get_referrers(cur) if r is not objs and r is not hits and r is not keep and not isinstance(r, types.FrameType) and r is not frames and not (isinstance(r, tuple) and len(r)==2 and r[0] is cur)] 
            fr = [r for r in gc.get_referrers(cur) if isinstance(r, types.FrameType)]
            if fr:
                out.append("   " * (depth+1) + " frame: " + ", ".join(f"{f.f_code.co_qualname}" for f in fr[:4]))
            if not nxt: break
            cur = nxt[0]
    return "\n".join(out)


def _serve(server: socket.socket) -> None:
    while True:
        link, _ = server.accept()
        with link:
            asked = link.recv(4096).strip().decode()
            if asked.startswith("who "):
                link.sendall(_who(asked[4:]).encode('utf-8','replace'))
                continue
            link.sendall(b"\n".join(set(_alive())))


def _alive() -> Iterator[bytes]:
    frames = list(sys._current_frames().values())
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
            elif not gc.is_tracked(part) and id(part) not in known:
                known.add(id(part))
                waiting.append(part)


if __name__ == "__main__":
    main()
