"""Take in what terminals say of themselves, the same over MQTT and HTTPS: state, report, info, counters, jobs.

What cannot be read is the caller's to note; what comes too often is dropped, since it is said again.
"""

from collections.abc import Awaitable, Callable

import msgspec

from controller.services.findings import Finding, Findings
from controller.services.jobs import Jobs
from controller.services.limits import FloodLimits, Traffic
from controller.services.readings import Readings
from controller.services.terminal_words import Word
from controller.services.terminals import Terminals
from devices.clock import Clock
from devices.wire.jobs import JobReport
from devices.wire.messages import BadMessage, Report, StateMessage, Telemetry, from_bytes

JOB = "job/"
OF_ITSELF = frozenset({"state", "rep", "info"})

Put = Callable[[Word], Awaitable[None]]


class Words:
    """Serves words by the rest of their topic: "state", "rep", "info", "job/{id}"."""

    def __init__(
        self,
        *,
        terminals: Terminals,
        jobs: Jobs,
        readings: Readings,
        findings: Findings,
        clock: Clock,
        limits: FloodLimits | None = None,
    ) -> None:
        self._terminals = terminals
        self._jobs = jobs
        self._readings = readings
        self._findings = findings
        self._clock = clock
        self._limits = limits or FloodLimits()

    def are_too_many(self, device: str) -> bool:
        """Count a word of a terminal; True if it has said too much and this one is dropped."""
        if not self._limits.wait_s(device, Traffic.WORD, now=self._clock.monotonic()):
            return False
        self._findings.note(Finding(device, "flood", "words"))
        return True

    async def take(self, word: Word, *, put: Put) -> None:
        """Hand on what a terminal says of itself over MQTT to where batches are made of it."""
        await put(word)
        await self._follow(word)

    async def take_other(self, device: str, rest: str, payload: bytes) -> None:
        """Serve a terminal's word about a job, or its readings.

        Raises:
            BadMessage: no such topic, or not of its form.
        """
        if rest == "tele":
            await self._readings.said(device, from_bytes(payload, Telemetry))
            return
        if not rest.startswith(JOB):
            raise BadMessage("no such topic")
        report = from_bytes(payload, JobReport)
        if rest != f"{JOB}{report.id}":
            raise BadMessage("report of another job than its topic")
        await self._jobs.said(device, report)

    async def take_over_https(self, device: str, rest: str, payload: bytes) -> None:
        """Serve a word that came over HTTPS, where nobody leaves a will.

        Raises:
            BadMessage: no such word, or not of its form.
        """
        if rest == "state":
            await self._terminals.said_over_https(device, from_bytes(payload, StateMessage))
        elif rest in OF_ITSELF:
            word = read_word(device, rest, payload)
            await self._terminals.said([word])
            await self._follow(word)
        else:
            await self.take_other(device, rest, payload)

    async def _follow(self, word: Word) -> None:
        if isinstance(word.said, Report) and word.said.want:
            await self._jobs.wants.follows(word.device, word.said.want)


def read_word(
    device: str, rest: str, payload: bytes, *, is_old: bool = False, via: str = ""
) -> Word:
    """Read what a terminal says of itself.

    Args:
        device: who.
        rest: one of OF_ITSELF.
        payload: what.
        is_old: the broker had kept it.
        via: the link over which it came.

    Raises:
        BadMessage: not of its form.
    """
    said: StateMessage | Report | bytes
    if rest == "state":
        said = from_bytes(payload, StateMessage)
    elif rest == "rep":
        said = from_bytes(payload, Report)
    else:
        said = _json(payload)
    return Word(device, said, is_old=is_old, via=via)


def _json(payload: bytes) -> bytes:
    try:
        msgspec.json.decode(payload)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadMessage("not JSON") from error
    return payload
