"""Every Chinese sentence that an agent says: to visitors through the UI, to staff in its report and log.

Each says what is wrong and what to do.
"""

from datetime import datetime

from content.feed.verify import REASON_ZH, Reason
from devices.clock import CHINA

FORM_UNREADABLE = "申请表内容不完整或无法识别，没有保存任何内容。请返回检查各栏后重新提交。"
FORM_TOO_LONG = "填写的内容过长，没有保存。请缩短所需信息的描述后重新提交。"
NOT_KEPT = (
    "终端存储已满或出现故障，您的申请没有保存，也没有留下任何个人信息。"
    "请联系大厅工作人员，或改在窗口提交书面申请。"
)
NOT_KEPT_ALONE = (
    "终端存储已满或出现故障，您的申请没有保存，也没有留下任何个人信息。"
    "情况已报告管理人员。请稍后再试，或到政务服务大厅窗口提交书面申请。"
)
REPLICA_FULL = "终端磁盘已满或无法写入，新内容暂时不能更新。请清理磁盘后等待自动恢复。"
OUTBOX_OLD = "有申请超过 24 小时未送达服务器，请检查终端网络和服务器状态。"
REJECTED = "服务器拒收了一份申请，该申请仍加密保存在终端，请管理员查明原因并联系申请人。"
POLICY_REFUSED = "收到的签名策略没有通过校验，终端继续使用原有策略。请核对根密钥和策略版本。"
KEYS_EXPIRED = (
    "签名密钥文件已过有效期，暂时不能更换密钥，显示的内容不受影响。"
    "请核对终端时钟；时钟无误时，请检查服务器是否正常更新密钥文件。"
)
UI_AWAY = "终端画面程序没有响应，正在重新启动；若反复出现，请到现场检查屏幕和主机。"

BROKER_UNREACHABLE = "连不上消息服务器，请检查网线、网络和服务器地址。"
BROKER_UNTRUSTED = "消息服务器的证书不是本专区签发的，已拒绝连接。请核对 ca.crt 和服务器地址。"
CERTIFICATE_REFUSED = "服务器不接受本终端的证书，请管理员确认证书未被吊销或更换，并重新登记终端。"
LINK_LOST = "与消息服务器的连接中断，正在自动重连。"
API_UNTRUSTED = "数据接口的证书不是本专区签发的，已拒绝连接。请核对 ca.crt 和服务器地址。"
API_UNREACHABLE = "连不上数据接口，暂时不能取得新内容。请检查网络和服务器状态。"

BUNDLE_OLDER = "U 盘内容包比终端已有的内容旧，没有改动。请从工作台重新制作内容包。"
CLOCK_BEHIND = (
    "终端时钟慢于已收到内容的签发时间，请校准时间；若断电后反复出现，请更换主板电池。"
    "如核对后终端时钟无误，可能有人盗用日志密钥签发未来时间，请联系管理员。"
)


def refused(reason: Reason, subject: str, *, feed: str) -> str:
    """Say that a line, entry or head was refused and that the last good content stays."""
    about = f"（{subject}）" if subject else ""
    return (
        f"频道 {feed} 的新内容{about}未通过校验：{REASON_ZH[reason]}。"
        "终端继续显示此前的正确内容，请管理员核查发布和签名。"
    )


def tampered(record: str) -> str:
    """Say that kept content was changed on disk and is no longer shown."""
    return (
        f"终端本地保存的内容（{record}）被改动，已停止显示，正在重新下载。"
        "若反复出现，请检查终端硬盘和机箱封条。"
    )


def set_back(feed: str) -> str:
    """Say that the copy holds less than it held: it was exchanged for an earlier one, cut off or lost."""
    return (
        f"终端本地保存的频道 {feed} 比上次运行时旧或已丢失，正在重新下载，期间继续显示已有的正确内容。"
        "请检查终端硬盘和机箱封条，确认无人更换过数据。"
    )


def mended(record: str) -> str:
    """Say that changed content was fetched anew; somebody should still look at the machine."""
    return (
        f"终端本地保存的内容（{record}）曾被改动，已重新下载并通过校验。"
        "请检查终端硬盘和机箱封条，确认无人接触过设备。"
    )


def stale(feed: str, as_of: int, *, frozen: bool) -> str:
    """Say up to when a feed is known; `frozen` if the controller answers and yet says nothing newer."""
    until = f"频道 {feed} 的资料截至 {moment(as_of)}，"
    if frozen:
        return (
            until + "服务器有应答却没有更新的签名，请核对终端时钟和服务器状态，并排查内容被冻结。"
        )
    return until + "之后没有收到更新。请恢复网络，或用 U 盘内容包更新。"


def forked(feed: str, sequence: int, noted_at: int) -> str:
    """Say that the log key signed two logs."""
    return (
        f"频道 {feed} 在序号 {sequence} 处出现两份相互矛盾的签名记录（{moment(noted_at)}），"
        "两份均已留存为证据。日志密钥可能被盗用，请立即联系管理员。"
    )


def bundle_taken(feeds: int) -> str:
    """Say that a stick's content is in use."""
    if not feeds:
        return "U 盘内容包校验通过，终端内容已是最新，可以拔出 U 盘。"
    return f"U 盘内容包校验通过，已更新 {feeds} 个频道，可以拔出 U 盘。"


def bundle_refused(why: str) -> str:
    """Say that a stick's content was not taken, or not all of it."""
    return f"U 盘内容包没有全部采用，终端继续显示此前的正确内容。{why}"


def moment(at: int) -> str:
    """Return a unix second as staff read it."""
    return f"{datetime.fromtimestamp(at, CHINA):%Y年%m月%d日 %H:%M}"


def peripheral(device: str, reason: str) -> str:
    """Say what a peripheral suffers from."""
    why = PERIPHERAL_ZH.get(reason, f"出现故障（{reason}）" if reason else "出现故障")
    return f"{DEVICE_ZH.get(device, device)}{why}。"


def paper_short(left_mm: int, days: int) -> str:
    """Say that the roll will soon be used up at the use of the last two weeks."""
    metres = left_mm // 1000
    left = f"打印纸约剩 {metres} 米" if metres else "打印纸剩余不足 1 米"
    if days:
        return f"{left}，按近两周用量约够 {days} 天，请准备新纸卷。"
    return f"{left}，按近两周用量不足一天，请尽快更换纸卷。"


DISK_LOW = "终端磁盘剩余空间不足，请维护人员尽快清理；写满后新内容和新申请都无法保存。"
DISPLAY_OFF = "有屏幕没有打开或没有接上，请现场人员打开屏幕电源，检查视频线。"


def certificate_ends(days: int) -> str:
    """Say that the certificate ends soon and could not be renewed."""
    return f"终端证书将在 {days} 天后到期，自动续期没有成功。请检查终端与服务器的连接；到期后需要重新配对。"


def order_refused(reason: str) -> str:
    """Say that an order was not followed, because it may not be the controller's."""
    why = ORDER_ZH.get(reason, reason)
    return f"收到一项未通过校验的远程任务（{why}），终端没有执行。请管理员核查服务器和消息服务。"


def wish_unfit(name: str) -> str:
    """Say that a setting that was wished cannot be followed."""
    return (
        f"控制端下发的设置“{name}”不在本终端允许的范围内，仍用原来的设置。请管理员更正后重新下发。"
    )


WISH_VOLUME = "音量没有调好：终端缺少或未能运行调音量的系统程序，请联系维护人员检查声卡和 wpctl、pactl 或 amixer。"

ORDER_ZH = {
    "unknown_key": "签名密钥不在策略中",
    "bad_signature": "签名不正确",
    "other_device": "不是发给本终端的",
    "replayed": "是重复发送的旧任务",
}

DEVICE_ZH = {"printer": "打印机"}

PERIPHERAL_ZH = {
    "paper_out": "缺纸，请装入新纸卷",
    "paper_low": "纸将用完，请准备新纸卷",
    "cover_open": "上盖未合上，请合上上盖",
    "silent": "没有应答，请检查电源和数据线",
    "overheated": "温度过高，请稍候再用",
    "cutter_jam": "切刀卡住，请断电后清除卡纸",
    "absent": "没有接上，请检查电源和数据线",
    "unplugged": "数据线被拔出，请重新接好",
    "offline": "处于脱机状态，请按联机键或重新开机",
    "busy": "被其他程序占用，请重新启动终端",
    "no_ack": "没有确认打印结果，请检查最后一张小票是否完整",
    "error": "报告故障，请关机检查后重新开机",
    "driver": "驱动程序出错，请重新启动终端",
    "expired": "恢复前等待的小票已过期，没有打印，请让群众重新打印",
    "restarted": "打印时终端重新启动，请检查最后一张小票是否完整",
}
