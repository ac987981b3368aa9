"""A scanned text is untrusted: only our own links and codes act, and no address is ever opened."""

import pytest

from devices.drivers.scanner.meaning import (
    Meaning,
    OpenReceipt,
    OpenRecord,
    OtherText,
    recognise,
)

BASE = "https://zone.example.gov.cn"
RECORD = "7KQ2M9XD4F"


def meaning(text: str, base: str = BASE) -> Meaning:
    return recognise(text, public_url=base, is_record=lambda code: code == RECORD)


@pytest.mark.parametrize(
    "text",
    [
        f"{BASE}/d/{RECORD}",
        f"  {BASE}/d/{RECORD} ",
        f"{BASE.upper()}/D/{RECORD}",
        f"{BASE}/d/7kq2-m9x-d4f",
        RECORD,
        "7KQ2-M9X-D4F",
        "7kq2 m9x d4f",
    ],
)
def test_our_document_links_and_codes_open_the_document(text: str) -> None:
    assert meaning(text) == OpenRecord(RECORD)


@pytest.mark.parametrize("text", [f"{BASE}/r/0000000001", "0000-000-001", "OOOOOOOOO1"])
def test_our_receipt_links_and_codes_open_the_request(text: str) -> None:
    assert meaning(text) == OpenReceipt("0000000001")


@pytest.mark.parametrize(
    "text",
    [
        f"http://zone.example.gov.cn/d/{RECORD}",
        f"https://zone.example.gov.cn.evil.example/d/{RECORD}",
        f"https://evil.example/?u={BASE}/d/{RECORD}",
        f"https://evil.example/{BASE}/d/{RECORD}",
        f"https://zone.example.gov.cn@evil.example/d/{RECORD}",
        f"https://evil@zone.example.gov.cn/d/{RECORD}",
        f"https://zone.example.gov.cn:8443/d/{RECORD}",
        f"{BASE}/d/{RECORD}/",
        f"{BASE}/d/{RECORD}/edit",
        f"{BASE}/d/../r/{RECORD}",
        f"{BASE}/d/{RECORD}?next=https://evil.example",
        f"{BASE}/d/{RECORD}?v=2&next=https://evil.example",
        f"{BASE}/d/{RECORD}?v=",
        f"{BASE}/d/{RECORD}?v=2#top",
        f"{BASE}/d/{RECORD}#x",
        f"{BASE}//d/{RECORD}",
        f"{BASE}/x/{RECORD}",
        f"{BASE}/d/{RECORD}\n{BASE}",
        f"{BASE}/d/%37KQ2M9XD4",
        f"{BASE}/d/",
        f"javascript:alert('{RECORD}')",
        f"//zone.example.gov.cn/d/{RECORD}",
        f"/d/{RECORD}",
        f"{RECORD}{RECORD}",
        "https://[::1/d/",
        "519921199001010025",
        "示范县",
        "７KQ2M9XD4F",
        "",
        f"{BASE}/d/" + "A" * 5000,
    ],
)
def test_anything_else_is_text_and_opens_nothing(text: str) -> None:
    assert meaning(text) == OtherText(text)


def test_a_base_with_a_path_and_port_is_honoured() -> None:
    base = "http://127.0.0.1:8080/zone/"

    assert meaning(f"http://127.0.0.1:8080/zone/d/{RECORD}", base) == OpenRecord(RECORD)
    assert isinstance(meaning(f"http://127.0.0.1:8080/d/{RECORD}", base), OtherText)


def test_without_a_public_address_no_link_is_ours() -> None:
    assert isinstance(meaning(f"{BASE}/d/{RECORD}", ""), OtherText)
    assert isinstance(meaning(f"/d/{RECORD}", ""), OtherText)


def test_neither_receipt_nor_foreign_text_shows_itself_in_a_log() -> None:
    assert "0000000001" not in repr(meaning("0000000001"))
    assert "secret" not in repr(meaning("secret text"))


def test_the_version_on_an_old_slip_does_not_hide_its_document() -> None:
    meaning = recognise(f"{BASE}/d/{RECORD}?v=2", public_url=BASE, is_record=lambda _: False)

    assert meaning == OpenRecord(RECORD)
