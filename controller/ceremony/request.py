"""What the controller asks the holders to sign: the next policy, and the key by which it dates it.

The file travels on removable media and is trusted with nothing: the holders read it on their own screen.
"""

from dataclasses import dataclass

import msgspec

from content.canonical import canonical_json, sha256_hex
from content.errors import CallerError
from content.feed.policy import FeedRule, Policy


class BadRequest(CallerError):
    """The file is not a request of ours."""


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """A proposed policy, and the controller's key for snapshot and timestamp (raw, hex)."""

    policy: Policy
    online: str

    def to_bytes(self) -> bytes:
        """Return the file's bytes."""
        return canonical_json({"online": self.online, "policy": self.policy.fields()})

    @property
    def digest(self) -> str:
        """SHA-256 that both sides read aloud."""
        return sha256_hex(self.to_bytes())


def read_request(data: bytes) -> KeyRequest:
    """Read a request.

    Raises:
        BadRequest: not one.
    """
    try:
        return msgspec.json.decode(data, type=KeyRequest)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadRequest(
            "这不是控制端生成的密钥申请文件，请在控制端重新生成后拷贝过来。"
        ) from error


def describe(policy: Policy) -> tuple[str, ...]:
    """Return in Chinese who may sign what by a policy, line by line."""
    lines = [f"专区：{policy.zone}　策略版本：{policy.version}"]
    for rule in policy.feeds:
        lines += [
            f"频道 {rule.pattern}（{_risk(rule)}）：须 {rule.threshold} 人签名，有权签名的人："
        ]
        lines += [f"    {name}　密钥 {key}" for name, key in _approvers(rule, policy)] or [
            "    （无）"
        ]
    lines += [f"日志密钥（控制端，只能排序，不能产生内容）：{'、'.join(_log_keys(policy))}"]
    return tuple(lines)


def _risk(rule: FeedRule) -> str:
    if "emergency" in rule.kinds:
        return "应急信息"
    return "村级公开" if rule.pattern.startswith("village/") else "政府文件"


def _approvers(rule: FeedRule, policy: Policy) -> list[tuple[str, str]]:
    keys = policy.by_id
    return [(keys[one].name or keys[one].holder, one) for one in rule.approvers if one in keys]


def _log_keys(policy: Policy) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for rule in policy.feeds for key in rule.log_keys))
