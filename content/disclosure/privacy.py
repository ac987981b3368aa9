"""Mask personal data before it is shown, printed or exported: enough is left to recognise one's own entry.

De-identification before publication is asked for since the 2018 work points of the State Council's office
(去标识化处理); which letters stay is our choice and errs on the side of hiding.
"""

import re

_MASK = "*"
_COMPOUND_SURNAMES = frozenset(
    {"欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐", "夏侯"}
)
_COMPOUND_LENGTH = 2
_SHORTEST_ID = 15
_ID_HEAD, _ID_TAIL = 3, 2
_MOBILE_LENGTH = 11
_PHONE_TAIL = 2
_CHINESE = re.compile(r"[\u3400-\u9fff·]+")


def mask_name(name: str) -> str:
    """Return a personal name with the surname only: 张*, 欧阳**; other names keep their first letter."""
    bare = name.strip()
    if len(bare) <= 1:
        return _MASK * len(bare)
    is_chinese = _CHINESE.fullmatch(bare) is not None
    has_compound = is_chinese and any(
        bare.startswith(surname) and bare != surname for surname in _COMPOUND_SURNAMES
    )
    kept = _COMPOUND_LENGTH if has_compound else 1
    return bare[:kept] + _MASK * (len(bare) - kept)


def mask_id_number(number: str) -> str:
    """Return an identity number with its first 3 and last 2 symbols; the birth date and order number are hidden."""
    bare = "".join(number.split())
    if len(bare) < _SHORTEST_ID:
        return _MASK * len(bare)
    return bare[:_ID_HEAD] + _MASK * (len(bare) - _ID_HEAD - _ID_TAIL) + bare[-_ID_TAIL:]


def mask_phone(phone: str) -> str:
    """Return a mobile number as 138******00, any other with its last 2 digits."""
    digits = "".join(symbol for symbol in phone if symbol.isdigit())
    head = 3 if len(digits) >= _MOBILE_LENGTH and digits.startswith("1") else 0
    if len(digits) <= head + _PHONE_TAIL:
        return _MASK * len(digits)
    return digits[:head] + _MASK * (len(digits) - head - _PHONE_TAIL) + digits[-_PHONE_TAIL:]
