"""Render the desk's pages: words, icons, theme, navigation, what the person may do."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import hdrs, web

from content.codes import show_code
from controller.auth.permissions import Permission, allow
from controller.auth.sessions import csrf_token
from controller.desk.device_rows import device_rows
from controller.desk.document_view import block_text
from controller.desk.icons import Icons
from controller.desk.texts import HTML_LANG, Texts, choose_language
from controller.keys import CONFIG, PERSON
from controller.store.people import Person
from devices.clock import CHINA

HERE = Path(__file__).parent
STATIC = HERE / "static"
THEMES = ("light", "dark")
PAGES = web.AppKey("DESK_PAGES", jinja2.Environment)
WORDS = web.AppKey("DESK_WORDS", Texts)

SIGNING_WORDS = (
    "insecure",
    "old",
    "failed",
    "offline",
    "working",
    "checking",
    "ready",
    "no_key",
    "no_key_here",
    "no_root_here",
    "digest_differs",
    "statement_differs",
    "policy_differs",
)
"""Sentences of signing.js: what the browser finds out by itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation. `gap` draws a line above it."""

    name: str
    icon: str
    needs: Permission | None = None
    gap: bool = False


NAVIGATION = (
    Place("home", "house"),
    Place("search", "search", Permission.READ_WORDS),
    Place("documents", "file-text", Permission.READ_DOCUMENTS),
    Place("emergency", "siren", Permission.READ_EMERGENCY),
    Place("words", "text-search", Permission.READ_WORDS),
    Place("requests", "inbox", Permission.LIST_REQUESTS),
    Place("terminals", "monitor", Permission.READ_TERMINALS),
    Place("people", "users", Permission.MANAGE_PEOPLE, gap=True),
    Place("audit", "scroll-text", Permission.READ_AUDIT),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence above the page. `tone` is good, warn, bad or blue."""

    tone: str
    text: str


def install(app: web.Application, *, icons: Icons) -> None:
    """Give the application the desk's templates and words."""
    env = aiohttp_jinja2.setup(
        app,
        app_key=PAGES,
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(
        icon=icons.svg, show_code=show_code, block_text=block_text, static=static_address
    )
    env.globals["device_rows"] = device_rows
    app[WORDS] = Texts(HERE / "locale")


def static_address(name: str) -> str:
    """Return the address of a file under static/."""
    return f"/desk/static/{name}"


def language_of(request: web.Request) -> str:
    """Return the language that the person chose; it is kept in a cookie."""
    return choose_language(request.cookies.get("language"))


def say(request: web.Request, key: str, **values: object) -> str:
    """Return a sentence in the person's language."""
    return request.config_dict[WORDS].say(language_of(request), key, values)


async def page(
    request: web.Request,
    template: str,
    *,
    status: int = HTTPStatus.OK,
    problem: str = "",
    **values: object,
) -> web.Response:
    """Return a page; `problem` is a sentence that stands above it, in the manner of an alarm."""
    context = (
        _context(request, problem=problem) | {"csrf_token": await csrf_token(request)} | values
    )
    response = aiohttp_jinja2.render_template(
        template, request, context, app_key=PAGES, status=status
    )
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    return response


def fragment(request: web.Request, template: str, **values: object) -> str:
    """Return a part of a page, for a page that is open."""
    context = _context(request, problem="") | values
    return aiohttp_jinja2.render_string(template, request, context, app_key=PAGES)


def address(request: web.Request, name: str, **parts: str) -> str:
    """Return the address of one of the desk's pages by its name."""
    route = request.app.router[f"desk-{name}"]
    return str(route.url_for(**parts))


def done(request: web.Request, name: str, key: str, **parts: str) -> web.HTTPSeeOther:
    """Return the way to a page that will say what has been done (a key under `done.`)."""
    return web.HTTPSeeOther(f"{address(request, name, **parts)}?done={key}")


def _context(request: web.Request, *, problem: str) -> dict[str, object]:
    words, language = request.config_dict[WORDS], language_of(request)
    person = request.get(PERSON)
    theme = request.cookies.get("theme", "")
    return {
        "t": _teller(words, language),
        "url": lambda name, **parts: address(request, name, **parts),
        "act": lambda word: _act(words, language, word),
        "actor": lambda who: _actor(words, language, who),
        "detail": lambda text: _detail(words, language, text),
        "day": lambda when: show_day(when, language=language),
        "moment": lambda at: show_moment(at, language=language),
        "signing_words": _signing_words(words, language),
        "language": language,
        "html_lang": HTML_LANG[language],
        "theme": theme if theme in THEMES else "auto",
        "path": request.path_qs,
        "csrf_token": "",
        "person": person,
        "places": _places(request, person) if person else (),
        "here": request.path.removeprefix("/desk").strip("/").split("/")[0] or "home",
        "zone_name": request.config_dict[CONFIG].zone,
        "notices": _notices(request, words, language, problem),
    }


def _teller(words: Texts, language: str) -> Callable[..., str]:
    def tell(key: str, **values: object) -> str:
        return words.say(language, key, values)

    return tell


def _notices(request: web.Request, words: Texts, language: str, problem: str) -> tuple[Notice, ...]:
    if problem:
        return (Notice("bad", problem),)
    key = f"done.{request.query.get('done', '')}"
    return (Notice("good", words.say(language, key, {})),) if key in words.keys("zh") else ()


def _places(request: web.Request, person: Person) -> tuple[Mapping[str, object], ...]:
    return tuple(
        {
            "name": place.name,
            "icon": place.icon,
            "gap": place.gap,
            "href": address(request, place.name),
            "count": 0,
        }
        for place in NAVIGATION
        if place.needs is None or allow(person, place.needs)
    )


def _act(words: Texts, language: str, word: str) -> str:
    """Return an act of history or audit in words; one that has none yet is shown as it is."""
    key = f"act.{word}"
    return words.say(language, key, {}) if key in words.keys("zh") else word


def _actor(words: Texts, language: str, who: str) -> str:
    """Return who acted if it was nobody of the desk; people's names are in the page's `names`."""
    key = f"actor.{who}"
    return words.say(language, key, {}) if key in words.keys("zh") else who


def _detail(words: Texts, language: str, text: str) -> str:
    """Return an audit row's detail with the roles and uses of keys in words; all else as it is kept."""
    known = words.keys("zh")
    said = []
    for word in text.split(" "):
        key = next((key for key in (f"role.{word}", f"keys.use.{word}") if key in known), "")
        said.append(words.say(language, key, {}) if key else word)
    return " ".join(said)


def _signing_words(words: Texts, language: str) -> str:
    said = {key: words.say(language, f"sign.{key}", {}) for key in SIGNING_WORDS}
    return json.dumps(said, ensure_ascii=False)


def show_day(day: date | None, *, language: str) -> str:
    """Return a date as people read it, "" for none."""
    if day is None:
        return ""
    return day.isoformat() if language == "en" else f"{day.year}年{day.month}月{day.day}日"


def show_moment(at: int | datetime, *, language: str) -> str:
    """Return a moment in the zone's time, to the minute."""
    moment = at if isinstance(at, datetime) else datetime.fromtimestamp(at, CHINA)
    moment = moment.astimezone(CHINA)
    return f"{show_day(moment.date(), language=language)} {moment:%H:%M}"
