"""Which domain a query that found nothing belongs to, so that a citizen learns whom to ask. Pure."""

from content.catalog.domains import DOMAINS, Domain
from content.search.analyse import bigrams
from content.search.common_names import common_names
from content.search.curated import query_key

_CUES: dict[str, str] = {
    "社会保险": "社保 养老 医保 失业 工伤 生育 退休 参保 缴费 报销",
    "社会救助": "低保 救助 困难 贫困 特困 五保 补助",
    "户籍管理": "户口 身份证 落户 居住证 迁移 护照",
    "义务教育": "上学 入学 学校 学生 小学 初中 转学 教师",
    "医疗卫生": "医院 看病 疫苗 医生 卫生 生育",
    "农村危房改造": "危房 建房 盖房 宅基地 住房",
    "征地补偿": "征地 占地 土地 拆迁 补偿",
    "涉农补贴": "种地 农机 补贴 粮食 耕地 农业 养殖",
    "就业创业": "工作 就业 创业 工资 欠薪 劳动 招聘 培训",
    "养老服务": "老人 老年 高龄 敬老院",
    "残疾人管理": "残疾 轮椅 助听器",
    "税收管理": "税 发票",
    "食品药品监管": "执照 开店 食品 药品 餐饮",
    "市政服务": "水 电 燃气 路灯 垃圾 停水",
    "公共法律服务": "律师 法律 公证 调解 打官司",
}


def nearest_domain(query: str) -> Domain | None:
    """Return the domain whose words the query shares, None if it shares none."""
    key = query_key(query)
    for official, names in common_names().items():
        if any(query_key(name) in key for name in names):
            key += official
    best, score = None, 0
    for domain in DOMAINS:
        words = " ".join((domain.name, *domain.aliases, _CUES.get(domain.name, "")))
        terms = {*bigrams(words), *_CUES.get(domain.name, "").split()}
        shared = sum(term in key for term in terms if len(term) > 1)
        if shared > score:
            best, score = domain, shared
    return best
