"""An agent's outbox on a real file, with a controller in memory; and a citizen's form."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from content.requests.form import ApplicantKind, DeliveryWay, RequestForm, SupplyForm
from devices.agent.disk import OneThread
from devices.agent.outbox import Outbox
from devices.agent.sealing import new_sealer
from devices.agent.sender import Sender
from devices.agent.store import next_boot, open_store
from devices.wire import topics
from tests.support.fake_link import FakeClock, FakeIntake, FakeLink, FakeUpstream

if TYPE_CHECKING:
    import sqlite3

    from devices.wire.messages import Ack


DEVICE = "hall-01"
NOW = 1_795_300_000
NAME, PHONE, WANTED = "欧阳甲乙丙", "13900001111", "城乡低保标准调整的测算依据与会议纪要"
KEY = "01234567-89ab-7def-8123-456789abcdef".replace("-", "")


def form(**changes: str) -> dict[str, object]:
    filled = RequestForm(
        ApplicantKind.PERSON,
        NAME,
        "519900200001010000",
        PHONE,
        "示范县民政局",
        WANTED,
        SupplyForm.PAPER,
        DeliveryWay.PICK_UP,
    )
    return {**msgspec.to_builtins(filled), **changes}


class Terminal:
    """An agent's outbox on a real file, with a controller that answers as the test says."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "agent.db"
        self.key_file = folder / "client.key"
        private = ec.generate_private_key(ec.SECP256R1())
        self.key_file.write_bytes(
            private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        self.intake = FakeIntake(private.public_key())
        self.clock = FakeClock()
        self.link = FakeLink()
        self.upstream = FakeUpstream(intake=self.intake)
        self.settled: list[Ack] = []
        self.disk = OneThread("test")
        self.stores: list[sqlite3.Connection] = []
        self.start()

    def start(self) -> None:
        """Open the file as a new process would; what was open before is left as a kill leaves it."""
        store = open_store(self.path)
        self.stores.append(store)
        sealer = new_sealer(
            device=DEVICE,
            boot=next_boot(store),
            seal_key=self.intake.seal_key,
            key_file=self.key_file,
        )
        self.outbox = Outbox(store, sealer=sealer, attended=True)
        self.sender = Sender(
            self.outbox,
            link=self.link,
            upstream=self.upstream,
            clock=self.clock,
            disk=self.disk,
            on_settled=self.settled.append,
        )

    def delivered(self) -> list[bytes]:
        return [data for topic, data in self.link.take() if topic == topics.up(DEVICE, "req")]

    def bytes_on_disk(self) -> bytes:
        return b"".join(file.read_bytes() for file in self.path.parent.glob("agent.db*"))

    def close(self) -> None:
        self.disk.close()
        for store in self.stores:
            store.close()
