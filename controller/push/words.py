"""Take in what terminals say of themselves, the same over MQTT and HTTPS: state, report, info, counters, jobs.

What cannot be read is the caller's to note; what comes too often is dropped, since it is said again.
"""

import msgspec

from controller.services.findings import Finding, Findings
from controller.services.jobs import Jobs
from controller.services.limits import FloodLimits, Traffic
from controller.services.readings import Readings
from controller.services.terminals import Terminals
from devices.clock import Clock
from devices.wire.jobs import JobReport
from devices.wire.messages import BadMessage, Report, StateMessage, Telemetry, from_bytes

JOB = "job/"


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

    async def take(self, device: str, rest: str, payload: bytes, *, is_old: bool = False) -> None:
        """Serve a word that came over MQTT; `is_old` says that the broker had kept it.

        Raises:
            BadMessage: no such topic, or not of its form.
        """
        if rest == "state":
            await self._terminals.said_state(device, from_bytes(payload, StateMessage))
        else:
            await self._said(device, rest, payload, is_old=is_old)

    async def take_over_https(self, device: str, rest: str, payload: bytes) -> None:
        """Serve a word that came over HTTPS, where nobody leaves a will.

        Raises:
            BadMessage: no such word, or not of its form.
        """
        if rest == "state":
            await self._terminals.said_over_https(device, from_bytes(payload, StateMessage))
        else:
            await self._said(device, rest, payload, is_old=False)

    async def _said(self, device: str, rest: str, payload: bytes, *, is_old: bool) -> None:
        if rest == "rep":
            report = from_bytes(payload, Report)
            await self._terminals.said_report(device, report, is_old=is_old)
            await self._jobs.follows(device, report.want)
        elif rest == "info":
            await self._terminals.said_info(device, _json(payload))
        elif rest == "tele":
            await self._readings.said(device, from_bytes(payload, Telemetry))
        elif rest.startswith(JOB):
            report_of_job = from_bytes(payload, JobReport)
            if rest != f"{JOB}{report_of_job.id}":
                raise BadMessage("report of another job than its topic")
            await self._jobs.said(device, report_of_job)
        else:
            raise BadMessage("no such topic")


def _json(payload: bytes) -> bytes:
    try:
        msgspec.json.decode(payload)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadMessage("not JSON") from error
    return payload
