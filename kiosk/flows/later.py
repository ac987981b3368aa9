"""The flows behind the first screen. They are made when they are first needed: it stands earlier without them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.flows.card import CardFlow
    from kiosk.flows.consult import ConsultFlow
    from kiosk.flows.ports import Ports
    from kiosk.flows.printing import PrintFlow
    from kiosk.flows.reader import ReaderFlow
    from kiosk.flows.receipt import ReceiptFlow
    from kiosk.flows.request import RequestFlow
    from kiosk.flows.search import SearchFlow
    from kiosk.words import Words


class LaterFlows:
    """One of each."""

    def __init__(self, words: Words, *, ports: Ports) -> None:
        self._words = words
        self._ports = ports

    @cached_property
    def search(self) -> SearchFlow:
        """The search."""
        from kiosk.flows.search import counted_search

        return counted_search(self._words, self._ports)

    @cached_property
    def reader(self) -> ReaderFlow:
        """The record that is open."""
        from kiosk.flows.reader import ReaderFlow

        return ReaderFlow(self._words)

    @cached_property
    def consult(self) -> ConsultFlow:
        """The telephone numbers."""
        from kiosk.flows.consult import ConsultFlow

        return ConsultFlow(self._words)

    @cached_property
    def request(self) -> RequestFlow:
        """The request that is being made."""
        from kiosk.flows.request import RequestFlow

        ports = self._ports
        return RequestFlow(ports.agent, check=ports.check, new_key=ports.new_key)

    @cached_property
    def printing(self) -> PrintFlow:
        """The slip that is being printed."""
        from kiosk.flows.printing import PrintFlow

        return PrintFlow(self._ports.agent, new_job=self._ports.new_key)

    @cached_property
    def card(self) -> CardFlow:
        """The ID card that a step asks for."""
        from kiosk.flows.card import CardFlow

        return CardFlow(self._ports.agent, new_step=self._ports.new_key)

    @cached_property
    def receipt(self) -> ReceiptFlow:
        """The request whose receipt was scanned."""
        from kiosk.flows.receipt import ReceiptFlow

        return ReceiptFlow(self._ports.agent)

    def close(self) -> None:
        """End what runs beside the screen."""
        if "search" in vars(self):
            self.search.close()
