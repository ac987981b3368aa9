"""Whether a query may be counted at all: what points to a person is neither counted nor published.

Queries are typed by visitors who look for themselves, their children, a neighbour. Refusing too much costs a few
counts; refusing too little would make a list of people, so the rule errs on the safe side.
"""

import re
import unicodedata

_DIGITS = re.compile(r"\d{5,}")
_LONG_LATIN = re.compile(r"[a-z]*\d[a-z0-9]{5,}|\S+@\S+")
_ADDRESS = re.compile(r"\d+\s*[号栋幢室单组户](?!文|令|公告)|门牌|[村社]\S{0,4}组\S{0,3}[号户]")
_NAMED = re.compile(
    r"(?:我叫|姓名|名叫|本人叫|身份证号?|电话|手机号?|银行卡号?|户主)[是为::]?\s*\S"
)
_DOCUMENT_NUMBER = re.compile(r"[〔\[(【]?(?:19|20)\d{2}[〕\])】]?年?第?\d{1,5}号")
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵高吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾"
    "夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_NAME_LENGTHS = (2, 3, 4)


def looks_personal(text: str) -> bool:
    """Say whether a text holds digits, an address, or words with which people name themselves."""
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = _DOCUMENT_NUMBER.sub("", plain)
    squeezed = re.sub(r"[\s\-—._·]", "", plain)
    return bool(
        _DIGITS.search(squeezed)
        or _LONG_LATIN.search(squeezed)
        or _ADDRESS.search(plain)
        or _NAMED.search(plain)
    )


def may_be_a_name(text: str) -> bool:
    """Say whether a text of two to four characters that begins with a surname could be somebody's name.

    A dictionary would call 张三 a name and 高龄 a word; without one both are held back here, and the caller decides
    by whether published content knows the word.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    return len(plain) in _NAME_LENGTHS and plain[0] in _SURNAMES
