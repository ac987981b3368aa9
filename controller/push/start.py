"""Open everything that terminals meet: authority, broker, link, pushes, device API; close it in reverse.

The one place of this wing that constructs. What cannot run (no mosquitto, a port taken) is a sentence in
`PushWing.problems`, and the rest goes on.
"""

import ipaddress
import logging
import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from nacl.public import PrivateKey

from controller.api.keys import DeviceServices, SearchModels
from controller.api.listener import ApiProblem, create_device_api, listening, server_tls
from controller.api.standing import AskStanding
from controller.broker.mosquitto import Mosquitto
from controller.broker.pki import ZoneCa
from controller.broker.refusals import RefusedHandshake
from controller.broker.settings import BrokerSettings
from controller.broker.trespass import Trespass
from controller.config import ZoneConfig, broker_address
from controller.push.access import AccessWatch
from controller.push.broker_link import BrokerAddress, BrokerLink
from controller.push.dispatch import Dispatch
from controller.push.expulsion import Doors, Expulsion, OpenLinks
from controller.push.feeds import Audience, FeedPush
from controller.push.greeter import Greeter
from controller.push.inbox import Inbox
from controller.push.limbs import Limb, LinkTies, all_of, in_background
from controller.push.many_links import ManyLinks
from controller.push.nudge import Nudge
from controller.push.orders import OrderPush
from controller.push.readers import Readers
from controller.push.trust_watch import TrustWatch
from controller.push.welcome import FeedSource, PolicySource, Welcomer
from controller.push.words import Words
from controller.services.compaction import Compaction
from controller.services.event_relay import EventRelay
from controller.services.events import EventBus
from controller.services.feed_library import FeedLibrary
from controller.services.findings import AuditTrail, Finding, Findings
from controller.services.folding import BlobFolder
from controller.services.intake import Intake, RequestRegister, SearchKeeper
from controller.services.jobs import Jobs
from controller.services.leader import PUSH, leadership
from controller.services.readings import Readings
from controller.services.renewals import Renewals
from controller.services.terminals import Desired, Terminals
from controller.services.trust_shelf import TrustShelf
from controller.store.database import Database
from devices.clock import Clock

logger = logging.getLogger(__name__)


ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - what to dial, not to bind
OWN = "own"
"""Name of the link to our own mosquitto."""
LOOPBACK_NAMES = ("localhost",)
LOOPBACK_IPS = ("127.0.0.1", "::1")
"""Every listener's certificate is good on this machine, whatever else it is called."""


class FeedLogPort(FeedSource, Desired, Protocol):
    """The published log, as pushes and statuses read it."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What this wing needs from the rest of the controller."""

    config: ZoneConfig
    database: Database
    events: EventBus
    audit: AuditTrail
    clock: Clock
    feeds: FeedLogPort
    policies: PolicySource
    requests: RequestRegister
    seal_key: bytes
    jobs: Jobs
    standing: AskStanding | None = None
    searches: SearchKeeper | None = None
    models: SearchModels | None = None


class PushWing:
    """What the rest of the controller may ask of this wing."""

    def __init__(self, *, terminals: Terminals, intake: Intake, broker: Mosquitto | None) -> None:
        self.terminals = terminals
        self.intake = intake
        self._broker = broker
        self.api_problem: ApiProblem | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences for the head of the desk's pages: what does not run, and what to do."""
        broker = self._broker.problem if self._broker else None
        return tuple(str(one) for one in (broker, self.api_problem) if one is not None)


@asynccontextmanager
async def open_push(outside: Outside) -> AsyncIterator[PushWing]:
    """Run the wing inside the block."""
    ca = ZoneCa.open_or_create(
        outside.config.state / "ca", zone=outside.config.zone, now=outside.clock.now()
    )
    findings = Findings(database=outside.database, audit=outside.audit, clock=outside.clock)
    rooms = _Rooms(outside, ca, findings)
    async with AsyncExitStack() as stack:
        await in_background(stack, "findings", findings.run())
        compaction = Compaction(
            database=outside.database,
            blobs=BlobFolder(outside.config.state / "blobs"),
            events=outside.events,
            clock=outside.clock,
        )
        await in_background(stack, "compaction", compaction.run())
        await in_background(stack, "trust", rooms.trust_watch().run())
        if outside.config.database_url.startswith("postgresql"):
            await in_background(stack, "relay", rooms.relay().run())
        if outside.config.broker.enabled:
            await rooms.open_broker(stack)
        else:
            await rooms.watch_access(stack)
        if outside.config.api.enabled:
            await rooms.open_api(stack)
        yield rooms.wing


class _Rooms:
    """Constructs the parts, by keyword, once."""

    def __init__(self, outside: Outside, ca: ZoneCa, findings: Findings) -> None:
        self._outside = outside
        self._ca = ca
        self._findings = findings
        self._folder = outside.config.state / "broker"
        self._terminals = Terminals(
            database=outside.database,
            desired=outside.feeds,
            events=outside.events,
            clock=outside.clock,
        )
        self._intake = Intake(
            database=outside.database,
            requests=outside.requests,
            seal_key=PrivateKey(outside.seal_key),
            findings=findings,
            clock=outside.clock,
        )
        self._intake.searches = outside.searches
        self._welcomer = Welcomer(feeds=outside.feeds, policies=outside.policies)
        self._words = Words(
            terminals=self._terminals,
            jobs=outside.jobs,
            readings=Readings(database=outside.database, clock=outside.clock),
            findings=findings,
            clock=outside.clock,
        )
        self._links = OpenLinks()
        self._readers = Readers(clock=outside.clock)
        own = outside.config.broker.enabled and not outside.config.broker.urls
        self._broker = self._mosquitto() if own else None
        self.wing = PushWing(terminals=self._terminals, intake=self._intake, broker=self._broker)

    def trust_watch(self) -> TrustWatch:
        """Return what dates the keys' files and hears of a policy that another process put in use."""
        outside = self._outside
        shelf = TrustShelf(outside.config.state, clock=outside.clock)
        return TrustWatch(shelf=shelf, policies=outside.policies, events=outside.events)

    async def open_broker(self, stack: AsyncExitStack) -> None:
        """Start our mosquitto, or dial the brokers that others run, and all that lives on them."""
        boot, addresses = secrets.token_hex(8), self._addresses()
        brokers = {name: BrokerLink(one, boot=boot) for name, one in addresses.items()}
        many = ManyLinks(brokers)
        feeds, orders = self._feed_push(many), self._orders(many)
        greeter = Greeter(welcomer=self._welcomer, link=many)
        inbox = Inbox(register=self._terminals, answer=greeter.answer)
        access = self._access(addresses, on_change=feeds.say_all)
        await access.look()
        if self._broker is not None:
            # Ended in reverse: the link says goodbye while the broker still runs.
            await in_background(stack, "broker", self._broker.run())
        await in_background(stack, "access", access.run())
        nudge = self._nudge(greeter, self._doors(addresses))
        ties = [
            LinkTies(
                name,
                self._terminals,
                say_all=(feeds.say_all, orders.say_all, nudge.begin),
                dispatch=self._dispatch(many, inbox),
                links=many,
            )
            for name in brokers
        ]
        work: list[Limb] = [feeds.run, orders.run, inbox.run, nudge.run]
        work += [partial(brokers[tie.name].run, tie.events()) for tie in ties]
        work.append(self._terminals.tell_links)
        leads = leadership(self._outside.config.database_url, lock=PUSH)
        await in_background(stack, "link", leads.lead(partial(all_of, work)))

    def _addresses(self) -> dict[str, BrokerAddress]:
        config, tls = self._outside.config.broker, self._tls()
        if self._broker is not None:
            host = ANYWHERE.get(config.host, config.host)
            return {OWN: BrokerAddress(((host, config.port),), tls, self._broker.running)}
        engines = [config.urls] if config.one_engine else [(url,) for url in config.urls]
        return {
            urls[0]: BrokerAddress(tuple(broker_address(url) for url in urls), tls, _at_once)
            for urls in engines
        }

    def _access(
        self, addresses: Mapping[str, BrokerAddress], *, on_change: Callable[[], Awaitable[None]]
    ) -> AccessWatch:
        return AccessWatch(
            terminals=self._terminals,
            gate=self._broker,
            door=self._doors(addresses),
            links=self._links,
            on_change=on_change,
        )

    def _doors(self, addresses: Mapping[str, BrokerAddress]) -> Doors:
        nodes = (node for one in addresses.values() for node in one.nodes)
        clock = self._outside.clock
        return Doors(Expulsion(ca=self._ca, node=node, clock=clock) for node in nodes)

    def _nudge(self, greeter: Greeter, door: Doors) -> Nudge:
        outside = self._outside
        return Nudge(
            roll=self._terminals,
            answer=greeter.answer,
            door=door,
            events=outside.events,
            clock=outside.clock,
        )

    def _orders(self, link: ManyLinks) -> OrderPush:
        return OrderPush(jobs=self._outside.jobs, link=link, events=self._outside.events)

    def _dispatch(self, link: ManyLinks, inbox: Inbox) -> Dispatch:
        return Dispatch(
            inbox=inbox,
            intake=self._intake,
            link=link,
            findings=self._findings,
            words=self._words,
            readers=self._readers,
        )

    def _feed_push(self, link: ManyLinks) -> FeedPush:
        return FeedPush(
            feeds=self._outside.feeds,
            welcomer=self._welcomer,
            audience=Audience(self._terminals, link, self._readers),
            events=self._outside.events,
            clock=self._outside.clock,
        )

    async def watch_access(self, stack: AsyncExitStack) -> None:
        """Close the device API's links of revoked terminals, where no broker of ours runs."""
        access = AccessWatch(
            terminals=self._terminals, gate=None, door=None, links=self._links, on_change=_nothing
        )
        await access.look()
        await in_background(stack, "access", access.run())

    async def open_api(self, stack: AsyncExitStack) -> None:
        """Listen for HTTPS; a port that is taken is reported, not raised."""
        config = self._outside.config
        services = DeviceServices(
            terminals=self._terminals,
            intake=self._intake,
            welcomer=self._welcomer,
            feeds=self._outside.feeds,
            blobs=config.state / "blobs",
            library=FeedLibrary(database=self._outside.database),
            words=self._words,
            jobs=self._outside.jobs,
            links=self._links,
            findings=self._findings,
            trust=TrustShelf(config.state, clock=self._outside.clock),
            standing=self._outside.standing,
            models=self._outside.models,
            renewals=Renewals(
                database=self._outside.database, ca=self._ca, clock=self._outside.clock
            ),
        )
        certificate, key = self._server("api", (config.api.name, config.api.host))
        tls = server_tls(
            certificate, key, authority=self._ca.certificate_path, on_refused=self._refused
        )
        app = create_device_api(services)
        try:
            await stack.enter_async_context(
                listening(app, host=config.api.host, port=config.api.port, tls=tls)
            )
        except ApiProblem as problem:
            logger.warning("device API does not listen", extra={"port": config.api.port})
            self.wing.api_problem = problem

    def relay(self) -> EventRelay:
        """Return what joins us with the zone's other controllers."""
        url, bus = self._outside.config.database_url, self._outside.events
        return EventRelay(url, bus=bus, node=secrets.token_hex(8))

    def _mosquitto(self) -> Mosquitto:
        config = self._outside.config.broker
        certificate, key = self._server("server", (config.name, config.host))
        settings = BrokerSettings(
            host=config.host,
            port=config.port,
            folder=self._folder,
            authority=self._ca.certificate_path,
            revoked=self._ca.crl_path,
            certificate=certificate,
            key=key,
        )
        return Mosquitto(
            settings=settings,
            clock=self._outside.clock,
            on_refused=self._refused,
            on_trespass=self._trespassed,
        )

    def _server(self, name: str, hosts: tuple[str, ...]) -> tuple[Path, Path]:
        """Issue a listener's certificate anew at each start, so that it never runs out unseen."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = [one for one in hosts if one and not _is_ip(one)]
        ips = [one for one in hosts if _is_ip(one) and one not in ANYWHERE]
        issued = self._ca.issue_server(
            (*names, *LOOPBACK_NAMES), (*ips, *LOOPBACK_IPS), now=self._outside.clock.now()
        )
        return issued.write(self._folder, name)

    def _tls(self) -> ssl.SSLContext:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        issued = self._ca.issue_controller(now=self._outside.clock.now())
        certificate, key = issued.write(self._folder, "controller")
        tls = ssl.create_default_context(cafile=str(self._ca.certificate_path))
        tls.load_cert_chain(certificate, key)
        return tls

    def _refused(self, refused: RefusedHandshake) -> None:
        self._findings.note(
            Finding("stranger", "foreign_certificate", refused.address, str(refused.why))
        )

    def _trespassed(self, trespass: Trespass) -> None:
        self._findings.note(
            Finding(trespass.device, "topic_refused", str(trespass.deed), trespass.topic)
        )


async def _at_once() -> None:
    """Somebody else's broker: dial it, and again."""


async def _nothing() -> None:
    """Say nothing: there is no broker to say it to."""


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
