"""Programs of the system that a test machine does not have, as small scripts that judge their arguments.

Each script takes exactly the synopsis that the real program's manual documents, writes down what it was given, and
refuses everything else with exit code 64; so the agent that calls it must speak as the manual says.
"""

import os
from pathlib import Path

REFUSED = 64

_SCRIPT = """#!/bin/sh
# {synopsis}
echo "{name} $*" >> "{log}"
{judge}
exit {refused}
"""

SYNOPSES = {
    # wpctl(1), WirePlumber 0.4.13 and later: "set-volume ID VOL[%][-/+]"; ID may be @DEFAULT_AUDIO_SINK@.
    "wpctl": (
        "wpctl set-volume ID VOL[%]",
        (
            '[ $# = 3 ] && [ "$1 $2" = "set-volume @DEFAULT_AUDIO_SINK@" ] && '
            'case "$3" in [0-9]%|[0-9][0-9]%|100%) exit 0;; esac'
        ),
    ),
    # pactl(1): "set-sink-volume SINK VOLUME [VOLUME ...]"; VOLUME may be a percentage, SINK @DEFAULT_SINK@.
    "pactl": (
        "pactl set-sink-volume SINK VOLUME",
        (
            '[ $# = 3 ] && [ "$1 $2" = "set-sink-volume @DEFAULT_SINK@" ] && '
            'case "$3" in [0-9]%|[0-9][0-9]%|100%) exit 0;; esac'
        ),
    ),
    # amixer(1): "amixer [-option] [cmd]"; -q quiet; "set SCONTROL PARAMETER", a parameter may be a percentage.
    "amixer": (
        "amixer -q set SCONTROL PARAMETER",
        (
            '[ $# = 4 ] && [ "$1 $2 $3" = "-q set Master" ] && '
            'case "$4" in [0-9]%|[0-9][0-9]%|100%) exit 0;; esac'
        ),
    ),
    # ddcutil(1): "ddcutil setvcp feature-code new-value"; MCCS feature 10 (hex) is luminance, 0 to 100.
    "ddcutil": (
        "ddcutil setvcp 10 VALUE",
        (
            '[ $# = 3 ] && [ "$1 $2" = "setvcp 10" ] && '
            'case "$3" in [0-9]|[0-9][0-9]|100) exit 0;; esac'
        ),
    ),
    # brightnessctl(1): "brightnessctl [options] [operation] [value]"; "set VALUE", value "50%".
    "brightnessctl": (
        "brightnessctl set VALUE",
        '[ $# = 2 ] && [ "$1" = "set" ] && case "$2" in [0-9]%|[0-9][0-9]%|100%) exit 0;; esac',
    ),
    # xset(1): "dpms force standby|suspend|off|on".
    "xset": (
        "xset dpms force on|off",
        '[ $# = 3 ] && [ "$1 $2" = "dpms force" ] && case "$3" in on|off) exit 0;; esac',
    ),
    # systemctl(1): "systemctl [OPTIONS...] COMMAND"; "reboot". systemd then ends the units, this agent among them.
    "systemctl": (
        "systemctl reboot",
        '[ $# = 1 ] && [ "$1" = "reboot" ] && kill -TERM "$PPID" && exit 0',
    ),
}


def stand_in(folder: Path, *names: str, fails: bool = False) -> Path:
    """Put scripts of these names into a folder; return the file in which they write what they were given."""
    folder.mkdir(exist_ok=True)
    log = folder / "given"
    log.touch()
    for name in names:
        synopsis, judge = SYNOPSES[name]
        script = folder / name
        text = _SCRIPT.format(
            synopsis=synopsis,
            name=name,
            log=log,
            judge="exit 1" if fails else judge,
            refused=REFUSED,
        )
        script.write_text(text, "utf-8")
        script.chmod(0o755)
    return log


def given(log: Path) -> list[str]:
    """Return the command lines that were given."""
    return log.read_text("utf-8").splitlines()


def path_of(folder: Path) -> dict[str, str]:
    """Return an environment in which only the folder's programs are found."""
    return {**os.environ, "PATH": str(folder)}
