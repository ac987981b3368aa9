"""What a terminal of this zone is told at enrolment, whichever way it is enrolled."""

from typing import Protocol

from content.feed.policy import TrustRoot
from controller.broker.pki import ZoneCa
from controller.config import ZoneConfig
from controller.services.keyring import Keyring
from devices.agent.config import Address, TerminalConfig


class Root(Protocol):
    """Who knows what terminals pin."""

    async def root(self) -> TrustRoot:
        """Return it."""
        ...


class Place(Protocol):
    """Where a terminal stands and what it has (controller.services.pairings.Placement)."""

    @property
    def device(self) -> str:
        """Its id."""
        ...

    @property
    def site(self) -> str:
        """Its place."""
        ...

    @property
    def region(self) -> str:
        """Administrative division code."""
        ...

    @property
    def attended(self) -> bool:
        """A staffed hall."""
        ...

    @property
    def screens(self) -> tuple[str, ...]:
        """Its user interfaces."""
        ...

    @property
    def printer(self) -> str:
        """Device path, "" for none."""
        ...

    @property
    def printer_model(self) -> str:
        """Key of its sheet in devices/drivers/printer/models.toml."""
        ...


class TerminalSettings:
    """Makes terminal.toml's contents, and knows the authority that signs for it."""

    def __init__(self, *, config: ZoneConfig, ca: ZoneCa, keyring: Keyring, policies: Root) -> None:
        self._config = config
        self._keyring = keyring
        self._policies = policies
        self.ca = ca

    async def of(self, place: Place) -> TerminalConfig:
        """Return the configuration of a terminal at this place."""
        zone = self._config
        host, port = zone.broker.address_for(place.device)
        return TerminalConfig(
            id=place.device,
            zone=zone.zone,
            site=place.site,
            region=place.region,
            attended=place.attended,
            feeds=zone.all_feeds,
            public_url=zone.public_url,
            broker=Address(host=host, port=port),
            api_url=f"https://{zone.api.name}:{zone.api.port}",
            seal_key=self._keyring.seal_public,
            root=await self._policies.root(),
            screens=place.screens,
            start_ui=True,
            printer=place.printer,
            printer_model=place.printer_model,
        )
