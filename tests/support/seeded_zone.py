"""Fill a zone's state folder before its controller starts: people, keys, policy and published documents.

Through the controller's own services, as its offline commands do; no browser is needed for what a test is not about.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from controller.auth.roles import Role
from controller.commands.offline import offline
from controller.config import load_config
from tests.support.signers import Signer
from tests.support.zone import Zone

HEATING = (
    "示范县人民政府办公室关于做好冬季供暖保障工作的通知",
    "示政办发〔2026〕31号",
    "各乡镇人民政府，县政府各部门：",
    "为做好冬季供暖保障工作，现将有关事项通知如下。",
    "一、保障供应",
    "供热企业应于11月10日前完成设备检修。",
    "示范县人民政府办公室",
    "2026年11月2日",
    "（此件公开发布）",
)
ALLOWANCE = (
    "示范县人民政府办公室关于提高最低生活保障标准的通知",
    "示政办发〔2026〕32号",
    "各乡镇人民政府，县政府各部门：",
    "为保障困难群众基本生活，现将有关事项通知如下。",
    "一、保障标准",
    "城市低保标准提高到每人每月720元。",
    "示范县人民政府办公室",
    "2026年11月3日",
    "（此件公开发布）",
)


@dataclass(frozen=True)
class Seeded:
    """What a zone begins with.

    Attributes:
        heating, allowance: ids of the published documents; the first line of each text is its title.
        signers: login -> key that the policy knows. "writer" drafts and approves, so never alone.
        people: login -> id.
    """

    heating: str
    allowance: str
    signers: dict[str, Signer]
    people: dict[str, str]


def seed(state: Path) -> Seeded:
    """Seed the zone of this state folder."""
    return asyncio.run(_seed(state))


async def _seed(state: Path) -> Seeded:
    async with offline(load_config(state)) as app:
        zone = Zone(app)
        await zone.staff()
        await zone.add("writer", Role.DRAFTER, Role.APPROVER)
        await zone.sign_policy()
        heating, allowance = await _publish(zone, HEATING), await _publish(zone, ALLOWANCE)
        people = {login: person.id for login, person in zone.people.items()}
        return Seeded(heating, allowance, dict(zone.signers), people)


async def _publish(zone: Zone, text: tuple[str, ...]) -> str:
    document = await zone.submitted(text=text)
    await zone.sign("approver", document.id)
    return document.id
