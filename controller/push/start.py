"""Open everything that terminals meet: authority, broker, link, pushes, device API; close it in reverse.

The one place of this wing that constructs. What cannot run (no mosquitto, a port taken) is a sentence in
`PushWing.problems`, and the rest goes on.
"""

import asyncio
import ipaddress
import logging
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from aiohttp.web_runner import GracefulExit
from nacl.public import PrivateKey

from controller.api.keys import DeviceServices
from controller.api.listener import ApiProblem, create_device_api, listening, server_tls
from controller.broker.mosquitto import Mosquitto
from controller.broker.pki import ZoneCa
from controller.broker.refusals import RefusedHandshake
from controller.broker.settings import BrokerSettings
from controller.config import ZoneConfig, broker_address
from controller.push.access import AccessWatch
from controller.push.broker_link import BrokerAddress, BrokerLink, Incoming, LinkEvents
from controller.push.dispatch import Dispatch
from controller.push.feeds import FeedPush
from controller.push.greeter import Greeter
from controller.push.inbox import Inbox
from controller.push.many_links import ManyLinks
from controller.push.welcome import FeedSource, PolicySource, Welcomer
from controller.services.event_relay import EventRelay
from controller.services.events import EventBus
from controller.services.findings import AuditTrail, Finding, Findings
from controller.services.intake import Intake, RequestRegister
from controller.services.leader import PUSH, leadership
from controller.services.terminals import Desired, Terminals
from controller.store.database import Database
from devices.clock import Clock

logger = logging.getLogger(__name__)

Limb = Callable[[], Coroutine[object, object, None]]

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
        await _in_background(stack, "findings", findings.run())
        if outside.config.database_url.startswith("postgresql"):
            await _in_background(stack, "relay", rooms.relay().run())
        if outside.config.broker.enabled:
            await rooms.open_broker(stack)
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
        self._welcomer = Welcomer(feeds=outside.feeds, policies=outside.policies)
        own = outside.config.broker.enabled and not outside.config.broker.urls
        self._broker = self._mosquitto() if own else None
        self.wing = PushWing(terminals=self._terminals, intake=self._intake, broker=self._broker)

    async def open_broker(self, stack: AsyncExitStack) -> None:
        """Start our mosquitto, or dial the brokers that others run, and all that lives on them."""
        links = self._links()
        many = ManyLinks(links)
        inbox, dispatch, feeds = self._parts(many)
        if self._broker is not None:
            access = AccessWatch(
                terminals=self._terminals, gate=self._broker, on_change=feeds.say_all
            )
            await access.look()
            # Ended in reverse: the link says goodbye while the broker still runs.
            await _in_background(stack, "broker", self._broker.run())
            await _in_background(stack, "access", access.run())
        ties = [_LinkTies(name, self._terminals, feeds, dispatch, many) for name in links]
        work: list[Limb] = [feeds.run, inbox.run]
        work += [partial(links[tie.name].run, tie.events()) for tie in ties]
        work.append(self._terminals.tell_links)
        leads = leadership(self._outside.config.database_url, lock=PUSH)
        await _in_background(stack, "link", leads.lead(partial(_all, work)))

    def _parts(self, link: ManyLinks) -> tuple[Inbox, Dispatch, FeedPush]:
        outside = self._outside
        greeter = Greeter(welcomer=self._welcomer, link=link)
        inbox = Inbox(register=self._terminals, answer=greeter.answer)
        dispatch = Dispatch(
            inbox=inbox,
            intake=self._intake,
            link=link,
            findings=self._findings,
        )
        feeds = FeedPush(
            feeds=outside.feeds,
            terminals=self._terminals,
            welcomer=self._welcomer,
            link=link,
            events=outside.events,
            clock=outside.clock,
        )
        return inbox, dispatch, feeds

    def _links(self) -> dict[str, BrokerLink]:
        boot = secrets.token_hex(8)
        tls = self._tls()
        if self._broker is not None:
            config = self._outside.config.broker
            host = ANYWHERE.get(config.host, config.host)
            address = BrokerAddress(((host, config.port),), tls, self._broker.running)
            return {OWN: BrokerLink(address, boot=boot)}
        config = self._outside.config.broker
        engines = [config.urls] if config.one_engine else [(url,) for url in config.urls]
        return {
            urls[0]: BrokerLink(
                BrokerAddress(tuple(broker_address(url) for url in urls), tls, _at_once), boot=boot
            )
            for urls in engines
        }

    async def open_api(self, stack: AsyncExitStack) -> None:
        """Listen for HTTPS; a port that is taken is reported, not raised."""
        config = self._outside.config
        services = DeviceServices(
            terminals=self._terminals,
            intake=self._intake,
            welcomer=self._welcomer,
            feeds=self._outside.feeds,
            blobs=config.state / "blobs",
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
        return Mosquitto(settings=settings, clock=self._outside.clock, on_refused=self._refused)

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


class _LinkTies:
    """What happens when a link comes, goes or brings something."""

    def __init__(
        self, name: str, terminals: Terminals, feeds: FeedPush, dispatch: Dispatch, links: ManyLinks
    ) -> None:
        self.name = name
        self._terminals = terminals
        self._feeds = feeds
        self._dispatch = dispatch
        self._links = links

    def events(self) -> LinkEvents:
        """Return what the link is to call."""
        return LinkEvents(self._up, self._down, self._message)

    async def _up(self) -> None:
        """Nothing heard before counts now; heads are said anew."""
        self._terminals.link_is(up=True, via=self.name)
        await self._feeds.say_all()

    def _down(self) -> None:
        """Nobody is known to be there."""
        self._terminals.link_is(up=False, via=self.name)

    async def _message(self, incoming: Incoming) -> None:
        """Serve it."""
        self._links.heard(incoming.topic, via=self.name)
        await self._dispatch.take(replace(incoming, via=self.name))


async def _at_once() -> None:
    """Somebody else's broker: dial it, and again."""


async def _all(work: Sequence[Limb]) -> None:
    """Do all of it until one ends or the whole is cancelled."""
    async with asyncio.TaskGroup() as group:
        for one in work:
            group.create_task(one())


async def _in_background(
    stack: AsyncExitStack, name: str, work: Coroutine[object, object, None]
) -> None:
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_ended)
    stack.push_async_callback(_cancelled, task)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        # The service manager starts a controller anew that has lost a limb.
        logger.critical(
            "background task died", exc_info=task.exception(), extra={"task": task.get_name()}
        )
        raise GracefulExit


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
