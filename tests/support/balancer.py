"""A TCP balancer as small as can be: each connection goes to the first place that takes it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count


@asynccontextmanager
async def balancing(ports: Sequence[int]) -> AsyncIterator[int]:
    """Listen on a free port of loopback and spread connections over these; yield the port."""
    turns = count()
    pumps: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        turn = next(turns)
        for step in range(len(ports)):
            with suppress(OSError):
                there = await asyncio.open_connection(
                    "127.0.0.1", ports[(turn + step) % len(ports)]
                )
                for source, sink in ((reader, there[1]), (there[0], writer)):
                    task = asyncio.create_task(_pump(source, sink))
                    pumps.add(task)
                    task.add_done_callback(pumps.discard)
                return
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in tuple(pumps):
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        with suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
    finally:
        sink.close()
