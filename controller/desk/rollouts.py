"""Pages of staged rollouts: plan one, follow its waves live, halt it, let it go on, lead it back."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus

from aiohttp import web
from multidict import MultiMapping

from content.errors import CallerError
from controller.auth.permissions import Permission, allow, require
from controller.auth.sessions import csrf_token, signed_in
from controller.desk.forms import BadInput, choice, number, word
from controller.desk.job_view import say_in
from controller.desk.pages import WORDS, done, fragment, language_of, page, say
from controller.desk.rollout_view import PHASE_TONES, STEP_TONES, RolloutView, view_of
from controller.desk.streams import stream
from controller.keys import DOCUMENTS, JOBS, PEOPLE, ROLLOUTS, TERMINALS
from controller.services.events import RolloutChanged, TerminalChanged, WantChanged
from controller.services.rollout_waves import by_region, by_share
from controller.services.rollouts import RolloutDraft
from controller.store.documents import DocumentState
from controller.store.rollouts import Gate, Member, RolloutKind
from devices.agent.wishes import SETTINGS
from devices.drivers.printer.model import sheets

KINDS = (RolloutKind.CONFIGURATION, RolloutKind.CONTENT)
MINUTE, HOUR = 60, 3600
_PARTING = re.compile(r"[^0-9A-Za-z._-]+")
_STAGEABLE = (DocumentState.SUBMITTED, DocumentState.DRAFT, DocumentState.RETURNED)


async def rollouts(request: web.Request) -> web.Response:
    """List the rollouts, the newest first."""
    person = signed_in(request)
    require(person, Permission.READ_TERMINALS)
    found = await request.config_dict[ROLLOUTS].list()
    return await page(
        request,
        "rollouts.html",
        rollouts=found,
        tones=PHASE_TONES,
        may_order=allow(person, Permission.MANAGE_TERMINALS),
    )


async def plan(request: web.Request) -> web.StreamResponse:
    """Show the form of a new rollout; begin it."""
    require(signed_in(request), Permission.MANAGE_TERMINALS)
    if request.method != "POST":
        return await _ask(request, typed=request.query)
    form = await request.post()
    try:
        draft = await _draft(request, form)
        made = await request.config_dict[ROLLOUTS].create(signed_in(request), draft)
    except CallerError as error:
        problem = say(request, str(error)) if isinstance(error, BadInput) else str(error)
        return await _ask(request, typed=form, problem=problem)
    raise done(request, "rollout", "rollout_begun", id=made.id)


async def one(request: web.Request) -> web.Response:
    """Show one rollout: plan, waves, terminals."""
    return await _show(request)


async def live(request: web.Request) -> web.StreamResponse:
    """Send the rollout anew whenever something changed."""
    require(signed_in(request), Permission.READ_TERMINALS)
    token = await csrf_token(request)
    await _view(request)

    async def draw() -> str:
        return fragment(
            request,
            "rollout_now.html",
            view=await _view(request),
            step_tones=STEP_TONES,
            why=_why(request),
            may_order=allow(signed_in(request), Permission.MANAGE_TERMINALS),
            csrf_token=token,
        )

    return await stream(
        request, "rollout", draw=draw, on=(RolloutChanged, WantChanged, TerminalChanged)
    )


async def turn(request: web.Request) -> web.StreamResponse:
    """Halt a rollout, let it go on, lead it back, or show what was kept back."""
    person, rollout = signed_in(request), request.match_info["id"]
    service = request.config_dict[ROLLOUTS]
    require(person, Permission.MANAGE_TERMINALS)
    acts = {
        "halt": service.halt,
        "resume": service.go_on,
        "back": service.roll_back,
        "close": service.close,
    }
    try:
        await acts[request.match_info["act"]](person, rollout)
    except CallerError as error:
        return await _show(request, problem=str(error))
    raise done(request, "rollout", f"rollout_{request.match_info['act']}", id=rollout)


async def _show(request: web.Request, *, problem: str = "") -> web.Response:
    person = signed_in(request)
    require(person, Permission.READ_TERMINALS)
    view = await _view(request)
    names = await request.config_dict[PEOPLE].names()
    return await page(
        request,
        "rollout.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        view=view,
        step_tones=STEP_TONES,
        why=_why(request),
        created_by=names.get(view.rollout.created_by, view.rollout.created_by),
        may_order=allow(person, Permission.MANAGE_TERMINALS),
        setting_word=lambda name: say(request, f"rollouts.setting.{name}"),
    )


async def _view(request: web.Request) -> RolloutView:
    services = request.config_dict
    rollout, members = await services[ROLLOUTS].get(request.match_info["id"])
    return view_of(
        rollout,
        members,
        statuses={one.id: one for one in await services[TERMINALS].list()},
        wants=await services[JOBS].wants.all(),
    )


def _why(request: web.Request) -> Callable[[str], str]:
    """Return what says why a terminal went wrong; a fault's code as it is where there is no word."""
    words = request.config_dict[WORDS]
    speak, known = say_in(words, language_of(request)), words.keys("zh")

    def why(code: str) -> str:
        key = f"rollouts.why.{code}"
        return speak(key) if key in known else speak("rollouts.why.fault", code=code)

    return why


async def _ask(
    request: web.Request, *, typed: Mapping[str, object], problem: str = ""
) -> web.Response:
    everybody = await request.config_dict[TERMINALS].enrolled()
    asked = choice(typed, "kind", RolloutKind)
    kind = asked if asked in KINDS else KINDS[0]
    documents = [
        document
        for state in _STAGEABLE
        for document in await request.config_dict[DOCUMENTS].list(signed_in(request), state=state)
    ]
    return await page(
        request,
        "rollout_plan.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        kinds=KINDS,
        kind=kind,
        typed=typed,
        chosen=_all(typed, "record"),
        settings=SETTINGS,
        models=sheets(),
        regions=sorted({one.region for one in everybody}),
        everybody=everybody,
        documents=documents,
    )


async def _draft(request: web.Request, form: Mapping[str, object]) -> RolloutDraft:
    kind = choice(form, "kind", RolloutKind)
    if kind not in KINDS:
        raise BadInput("rollouts.choose_kind")
    settings = {name: word(form, f"set-{name}", limit=40) for name in SETTINGS}
    is_configuration = kind is RolloutKind.CONFIGURATION
    return RolloutDraft(
        kind=kind,
        title=word(form, "title", limit=80),
        members=await _members(request, form),
        gate=Gate(
            success_percent=number(form, "success"),
            error_percent=number(form, "error"),
            soak_s=number(form, "soak") * MINUTE,
            patience_s=max(number(form, "patience"), 1) * HOUR,
        ),
        settings={k: v for k, v in settings.items() if v} if is_configuration else {},
        records=() if is_configuration else tuple(_all(form, "record")),
    )


async def _members(request: web.Request, form: Mapping[str, object]) -> tuple[Member, ...]:
    region = word(form, "region", limit=12)
    everybody = await request.config_dict[TERMINALS].enrolled()
    within = [one for one in everybody if one.region.startswith(region)]
    first = set(_pieces(word(form, "first", limit=2000)))
    if word(form, "by") == "region":
        return by_region(within, first=first, regions=_pieces(word(form, "order")))
    percents = _pieces(word(form, "percents", limit=60))
    if not all(one.isascii() and one.isdigit() for one in percents):
        raise BadInput("rollouts.bad_percents")
    return by_share(within, first=first, percents=[int(one) for one in percents])


def _pieces(text: str) -> list[str]:
    """Return the names or numbers of a list, however they are parted."""
    return [one for one in _PARTING.split(text) if one]


def _all(form: Mapping[str, object], name: str) -> list[str]:
    values = form.getall(name, []) if isinstance(form, MultiMapping) else [form.get(name)]
    return [one for one in values if isinstance(one, str) and one]
