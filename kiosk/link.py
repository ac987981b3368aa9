"""The kiosk's side of the agent's socket, of which nothing is loaded before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from devices.ipc.client import UiClient
    from devices.ipc.messages import ToAgent, ToUi


class LateLink:
    """A UiClient that is made by `start`; before it the agent is away."""

    def __init__(self, socket: Path, *, ui: str) -> None:
        self._socket = socket
        self._ui = ui
        self._client: UiClient | None = None

    @property
    def connected(self) -> bool:
        """Whether the agent is there now."""
        return self._client is not None and self._client.connected

    def start(self) -> None:
        """Begin to connect; returns at once, also when the agent is away."""
        from devices.ipc.client import UiClient

        if self._client is None:
            self._client = UiClient(self._socket, ui=self._ui)
            self._client.start()

    def stop(self) -> None:
        """End the connection for good."""
        if self._client is not None:
            self._client.stop()

    def send(self, message: ToAgent) -> bool:
        """Send a message, or return False if the agent is away: then it was not sent and is not kept."""
        return self._client is not None and self._client.send(message)

    def drain(self, limit: int = 50) -> list[ToUi]:
        """Return what has arrived, oldest first, at most `limit` messages."""
        return self._client.drain(limit) if self._client is not None else []
