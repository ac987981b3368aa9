"""The domains of grassroots disclosure: 26 national ones, and four that counties add.

Order and names as in the national list of 26 pilot domains; 旅游, 粮食安全, 残疾人管理 and 学前教育 are the
additions seen in practice. Aliases are names under which the same domain runs today.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain: key and name are the same word; `department` is who usually answers for it."""

    name: str
    department: str
    aliases: tuple[str, ...] = ()


DOMAINS: tuple[Domain, ...] = (
    Domain("国土空间规划", "自然资源局", ("城乡规划",)),
    Domain("重大建设项目", "发展和改革局"),
    Domain("公共资源交易", "发展和改革局"),
    Domain("财政预决算", "财政局"),
    Domain("安全生产", "应急管理局"),
    Domain("税收管理", "税务局"),
    Domain("征地补偿", "自然资源局"),
    Domain("国有土地上房屋征收", "住房和城乡建设局"),
    Domain("保障性住房", "住房和城乡建设局"),
    Domain("农村危房改造", "住房和城乡建设局"),
    Domain("环境保护", "生态环境局", ("生态环境",)),
    Domain("公共文化服务", "文化和旅游局"),
    Domain("公共法律服务", "司法局"),
    Domain("扶贫", "农业农村局", ("乡村振兴", "衔接资金")),
    Domain("救灾", "应急管理局"),
    Domain("食品药品监管", "市场监督管理局"),
    Domain("城市综合执法", "城市管理局"),
    Domain("就业创业", "人力资源和社会保障局"),
    Domain("社会保险", "人力资源和社会保障局"),
    Domain("社会救助", "民政局"),
    Domain("养老服务", "民政局"),
    Domain("户籍管理", "公安局"),
    Domain("涉农补贴", "农业农村局"),
    Domain("义务教育", "教育体育局"),
    Domain("医疗卫生", "卫生健康局"),
    Domain("市政服务", "城市管理局"),
    Domain("旅游", "文化和旅游局"),
    Domain("粮食安全", "发展和改革局"),
    Domain("残疾人管理", "残疾人联合会"),
    Domain("学前教育", "教育体育局"),
)
