"""Why a device is not well, with a sentence for the visitor and one for the keeper.

The printer has reasons of its own (devices.drivers.printer.condition).
"""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Reasons of readers, sensors, signs and power."""

    ABSENT = "absent"
    BUSY = "busy"
    UNPLUGGED = "unplugged"
    SILENT = "silent"
    DRIVER = "driver"
    SAM_FAULT = "sam_fault"
    SAM_UNAUTHORISED = "sam_unauthorised"
    REFUSED = "refused"
    ON_BATTERY = "on_battery"
    BATTERY_LOW = "battery_low"
    REPLACE_BATTERY = "replace_battery"
    STALE = "stale"
    UNKNOWN_UPS = "unknown_ups"


class Kind(StrEnum):
    """Kinds of device."""

    ID_CARD = "id_card"
    SCANNER = "scanner"
    PRESENCE = "presence"
    TEXT_SIGN = "text_sign"
    UPS = "ups"
    KEYPAD = "keypad"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said twice; `visitor` is "" where it does not concern visitors."""

    visitor: str
    keeper: str


_NAMES = {
    Kind.ID_CARD: "身份证阅读器",
    Kind.SCANNER: "扫码器",
    Kind.PRESENCE: "人体感应雷达",
    Kind.TEXT_SIGN: "LED 字幕屏",
    Kind.UPS: "不间断电源",
    Kind.KEYPAD: "无障碍键盘",
}

_WAYS_ON = {
    Kind.ID_CARD: "身份证阅读器暂时不能使用，请直接在屏幕上输入证件号码。",
    Kind.SCANNER: "扫码器暂时不能使用，请在屏幕上输入编号或按名称查找。",
    Kind.PRESENCE: "",
    Kind.TEXT_SIGN: "",
    Kind.UPS: "",
    Kind.KEYPAD: "",
}

_KEEPER = {
    Reason.ABSENT: "没有接上，请检查电源、数据线和终端配置中的端口。",
    Reason.BUSY: "的端口被其他程序占用，请关闭该程序或重新启动终端。",
    Reason.UNPLUGGED: "的数据线被拔出或断电，请重新接好；接好后会自动恢复。",
    Reason.SILENT: "没有应答，请检查电源、数据线和波特率设置，必要时断电后再接通。",
    Reason.DRIVER: "的驱动程序出错，正在自动重试；若反复出现，请重新启动终端并联系维护人员。",
    Reason.SAM_FAULT: "的安全模块（SAM）自检失败，请断电重启；仍不正常的，请送修。",
    Reason.SAM_UNAUTHORISED: "的安全模块（SAM）未经授权，请联系供应商办理授权或更换。",
    Reason.REFUSED: "拒绝了显示内容，请核对控制卡型号、屏宽屏高和地址设置。",
    Reason.ON_BATTERY: "正在用电池供电，请检查市电和插座。",
    Reason.BATTERY_LOW: "的电池即将耗尽，终端将有序关机，请尽快恢复市电。",
    Reason.REPLACE_BATTERY: "提示更换电池，请安排更换。",
    Reason.STALE: "的监测数据已停止更新，请检查 UPS 数据线和 NUT 驱动。",
    Reason.UNKNOWN_UPS: "在 NUT 服务中没有找到，请核对配置中的 UPS 名称。",
}


def name_of(kind: Kind) -> str:
    """Return what people call such a device."""
    return _NAMES[kind]


def say(kind: Kind, reason: Reason) -> Said:
    """Return the two sentences; each says what to do."""
    if reason is Reason.BATTERY_LOW:
        visitor = "电源即将中断，本终端很快会关机，请尽快完成操作，或到窗口办理。"
    elif reason in {Reason.ON_BATTERY, Reason.REPLACE_BATTERY}:
        visitor = ""
    else:
        visitor = _WAYS_ON[kind]
    return Said(visitor, _NAMES[kind] + _KEEPER[reason])
