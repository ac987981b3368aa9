"""What a reader's status byte (SW3) means, to the person with the card and to the keeper."""

from enum import IntEnum

from devices.drivers.reasons import Reason, Said


class Status(IntEnum):
    """SW3, and the codes of host libraries below 10."""

    PORT = 0x01
    TIME_OUT = 0x02
    TRANSFER = 0x03
    SAM_PORT = 0x05
    FILE = 0x09
    BAD_CHECK = 0x10
    BAD_LENGTH = 0x11
    BAD_COMMAND = 0x21
    NOT_ALLOWED = 0x23
    UNKNOWN_COMMAND = 0x24
    CARD_REJECTS_SAM = 0x31
    SAM_REJECTS_CARD = 0x32
    NOT_VERIFIED = 0x33
    FINGERPRINT_CHECK = 0x37
    WRONG_LENGTH = 0x3F
    UNKNOWN_CARD = 0x40
    READ_FAILED = 0x41
    NO_RANDOM = 0x47
    SAM_SELF_TEST = 0x60
    SAM_UNAUTHORISED = 0x66
    NO_CARD = 0x80
    SELECT_FAILED = 0x81
    OK = 0x90
    NO_SUCH_ITEM = 0x91
    FOUND = 0x9F


class Trouble(IntEnum):
    """What goes wrong after a good read; beside the status codes, so above a byte."""

    LAYOUT = 0x100
    TEXT = 0x101
    NUMBER = 0x102
    NO_ANSWER = 0x103


_AGAIN = "没有读出，请把证件平放在读卡区，不要移动，直到屏幕提示完成。"
_REPLACE = "请拿开证件，再重新平放到读卡区。"
_BY_HAND = "这张证件读不出来，请直接在屏幕上输入证件号码，或到窗口办理。"
_NOT_NOW = "阅读器暂时不能使用，请直接在屏幕上输入证件号码。"

_LINE = Said(_AGAIN, "阅读器与终端之间传输有误，请检查数据线和波特率。")
_FAULT = Said(_NOT_NOW, "阅读器内部出错，请断电重启；反复出现的，请送修。")
_SOFTWARE = Said(_NOT_NOW, "阅读器不接受命令，请核对型号是否属于支持的 SDT 系列。")
_FORGED = Said(_BY_HAND, "证件与安全模块互认失败：可能是失效证件、非居民身份证，或安全模块异常。")

_SAID: dict[int, Said] = {
    Status.PORT: Said(_NOT_NOW, "打不开阅读器端口，请检查数据线和终端配置。"),
    Status.TIME_OUT: Said(_AGAIN, "阅读器应答超时，请检查电源和数据线。"),
    Status.TRANSFER: _LINE,
    Status.SAM_PORT: _FAULT,
    Status.FILE: _FAULT,
    Status.BAD_CHECK: _LINE,
    Status.BAD_LENGTH: _LINE,
    Status.BAD_COMMAND: _SOFTWARE,
    Status.NOT_ALLOWED: _SOFTWARE,
    Status.UNKNOWN_COMMAND: _SOFTWARE,
    Status.CARD_REJECTS_SAM: _FORGED,
    Status.SAM_REJECTS_CARD: _FORGED,
    Status.NOT_VERIFIED: _FORGED,
    Status.FINGERPRINT_CHECK: Said(_REPLACE, "证件指纹区校验失败，本系统不使用指纹，可继续使用。"),
    Status.WRONG_LENGTH: _LINE,
    Status.UNKNOWN_CARD: Said(
        "这不是居民身份证或居住证，请换用本人身份证，或在屏幕上输入证件号码。",
        "读卡区放的是其他卡片（如银行卡、公交卡）。",
    ),
    Status.READ_FAILED: Said(_AGAIN, "读卡中途失败，多为证件移动；反复出现的，请检查读卡区。"),
    Status.NO_RANDOM: _FAULT,
    Status.SAM_SELF_TEST: Said(
        _NOT_NOW, "安全模块（SAM）自检失败，请断电重启；仍不正常的，请送修。"
    ),
    Status.SAM_UNAUTHORISED: Said(_NOT_NOW, "安全模块（SAM）未经授权，请联系供应商。"),
    Status.NO_CARD: Said("请把身份证平放在读卡区。", "读卡区没有证件，阅读器正常。"),
    Status.SELECT_FAILED: Said(_REPLACE, "选卡失败：证件放得太快、太偏或有两张卡叠放。"),
    Status.OK: Said("已读出，请收好证件。", "操作成功。"),
    Status.NO_SUCH_ITEM: Said("证件上没有这一项内容，请在屏幕上填写。", "证件中没有该项内容。"),
    Status.FOUND: Said("已找到证件，请不要移动。", "已找到证件。"),
    Trouble.LAYOUT: Said(
        "这种证件暂时不能识别，请直接在屏幕上输入证件号码，或到窗口办理。",
        "证件类型的数据格式未公开（如 2023 版外国人永久居留身份证），只能手工输入。",
    ),
    Trouble.TEXT: Said(_BY_HAND, "证件文字区内容不合格式，可能是证件损坏。"),
    Trouble.NUMBER: Said(_BY_HAND, "证件号码的校验码不正确，请人工核对证件真伪。"),
    Trouble.NO_ANSWER: Said(_AGAIN, "读卡时阅读器没有应答，请检查电源和数据线。"),
}

_UNKNOWN = Said(_AGAIN, "阅读器返回了未知的状态码，请核对型号。")


def say(status: int) -> Said:
    """Return the citizen's and the keeper's sentence for a status code or trouble."""
    return _SAID.get(status, _UNKNOWN)


def reader_fault(status: int) -> Reason | None:
    """Return what is wrong with the reader itself, if this status says so."""
    match status:
        case Status.SAM_SELF_TEST | Status.SAM_PORT | Status.NO_RANDOM:
            return Reason.SAM_FAULT
        case Status.SAM_UNAUTHORISED:
            return Reason.SAM_UNAUTHORISED
        case _:
            return None
