"""What is missing or ill-formed in a request form's three statutory blocks (article 29), said in Chinese.

Only the form is checked here, never the purpose: the regulations ask for none. Whether the description is clear
is a person's decision (article 30).
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from content.requests.form import ApplicantKind, DeliveryWay, RequestForm

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_SYMBOLS = "10X98765432"
_ID_FORM = re.compile(r"[1-9]\d{5}(\d{4})(\d{2})(\d{2})\d{3}[\dX]", re.ASCII)
_CREDIT_CODE_FORM = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}", re.ASCII)
_CREDIT_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(3**place % 31 for place in range(17))
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_LANDLINE = re.compile(r"(?:0\d{2,3})?[2-9]\d{6,7}(?:转\d{1,6})?", re.ASCII)
_PHONE_SIGNS = re.compile(r"[\s()（）-]|^\+?86(?=1[3-9])")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}", re.ASCII)
_EARLIEST_YEAR = 1900
_SHORTEST_ADDRESS = 6
_SHORTEST_DESCRIPTION = 4


class FormField(StrEnum):
    """Fields of a request form that can be missing."""

    NAME = "name"
    ID_NUMBER = "id_number"
    PHONE = "phone"
    ADDRESS = "address"
    BODY = "body"
    DESCRIPTION = "description"


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing to fill in or correct.

    Attributes:
        field: where.
        sentence: what to do, in Chinese.
    """

    field: FormField
    sentence: str


def missing(form: RequestForm) -> tuple[Missing, ...]:
    """Return what a form lacks, in the order of its fields; nothing if it can be filed."""
    return tuple(
        Missing(field, sentence)
        for field, sentence in (
            (FormField.NAME, _name_fault(form)),
            (FormField.ID_NUMBER, _id_fault(form)),
            (FormField.PHONE, _phone_fault(form)),
            (FormField.ADDRESS, _address_fault(form)),
            (FormField.BODY, "" if form.body.strip() else "请选择要向哪个机关申请。"),
            (FormField.DESCRIPTION, _description_fault(form)),
        )
        if sentence
    )


def is_id_number(text: str) -> bool:
    """Tell whether the text is an 18-digit citizen number with a true birth date and check symbol (GB 11643)."""
    number = text.strip().upper()
    found = _ID_FORM.fullmatch(number)
    if not found or int(found.group(1)) < _EARLIEST_YEAR:
        return False
    try:
        date(*(int(part) for part in found.groups()))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return number[17] == _CHECK_SYMBOLS[total % 11]


def is_credit_code(text: str) -> bool:
    """Tell whether the text is an 18-symbol code of an organisation with a true check symbol (GB 32100)."""
    code = text.strip().upper()
    if not _CREDIT_CODE_FORM.fullmatch(code):
        return False
    values = (_CREDIT_SYMBOLS.index(symbol) for symbol in code[:17])
    total = sum(value * weight for value, weight in zip(values, _CREDIT_WEIGHTS, strict=True))
    return code[17] == _CREDIT_SYMBOLS[-total % 31]


def is_phone(text: str) -> bool:
    """Tell whether the text can be a mobile or fixed-line number; hyphens, gaps and +86 are forgiven."""
    number = _PHONE_SIGNS.sub("", _PHONE_SIGNS.sub("", text.strip()))
    return bool(_MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number))


def _name_fault(form: RequestForm) -> str:
    if form.name.strip():
        return ""
    return "请填写姓名。" if form.kind is ApplicantKind.PERSON else "请填写单位名称。"


def _id_fault(form: RequestForm) -> str:
    number = form.id_number.strip()
    if form.kind is ApplicantKind.PERSON:
        if not number:
            return "请填写身份证号码（18 位），可对照身份证输入。"
        return "" if is_id_number(number) else "身份证号码不正确，请对照证件逐位核对 18 位号码。"
    if not number:
        return "请填写统一社会信用代码。"
    return (
        "" if is_credit_code(number) else "统一社会信用代码不正确，请对照证照逐位核对 18 位代码。"
    )


def _phone_fault(form: RequestForm) -> str:
    if not form.phone.strip():
        return "请填写联系电话，受理机关要用它与您确认。"
    return (
        "" if is_phone(form.phone) else "联系电话不正确，请填写 11 位手机号，或带区号的固定电话。"
    )


def _address_fault(form: RequestForm) -> str:
    address = form.address.strip()
    match form.delivery:
        case DeliveryWay.PICK_UP:
            return ""
        case DeliveryWay.POST:
            return "" if len(address) >= _SHORTEST_ADDRESS else "选择邮寄的，请填写完整的收件地址。"
        case DeliveryWay.EMAIL:
            return "" if _EMAIL.fullmatch(address) else "选择电子邮件的，请填写正确的邮箱地址。"


def _description_fault(form: RequestForm) -> str:
    if len("".join(form.description.split())) >= _SHORTEST_DESCRIPTION:
        return ""
    return "请写明所需信息的名称、文号或其他特征，便于查找。"
