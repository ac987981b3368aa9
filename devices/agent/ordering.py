"""Tie orders to the rest of the agent: how they are heard, answered and followed."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.agent.disk import DiskReplica, OneThread
from devices.agent.ports import Link, NotPossible, Unreachable, Upstream
from devices.wire import topics
from devices.wire.jobs import JobReport
from devices.wire.messages import to_bytes

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answers:
    """Says what becomes of jobs, over whichever way is open."""

    device: str
    link: Link
    upstream: Upstream

    async def tell(self, report: JobReport) -> None:
        """Say a report; one that is not heard is said again when the job is heard again."""
        payload = to_bytes(report)
        if self.link.publish(topics.job_report(self.device, report.id), payload):
            return
        try:
            await self.upstream.say(f"job/{report.id}", payload)
        except Unreachable:
            logger.info("job report not said", extra={"job": report.id})

    async def bring(self, job: str, data: bytes) -> str:
        """Hand over what a job brings; "" if it could not be handed over."""
        try:
            return await self.upstream.bring(job, data)
        except Unreachable:
            logger.info("job result not delivered", extra={"job": job})
            return ""


@dataclass(frozen=True, slots=True)
class PolicyKeys:
    """The keys that may order our feeds, by the policy that the replica holds."""

    replica: DiskReplica
    disk: OneThread
    feeds: Sequence[str]

    async def __call__(self) -> Mapping[str, bytes]:
        """Return key id -> raw public key; nothing without a policy."""
        try:
            return await self.disk(self.replica.order_keys, self.feeds)
        except NotPossible:
            return {}
