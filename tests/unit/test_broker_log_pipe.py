"""The log of a broker that tells of every message: what is kept, and that nothing is cut in two."""

import os
from contextlib import suppress

from controller.broker.log_pipe import MAX_LINE, LogPipe

TRAFFIC = b"Received PUBLISH from hall-a (d0, q1, r0, m2, 'z/1/d/hall-a/rep', ... (900 bytes))\n"


async def read(*pieces: bytes) -> list[str]:
    pipe, left, found = LogPipe.open(), list(pieces), []
    os.write(pipe.write, left.pop(0))
    try:
        async for line in pipe.lines():
            found.append(line)
            if left:
                os.write(pipe.write, left.pop(0))
            elif pipe.write >= 0:
                os.close(pipe.write)
                pipe = LogPipe(pipe.read, -1)
    finally:
        os.close(pipe.read)
        with suppress(OSError):
            os.close(pipe.write)
    return found


async def test_the_traffic_is_left_out_and_the_rest_is_kept_in_order() -> None:
    data = TRAFFIC * 500 + b"Denied PUBLISH from a\n" + TRAFFIC * 500 + b"a 1 #\n" + TRAFFIC

    assert await read(data) == ["Denied PUBLISH from a", "a 1 #"]


async def test_a_line_that_comes_in_two_pieces_is_one() -> None:
    found = await read(b"one\nDenied PUB", b"LISH from a\nlast\n")

    assert found == ["one", "Denied PUBLISH from a", "last"]


async def test_a_line_without_an_end_does_not_grow_for_ever() -> None:
    found = await read(b"one\n" + b"x" * 50_000, b"y\n")

    assert found[0] == "one"
    assert len(found[1]) <= MAX_LINE + 1
