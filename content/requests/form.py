"""The three statutory blocks of a request for information, and what is missing in them.

Source: 政府信息公开条例 article 29: (1) name, proof of identity, contact; (2) name, document number or other
description of the information; (3) form in which it is wanted. A purpose is not asked for.
"""

from dataclasses import dataclass
from enum import StrEnum


class ApplicantKind(StrEnum):
    """Columns of table 三 of the annual report; so the form must ask."""

    PERSON = "person"
    BUSINESS = "business"
    RESEARCH = "research"
    CHARITY = "charity"
    LEGAL_SERVICE = "legal_service"
    OTHER = "other"


class SupplyForm(StrEnum):
    """How the information is wanted (article 40)."""

    PAPER = "paper"
    ELECTRONIC = "electronic"
    INSPECT = "inspect"


class DeliveryWay(StrEnum):
    """How the reply is to come."""

    PICK_UP = "pick_up"
    POST = "post"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class RequestForm:
    """What an applicant states. Personal data: never logged, sealed before it rests anywhere.

    Attributes:
        kind: applicant type.
        name: name of the person or organisation.
        id_number: identity or organisation number.
        phone: contact telephone.
        address: postal address or e-mail, as the delivery way needs; "" if picked up.
        body: addressed body.
        description: what is looked for: name, 文号 or other features.
        supply: form of supply.
        delivery: way of delivery.
        related: record id that the citizen came from, or "".
    """

    kind: ApplicantKind
    name: str
    id_number: str
    phone: str
    body: str
    description: str
    supply: SupplyForm
    delivery: DeliveryWay
    address: str = ""
    related: str = ""
