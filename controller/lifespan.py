"""Build the parts of a running controller in order, and take them down in reverse. Nobody else constructs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

from aiohttp import web

from content.disclosure.official_text.reading import ReadDocument
from content.workdays import china_calendar
from controller import keys
from controller.api.standing import standing_by
from controller.auth.passwords import Passwords
from controller.broker.pki import ZoneCa
from controller.config import ZoneConfig
from controller.importing.importing import import_file
from controller.importing.limits import ImportLimits
from controller.push.start import Outside, open_push
from controller.services.alert_channels import channels
from controller.services.alerts import Alerts
from controller.services.audit import AuditLog
from controller.services.bundle_making import BundleMaking
from controller.services.bundles import Bundles
from controller.services.curation import CurationDesk
from controller.services.documents import Documents, ReadFile
from controller.services.emergencies import Emergencies
from controller.services.enrolments import Enrolments
from controller.services.events import EventBus
from controller.services.exams import Exams
from controller.services.feed_library import FeedLibrary
from controller.services.feed_log import FeedLog
from controller.services.folding import BlobFolder
from controller.services.jobs import Jobs
from controller.services.keyring import Keyring, KeyringError, open_keyring
from controller.services.leader import TIMERS, leadership
from controller.services.nights import Bench, Nights
from controller.services.pairings import Pairings
from controller.services.people import People
from controller.services.policy import Policies
from controller.services.published import PublishedRecords
from controller.services.publishing import Publishing
from controller.services.requests import RequestDesk
from controller.services.rollout_facts import Facts
from controller.services.rollouts import Rollouts
from controller.services.search_copy import Published, SearchCopy
from controller.services.searches import Searches
from controller.services.sessions import Sessions
from controller.services.signing_progress import SigningProgress
from controller.services.terminal_settings import TerminalSettings
from controller.store.database import Database
from controller.store.migrate import is_postgresql
from controller.store.people import count_people
from devices.clock import Clock


async def services(app: web.Application) -> AsyncIterator[None]:
    """Open the store and build the services; `create_app` has put CONFIG and CLOCK in."""
    config, clock = app[keys.CONFIG], app[keys.CLOCK]
    async with AsyncExitStack() as stack:
        database = Database(config.database_url)
        stack.push_async_callback(database.close)
        keyring = await open_store(config, database)
        add_services(app, database=database, keyring=keyring, clock=clock)
        await app[keys.ENROLMENTS].widen(config.emergency_feed)
        app[keys.PUSH] = await stack.enter_async_context(open_push(_outside(app)))
        app[keys.TERMINALS] = app[keys.PUSH].terminals
        stack.push_async_callback(app[keys.BUNDLES].close)
        stack.push_async_callback(app[keys.SEARCH_COPY].close)
        await _open_alerts(app, stack)
        app[keys.SEARCH_COPY].start()
        yield


async def _open_alerts(app: web.Application, stack: AsyncExitStack) -> None:
    """Watch the sites and carry rollouts on, where this controller keeps the timers."""
    config = app[keys.CONFIG]
    alerts = app[keys.ALERTS] = Alerts(
        database=app[keys.DATABASE],
        terminals=app[keys.TERMINALS],
        audit=app[keys.AUDIT],
        channels=channels(config.mail, config.webhook),
        clock=app[keys.CLOCK],
        desk=config.public_url,
    )
    rollouts = app[keys.ROLLOUTS] = Rollouts(
        database=app[keys.DATABASE],
        facts=Facts(terminals=app[keys.TERMINALS]),
        wants=app[keys.JOBS].wants,
        audit=app[keys.AUDIT],
        events=app[keys.EVENTS],
        clock=app[keys.CLOCK],
    )
    leads = leadership(config.database_url, lock=TIMERS)

    async def timers() -> None:
        """All in one turn of leading: one lock says who keeps all timers."""
        async with asyncio.TaskGroup() as group:
            group.create_task(alerts.run(), name="alerts")
            group.create_task(rollouts.run(), name="rollouts")
            group.create_task(app[keys.NIGHTS].run(), name="nights")

    for work, name in ((leads.lead(timers), "timers"), (app[keys.NIGHTS].follow(), "model")):
        stack.push_async_callback(_ended, asyncio.create_task(work, name=name))


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _outside(app: web.Application) -> Outside:
    """Return what the wing that speaks with terminals needs of the rest."""
    return Outside(
        config=app[keys.CONFIG],
        database=app[keys.DATABASE],
        events=app[keys.EVENTS],
        audit=app[keys.AUDIT],
        clock=app[keys.CLOCK],
        feeds=app[keys.FEED_LOG],
        policies=app[keys.POLICIES],
        requests=app[keys.REQUESTS],
        searches=app[keys.SEARCHES],
        seal_key=app[keys.KEYRING].seal,
        jobs=app[keys.JOBS],
        standing=standing_by(app[keys.REQUESTS]),
        models=app[keys.NIGHTS],
    )


async def open_store(config: ZoneConfig, database: Database) -> Keyring:
    """Bring the tables to this version's form and open the keys that belong to what is in them.

    Raises:
        KeyringError: another controller began this zone, and its keys were not copied here.
    """
    if not is_postgresql(config.database_url):
        keyring = open_zone(config)
        await database.migrate()
        return keyring
    await database.migrate()
    async with database.read() as c:
        is_begun = await count_people(c) > 0
    missing = [one for one in ("keys/log.key", "ca/ca.key") if not (config.state / one).exists()]
    if is_begun and missing:
        raise KeyringError(
            f"数据库中已有这个专区，但本机缺少 {'、'.join(missing)}。"
            "请从第一台控制端复制 keys 和 ca 两个目录到数据目录后重新启动；不要生成新的密钥。"
        )
    return open_zone(config)


def open_zone(config: ZoneConfig) -> Keyring:
    """Open the state folder and its keys; keys are made only where there are no data yet."""
    config.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = config.state / "zone.db"
    keyring = open_keyring(config.state / "keys", may_make=not file.exists())
    file.touch(mode=0o600)  # SQLite would make it readable for everybody
    return keyring


def add_services(
    app: web.Application, *, database: Database, keyring: Keyring, clock: Clock
) -> None:
    """Build the services over an open database, each from those before it."""
    config = app[keys.CONFIG]
    audit = AuditLog(database=database, clock=clock)
    events = EventBus()
    blobs = config.state / "blobs"
    log = FeedLog(database=database, keyring=keyring, clock=clock, blobs=blobs)
    app[keys.DATABASE], app[keys.KEYRING] = database, keyring
    app[keys.AUDIT], app[keys.EVENTS], app[keys.FEED_LOG] = audit, events, log
    app[keys.PEOPLE] = People(
        database=database, audit=audit, clock=clock, passwords=Passwords(app[keys.HASHER])
    )
    app[keys.SESSIONS] = Sessions(
        database=database, clock=clock, idle_s=config.session_idle_minutes * 60
    )
    app[keys.POLICIES] = Policies(
        config=config, database=database, audit=audit, events=events, keyring=keyring, clock=clock
    )
    app[keys.JOBS] = Jobs(
        database=database, audit=audit, events=events, keyring=keyring, clock=clock
    )
    _add_enrolment(app, database=database, keyring=keyring, clock=clock)
    made = Bundles(
        log=log,
        library=FeedLibrary(database=database),
        policies=app[keys.POLICIES],
        blobs=BlobFolder(blobs),
    )
    app[keys.BUNDLES] = BundleMaking(
        made, config.state / "bundles", database=database, audit=audit, clock=clock
    )
    _add_desk(app, database=database, keyring=keyring, clock=clock)


def _add_enrolment(
    app: web.Application, *, database: Database, keyring: Keyring, clock: Clock
) -> None:
    """Build what lets terminals in and keeps them out."""
    config, audit, events = app[keys.CONFIG], app[keys.AUDIT], app[keys.EVENTS]
    ca = ZoneCa.open_or_create(config.state / "ca", zone=config.zone, now=clock.now())
    settings = app[keys.TERMINAL_SETTINGS] = TerminalSettings(
        config=config, ca=ca, keyring=keyring, policies=app[keys.POLICIES]
    )
    app[keys.ENROLMENTS] = Enrolments(
        database=database, ca=ca, audit=audit, events=events, clock=clock
    )
    app[keys.PAIRINGS] = Pairings(
        database=database, settings=settings, audit=audit, events=events, clock=clock
    )


def _add_desk(app: web.Application, *, database: Database, keyring: Keyring, clock: Clock) -> None:
    """Build what staff work with, over what `add_services` has put in before."""
    config, audit, events = app[keys.CONFIG], app[keys.AUDIT], app[keys.EVENTS]
    app[keys.DOCUMENTS] = Documents(
        config=config,
        database=database,
        audit=audit,
        events=events,
        clock=clock,
        read_file=_reader(config),
    )
    app[keys.PUBLISHING] = Publishing(
        config=config,
        database=database,
        audit=audit,
        events=events,
        log=app[keys.FEED_LOG],
        records=PublishedRecords(database=database),
    )
    app[keys.PROGRESS] = SigningProgress(config=config, database=database)
    app[keys.EMERGENCIES] = Emergencies(
        config=config, database=database, audit=audit, events=events, log=app[keys.FEED_LOG]
    )
    _add_search(app, database=database, clock=clock)
    app[keys.REQUESTS] = RequestDesk(
        database=database,
        audit=audit,
        events=events,
        keyring=keyring,
        clock=clock,
        calendar=china_calendar(),
    )


def _add_search(app: web.Application, *, database: Database, clock: Clock) -> None:
    """Build what tends the search and answers with it."""
    config, audit = app[keys.CONFIG], app[keys.AUDIT]
    app[keys.SEARCHES] = Searches(database=database, audit=audit, clock=clock)
    app[keys.CURATION] = CurationDesk(
        config=config,
        database=database,
        audit=audit,
        events=app[keys.EVENTS],
        log=app[keys.FEED_LOG],
        records=PublishedRecords(database=database),
    )
    app[keys.SEARCH_COPY] = SearchCopy(
        config.state / "search.db",
        region=config.region,
        published=Published(app[keys.FEED_LOG], FeedLibrary(database=database)),
        policies=app[keys.POLICIES],
        clock=clock,
    )
    records = PublishedRecords(database=database)
    app[keys.EXAMS] = Exams(database=database, audit=audit, records=records, clock=clock)
    app[keys.NIGHTS] = Nights(
        database=database,
        audit=audit,
        records=records,
        copy=app[keys.SEARCH_COPY],
        clock=clock,
        bench=Bench(config.state / "learning", config.state / "blobs", config.region),
    )


def _reader(config: ZoneConfig) -> ReadFile:
    limits = ImportLimits(max_bytes=config.upload_mb * 1024 * 1024)

    def read(name: str, data: bytes) -> ReadDocument:
        return import_file(name, data, limits=limits).document

    return read
