"""Render the citizens' pages: texts, icons, text size. No cookies, no scripts, nothing remembered."""

from datetime import date
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

import aiohttp_jinja2
import jinja2
from aiohttp import web

from controller.auth.attempts import Attempts
from controller.desk.icons import Icons
from controller.desk.texts import HTML_LANG, Texts, choose_language
from controller.keys import CONFIG
from controller.phone.guessing import TRIES, WINDOW_S
from controller.phone.views import SIZES, phone_numbers, table_rows_agree
from devices.clock import Clock

HERE = Path(__file__).parent
PAGES = web.AppKey("PHONE_PAGES", jinja2.Environment)
WORDS = web.AppKey("PHONE_WORDS", Texts)
GUESSES = web.AppKey("PHONE_GUESSES", Attempts)
_KEEP = ("lang", "size", "v", "q", "p")


def install(app: web.Application, *, icons: Icons, clock: Clock) -> None:
    """Give the application the citizens' templates, words and guess limit."""
    env = aiohttp_jinja2.setup(
        app,
        app_key=PAGES,
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals["icon"] = icons.svg
    env.globals["has_head"] = table_rows_agree
    env.globals["phones_in"] = phone_numbers
    app[WORDS] = Texts(HERE / "locale")
    app[GUESSES] = Attempts(clock=clock, limit=TRIES, window_s=WINDOW_S)


def page(
    request: web.Request,
    template: str,
    *,
    status: int = HTTPStatus.OK,
    private: bool = False,
    **values: object,
) -> web.Response:
    """Return a page. Private pages are not indexed, cached or told to other sites."""
    language = language_of(request)
    words = request.config_dict[WORDS]
    size = request.query.get("size", SIZES[0])

    def say(key: str, **blanks: object) -> str:
        return words.say(language, key, blanks)

    context = {
        "t": say,
        "day": lambda when: show_day(when, language=language),
        "link": lambda **changes: link(request, changes),
        "language": language,
        "html_lang": HTML_LANG[language],
        "size": size if size in SIZES else SIZES[0],
        "private": private,
        "zone_name": request.config_dict[CONFIG].zone,
        "css": "/phone/phone.css",
        **values,
    }
    response = aiohttp_jinja2.render_template(
        template, request, context, app_key=PAGES, status=status
    )
    response.headers["Cache-Control"] = "no-store" if private else "no-cache"
    if private:
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


def language_of(request: web.Request) -> str:
    """Return the language that the address asks for."""
    return choose_language(request.query.get("lang"))


def say(request: web.Request, key: str, **values: object) -> str:
    """Return a sentence in the language of the request."""
    return request.config_dict[WORDS].say(language_of(request), key, values)


def link(request: web.Request, changes: dict[str, str]) -> str:
    """Return this page's address with other text size or language; nothing else is carried along."""
    kept = {key: request.query[key] for key in _KEEP if key in request.query}
    query = urlencode({**kept, **changes})
    return f"{request.path}?{query}" if query else request.path


def show_day(day: date | None, *, language: str) -> str:
    """Return a date as people read it, "" for none."""
    if day is None:
        return ""
    return day.isoformat() if language == "en" else f"{day.year}年{day.month}月{day.day}日"


def error_page(request: web.Request, *, status: int) -> web.Response:
    """Return the calm page for whatever went wrong on a citizen's page, with one way on."""
    found = status != HTTPStatus.NOT_FOUND
    name = "error" if found else "missing"
    return page(
        request,
        "message.html",
        status=status,
        private=True,
        title=say(request, f"{name}.title"),
        text=say(request, f"{name}.text"),
        way=link(request, {}) if found else "/s",
        way_word=say(request, f"{name}.way"),
        way_icon="refresh-cw" if found else "search",
    )
