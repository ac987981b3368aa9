"""A service item 政务服务事项 as the kiosk shows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """One service item with its short guide.

    Attributes:
        id: 10-symbol code.
        title: name of the item.
        item_code: national item code (GB/T 39554.1), "" if none.
        department: responsible body.
        region: administrative division code.
        domain: key of content.catalog.domains, or "".
        aliases: everyday names 俗称.
        where, when, phone, fee, period: guide fields; "" where not known.
        materials: what to bring.
        steps: what happens.
        basis: legal ground.
    """

    id: str
    title: str
    item_code: str
    department: str
    region: str
    domain: str = ""
    aliases: tuple[str, ...] = ()
    where: str = ""
    when: str = ""
    phone: str = ""
    fee: str = ""
    period: str = ""
    materials: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    basis: str = ""
