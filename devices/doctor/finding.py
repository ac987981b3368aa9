"""What was found of one device, in words for the keeper; as text and as JSON."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

from devices.agent.sentences import peripheral
from devices.drivers.health import Level
from devices.drivers.reasons import Kind, Reason, name_of, say

PRINTER = "printer"
WELL = "工作正常。"


class Verdict(StrEnum):
    """How a device is; UNKNOWN: something is plugged in that does not answer as anything known."""

    OK = "ok"
    WARN = "warn"
    DOWN = "down"
    UNKNOWN = "unknown"


_SIGNS = {Verdict.OK: "✔", Verdict.WARN: "！", Verdict.DOWN: "✘", Verdict.UNKNOWN: "？"}
_WORDS = {
    Verdict.OK: "正常",
    Verdict.WARN: "需留意",
    Verdict.DOWN: "不能用",
    Verdict.UNKNOWN: "未识别",
}


_URGENCY = {Verdict.DOWN: 0, Verdict.WARN: 1, Verdict.UNKNOWN: 2, Verdict.OK: 3}


@dataclass(frozen=True, slots=True)
class Finding:
    """One device.

    Attributes:
        device: printer, id_card, …; "" where it is not known what it is.
        name: what people call it.
        place: where it is plugged in, or is said to be.
        verdict: how it is.
        sentence: what is the matter and what to do.
        details: what it said of itself.
    """

    device: str
    name: str
    place: str
    verdict: Verdict
    sentence: str
    details: tuple[str, ...] = ()


def finding_of(
    device: str, place: str, *, level: Level, reason: str, details: tuple[str, ...] = ()
) -> Finding:
    """Return the finding of a device that is known by kind."""
    if level is Level.OK:
        return Finding(device, _name(device), place, Verdict.OK, WELL, details)
    return Finding(
        device, _name(device), place, Verdict(str(level)), _sentence(device, reason), details
    )


def as_text(findings: Iterable[Finding], *, head: str, foot: tuple[str, ...] = ()) -> str:
    """Return the findings as lines for a keeper: how many are how, then what has to be done first."""
    found = sorted(findings, key=lambda one: _URGENCY[one.verdict])
    lines = [head + _how_many(found), ""]
    for one in found:
        lines.append(f"{_SIGNS[one.verdict]} {one.name}  {_WORDS[one.verdict]}  （{one.place}）")
        said = () if one.sentence == WELL else (one.sentence,)
        lines += [f"   {line}" for line in (*said, *one.details)]
    return "\n".join([*lines, *([""] if foot else []), *foot, ""])


def _how_many(findings: list[Finding]) -> str:
    if not findings:
        return ""
    counts = [(sum(one.verdict is verdict for one in findings), verdict) for verdict in _URGENCY]
    parts = [f"{count} 项{_WORDS[verdict]}" for count, verdict in counts if count]
    return f"共 {len(findings)} 项，" + "，".join(parts) + "。"


def as_fields(finding: Finding) -> dict[str, object]:
    """Return a finding for JSON."""
    return asdict(finding)


def _sentence(device: str, reason: str) -> str:
    if device == PRINTER:
        return peripheral(device, reason)
    return say(Kind(device), Reason(reason)).keeper


def _name(device: str) -> str:
    return "小票打印机" if device == PRINTER else name_of(Kind(device))
