"""Says the newest text and nothing else: whoever moves on hears at once where they are now."""

import asyncio

from devices.speech.engine import Engine


class Speaker:
    """`run` for ever; `say` from the event loop. Nothing that was said is kept."""

    def __init__(self, engine: Engine | None) -> None:
        self._engine = engine
        self._text = ""
        self._news = asyncio.Event()

    def say(self, text: str) -> None:
        """Say this in the place of what is being said; "" falls silent."""
        self._text = text
        self._news.set()

    async def run(self) -> None:
        """Speak for ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            text, self._text = self._text, ""
            if text and self._engine is not None:
                await self._until_interrupted(self._engine, text)

    async def _until_interrupted(self, engine: Engine, text: str) -> None:
        speaking = asyncio.ensure_future(engine.say(text))
        news = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait({speaking, news}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            speaking.cancel()
            news.cancel()
            await asyncio.wait({speaking, news})
