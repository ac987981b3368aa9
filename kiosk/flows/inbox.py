"""Which part of the kiosk a message of the agent is for. Loaded with the first message."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from devices.ipc.messages import (
    KeyPressed,
    LinkState,
    Ping,
    Printed,
    ReplicaChanged,
    Submitted,
    TakePicture,
    ToUi,
    Welcome,
)
from kiosk.flows.devices import FromDevices

if TYPE_CHECKING:
    from kiosk.flows.kiosk import Kiosk


def take(kiosk: Kiosk, message: ToUi, now: float) -> None:
    """Hand the message on. Ping, TakePicture and keys are the app's: it knows frames and widgets."""
    if isinstance(message, FromDevices):
        kiosk.devices.receive(message, now)
        return
    match message:
        case Welcome():
            kiosk.welcomed(message)
        case ReplicaChanged():
            kiosk.refresh()
        case Submitted():
            kiosk.request.answered(message)
        case Printed():
            kiosk.printing.answered(message)
        case LinkState():
            kiosk.linked(message)
        case Ping() | TakePicture() | KeyPressed():
            pass
        case _:
            assert_never(message)
