"""Characters that look alike, as a hurried hand writes one for the other. Pure."""

_ALIKE = """
未末 已己巳 土士 人入八 日曰目 田由甲申 大太犬 木本术 力刀九 千干于 天夫 午牛 今令 戊戌戍 治冶 拆折析 拔拨 候侯 券卷
账帐 赡瞻 辨辩辫 徒徙 陕狭 晴睛 清请情 低底抵 保堡 贷货 贴帖 住往注 险验检 待侍持 社杜 户尸 医匡 牧救 扶抚 助肋
征证 租祖组 廉兼 危厄 改攻 造遭 房屋 宅宁 基墓 农衣 村材 民氏 政致 府俯 公么 示宗 失矢 业亚 退迟 休体 老考 养美
残线 疾病 孤弧 儿几 幼幻 育肯 婚婿 姻烟 登凳 记纪 领颂 证征 学字 校较 费贵 税悦 款歉 金全 申甲 请清 审宙 批比 准淮
许讦 可司 免兔 办为 理埋 变恋 更便 换唤 补朴 发友 林森 采彩 伐代 耕耘 地他 粮粗 机讥 械诫 购沟 置罢 水永 电龟 气乞
"""


def _read(groups: str) -> dict[str, str]:
    alike: dict[str, str] = {}
    for group in groups.split():
        for sign in group:
            others = alike.get(sign, "") + group.replace(sign, "")
            alike[sign] = "".join(dict.fromkeys(others))
    return alike


ALIKE = _read(_ALIKE)
"""Character -> those that look like it."""


def look_alikes(term: str) -> tuple[str, ...]:
    """Return a term with one of its characters replaced by one that looks like it."""
    return tuple(
        term[:at] + other + term[at + 1 :]
        for at, sign in enumerate(term)
        for other in ALIKE.get(sign, "")
    )
