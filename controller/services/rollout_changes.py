"""What a rollout changes in a terminal's desired shadow, and how that is undone. Pure."""

from dataclasses import replace
from typing import assert_never

from controller.store.jobs import KeptWant, Shape
from controller.store.rollouts import Rollout, RolloutKind

SOFTWARE = "software"


def told(rollout: Rollout, held: KeptWant) -> KeptWant:
    """Return the wish of a terminal whose wave has come."""
    match rollout.kind:
        case RolloutKind.CONFIGURATION:
            return replace(held, settings={**held.settings, **rollout.settings})
        case RolloutKind.SOFTWARE:
            return replace(held, software=rollout.software)
        case RolloutKind.CONTENT:
            return shown(rollout, held)
        case _:
            assert_never(rollout.kind)


def undone(rollout: Rollout, held: KeptWant, before: dict[str, str | None]) -> KeptWant:
    """Return the wish of a terminal that is led back to what it was."""
    match rollout.kind:
        case RolloutKind.CONFIGURATION:
            kept = {k: v for k, v in held.settings.items() if k not in rollout.settings}
            back = {k: v for k, v in before.items() if v is not None}
            return replace(held, settings={**kept, **back})
        case RolloutKind.SOFTWARE:
            return replace(held, software=before.get(SOFTWARE) or "")
        case RolloutKind.CONTENT:
            return kept_back(rollout, held)
        case _:
            assert_never(rollout.kind)


def remembered(rollout: Rollout, counting: Shape, *, runs: str) -> dict[str, str | None]:
    """Return what a terminal was, as far as the rollout changes it; None for a setting of its own.

    `runs` is the software that it says it runs: there the way back leads if nothing was wished before.
    """
    match rollout.kind:
        case RolloutKind.CONFIGURATION:
            return {name: counting.settings.get(name) for name in rollout.settings}
        case RolloutKind.SOFTWARE:
            return {SOFTWARE: counting.software or runs}
        case RolloutKind.CONTENT:
            return {}
        case _:
            assert_never(rollout.kind)


def kept_back(rollout: Rollout, held: KeptWant) -> KeptWant:
    """Return the wish of a terminal that does not show the rollout's records."""
    return replace(held, withheld=tuple(sorted({*held.withheld, *rollout.records})))


def shown(rollout: Rollout, held: KeptWant) -> KeptWant:
    """Return the wish of a terminal that shows them."""
    return replace(held, withheld=tuple(one for one in held.withheld if one not in rollout.records))
