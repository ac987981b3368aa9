"""Under which keys the application and a request carry things. Handlers read `request.config_dict[KEY]`."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from argon2 import PasswordHasher

from controller.config import ZoneConfig
from controller.problems import Problem
from controller.push.start import PushWing
from controller.services.alerts import Alerts
from controller.services.audit import AuditLog
from controller.services.bundle_making import BundleMaking
from controller.services.curation import CurationDesk
from controller.services.documents import Documents
from controller.services.emergencies import Emergencies
from controller.services.enrolments import Enrolments
from controller.services.events import EventBus
from controller.services.exams import Exams
from controller.services.feed_log import FeedLog
from controller.services.jobs import Jobs
from controller.services.keyring import Keyring
from controller.services.nights import Nights
from controller.services.pairings import Pairings
from controller.services.people import People
from controller.services.policy import Policies
from controller.services.publishing import Publishing
from controller.services.requests import RequestDesk
from controller.services.rollouts import Rollouts
from controller.services.search_copy import SearchCopy
from controller.services.searches import Searches
from controller.services.sessions import Sessions
from controller.services.signing_progress import SigningProgress
from controller.services.terminal_settings import TerminalSettings
from controller.services.terminals import Terminals
from controller.store.database import Database
from controller.store.people import Person
from devices.clock import Clock

ErrorPage = Callable[[web.Request, Problem], Awaitable[web.Response]]
"""Draws the page that a browser gets instead of a problem's JSON."""

CONFIG = web.AppKey("CONFIG", ZoneConfig)
CLOCK: web.AppKey[Clock] = web.AppKey("CLOCK")
DATABASE = web.AppKey("DATABASE", Database)
EVENTS = web.AppKey("EVENTS", EventBus)
KEYRING = web.AppKey("KEYRING", Keyring)
FEED_LOG = web.AppKey("FEED_LOG", FeedLog)
AUDIT = web.AppKey("AUDIT", AuditLog)
PEOPLE = web.AppKey("PEOPLE", People)
SESSIONS = web.AppKey("SESSIONS", Sessions)
POLICIES = web.AppKey("POLICIES", Policies)
DOCUMENTS = web.AppKey("DOCUMENTS", Documents)
PUBLISHING = web.AppKey("PUBLISHING", Publishing)
EMERGENCIES = web.AppKey("EMERGENCIES", Emergencies)
PROGRESS = web.AppKey("PROGRESS", SigningProgress)
REQUESTS = web.AppKey("REQUESTS", RequestDesk)
PUSH = web.AppKey("PUSH", PushWing)
ALERTS = web.AppKey("ALERTS", Alerts)
TERMINALS = web.AppKey("TERMINALS", Terminals)
ENROLMENTS = web.AppKey("ENROLMENTS", Enrolments)
PAIRINGS = web.AppKey("PAIRINGS", Pairings)
TERMINAL_SETTINGS = web.AppKey("TERMINAL_SETTINGS", TerminalSettings)
JOBS = web.AppKey("JOBS", Jobs)
ROLLOUTS = web.AppKey("ROLLOUTS", Rollouts)
BUNDLES = web.AppKey("BUNDLES", BundleMaking)
CURATION = web.AppKey("CURATION", CurationDesk)
SEARCHES = web.AppKey("SEARCHES", Searches)
SEARCH_COPY = web.AppKey("SEARCH_COPY", SearchCopy)
EXAMS = web.AppKey("EXAMS", Exams)
NIGHTS = web.AppKey("NIGHTS", Nights)
HASHER = web.AppKey("HASHER", PasswordHasher)
ERROR_PAGE: web.AppKey[ErrorPage] = web.AppKey("ERROR_PAGE")

REQUEST_ID = web.RequestKey("REQUEST_ID", str)
PERSON = web.RequestKey("PERSON", Person)
"""Who is signed in; absent for visitors. Handlers ask controller.auth.sessions.signed_in(request)."""

if __name__ == "__main__":
    # `python -m controller.keys` is the key ceremony; the name is what the holders' printed papers say.
    import sys

    from controller.ceremony.cli import main

    raise SystemExit(main(sys.argv[1:]))
