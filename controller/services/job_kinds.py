"""What each kind of job takes and brings. Pure."""

from collections.abc import Mapping

from content.errors import CallerError
from devices.wire.jobs import JobKind

MEDIA = {JobKind.SCREENSHOT: "image/png", JobKind.LOG_BUNDLE: "text/plain"}
"""Kinds that bring something, and of what form it is."""

MOST_SIGNS = 40
_PERCENT = frozenset(str(number) for number in range(101))
_ARGS: dict[JobKind, dict[str, frozenset[str] | None]] = {
    JobKind.RESTART_UI: {"ui": None},
    JobKind.SCREENSHOT: {"ui": None},
    JobKind.VOLUME: {"percent": _PERCENT},
    JobKind.BRIGHTNESS: {"ui": None, "percent": _PERCENT},
    JobKind.SCREEN_POWER: {"ui": None, "power": frozenset({"on", "off"})},
}
"""Arguments of each kind: the words allowed, None for any word of at most 40 signs."""


def arguments(kind: JobKind) -> tuple[str, ...]:
    """Return the names of a kind's arguments."""
    return tuple(_ARGS.get(kind, {}))


def check_args(kind: JobKind, args: Mapping[str, str]) -> None:
    """See that the arguments are those of the kind.

    Raises:
        CallerError: one is missing, too many, or not one of its words.
    """
    wanted = _ARGS.get(kind, {})
    good = set(args) == set(wanted) and all(
        args[name] in words if words is not None else 0 < len(args[name]) <= MOST_SIGNS
        for name, words in wanted.items()
    )
    if not good:
        raise CallerError("任务的参数不正确，请在终端页面上重新选择。")
