"""The documentation's citizen: everything that can be done at the kiosk, by touch, card, scanner and keypad."""

from collections.abc import Callable

from camera import SCREEN, SCREEN_PX, Glass

from controller.demo.devices import Hands
from devices.drivers.reasons import Kind
from devices.sim.orders import give_order
from tests.support.kiosk_visitor import Visitor

LOW_INCOME = "最低生活保障"


def citizen(glass: Glass, devices: Hands) -> tuple[str, str]:
    """Walk through all that a citizen can do; return the links of document and receipt."""
    visitor, shoot = glass.visitor, glass.camera.kiosk
    visitor.sees("冬季供水", timeout=60)
    shoot("home")
    glass.camera.glass("screen-open", SCREEN, width=SCREEN_PX)
    _search(visitor, shoot)
    document = _read(glass)
    _ways_of_seeing(visitor, shoot)
    _clear_card(glass)
    _identity_card(glass, devices)
    receipt = _request(glass)
    visitor.touch("首页")
    visitor.touch("咨询")
    visitor.sees("0900-")
    shoot("consult")
    _receipt(glass, devices, receipt)
    _keypad(glass, devices)
    return document, receipt


def _search(visitor: Visitor, shoot: Callable[[str], None]) -> None:
    visitor.touch("查询")
    shoot("search")
    for letter in "dibao":
        visitor.touch(letter)
    shoot("search-pinyin")
    visitor.touch("低保")
    visitor.touch("完成")
    visitor.sees(LOW_INCOME)
    shoot("results")
    visitor.touch("清除")
    visitor.open_keyboard()
    for letter in "qqq":
        visitor.touch(letter)
    visitor.touch("完成")
    visitor.sees("没有找到")
    shoot("nothing-found")
    visitor.touch("清除")
    visitor.touch("首页")


def _read(glass: Glass) -> str:
    visitor, shoot = glass.visitor, glass.camera.kiosk
    visitor.touch("查询")
    visitor.open_keyboard()
    visitor.type_pinyin("dibao", "低保")
    visitor.touch("完成")
    glass.camera.rest()
    visitor.touch("望溪县人民政府办公室关于提高")
    visitor.sees("望政办发〔2026〕18号")
    shoot("reader")
    visitor.touch("打印带走")
    visitor.sees("已打印")
    shoot("printed")
    visitor.touch("手机带走")
    visitor.sees("收起二维码")
    shoot("phone-code")
    return glass.slip(1, "slip-document")


def _ways_of_seeing(visitor: Visitor, shoot: Callable[[str], None]) -> None:
    visitor.touch("收起二维码")
    visitor.touch("字号标准")
    visitor.touch("字号大")
    visitor.sees("字号特大")
    shoot("large-text")
    visitor.touch("字号特大")
    visitor.touch("高对比")
    shoot("high-contrast")
    visitor.touch("首页")
    shoot("home-high-contrast")
    visitor.touch("高对比")
    visitor.touch("查询")
    visitor.open_keyboard()
    visitor.touch("办事：最低生活保障")
    visitor.sees("办理部门")
    shoot("guide")
    visitor.touch("首页")


def _request(glass: Glass) -> str:
    visitor, shoot = glass.visitor, glass.camera.kiosk
    visitor.touch("申请公开")
    visitor.touch("下一步")
    shoot("request-1-corrections")
    visitor.touch("姓名")
    visitor.type_pinyin("yanshi", "演示")
    visitor.touch("身份证号")
    visitor.sees("点按数字")
    visitor.type_digits("11010519491231002X")
    visitor.touch("联系电话")
    visitor.type_digits("09005550000")
    shoot("request-1-who")
    visitor.touch("下一步")
    visitor.touch("向哪个机关")
    visitor.type_pinyin("minzhengju", "民政局")
    visitor.touch("需要的信息")
    for letters, word in (("dibao", "低保"), ("biaozhun", "标准")):
        visitor.type_pinyin(letters, word)
    shoot("request-2-what")
    visitor.touch("下一步")
    visitor.touch("纸质")
    visitor.touch("自行领取")
    shoot("request-3-how")
    visitor.touch("下一步")
    shoot("request-4-review")
    visitor.touch("确认提交")
    visitor.sees("已保存")
    visitor.touch("打印回执")
    visitor.sees("已打印")
    shoot("request-saved")
    return glass.slip(3, "slip-receipt")


def _clear_card(glass: Glass) -> None:
    """A document that says for whom it is and what one gets can be printed in short too."""
    visitor = glass.visitor
    visitor.touch("查询")
    visitor.touch("清除")
    visitor.open_keyboard()
    visitor.type_pinyin("gengdi", "耕地")
    visitor.touch("完成")
    glass.camera.rest()  # the ways to narrow come with the answer, and move the list
    visitor.touch("文件：望溪县2026年耕地")
    visitor.sees("明白卡")
    glass.camera.kiosk("reader-clear-card")
    visitor.touch("明白卡")
    visitor.sees("已打印")
    glass.slip(2, "slip-clear-card")
    visitor.touch("首页")


def _identity_card(glass: Glass, devices: Hands) -> None:
    visitor = glass.visitor
    visitor.touch("申请公开")
    give_order(devices.controls[Kind.ID_CARD], {"card": "resident"})
    visitor.sees("取回")
    glass.camera.kiosk("request-1-identity-card")
    give_order(devices.controls[Kind.ID_CARD], {"card": ""})
    visitor.sees("已填好姓名")
    visitor.touch("结束使用")
    visitor.sees("冬季供水")


def _receipt(glass: Glass, devices: Hands, link: str) -> None:
    """The receipt is held under the scanner."""
    glass.visitor.touch("首页")
    give_order(devices.controls[Kind.SCANNER], {"scan": link})
    glass.visitor.sees("接下来")
    glass.camera.kiosk("receipt")
    glass.visitor.touch("首页")


def _keypad(glass: Glass, devices: Hands) -> None:
    """Somebody who does not see goes through the first screen by keys and voice."""
    for _ in range(3):
        give_order(devices.controls[Kind.KEYPAD], {"key": "next"})
        glass.camera.rest()
    glass.camera.kiosk("keypad")
    glass.visitor.touch("结束使用")
