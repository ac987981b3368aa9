"""Files as they come over a desk: of every kind, wrongly named, broken, locked, too large, or pictures."""

import contextlib
import io
import zipfile

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

from content.disclosure.record import Block, BlockKind
from content.errors import CallerError
from controller.importing.detect import Kind
from controller.importing.importing import import_file
from controller.importing.limits import ImportLimits
from controller.importing.refusals import (
    FileBroken,
    FileEmpty,
    FileEncrypted,
    FileTooLarge,
    ImportRefused,
    NoTextLayer,
    WrongKind,
    WronglyNamed,
)
from tests.support.policy_files import FONT, as_docx, as_html, as_pdf, as_picture_pdf

_TEXT = """清源县民政局关于做好补贴发放工作的通知
各乡镇人民政府：
为做好老年人补贴发放工作，现就有关事项通知如下，请各乡镇认真执行，按时上报发放情况，不得拖延。
序号\t村名
1\t东村
2\t西村
清源县民政局
2026年3月2日"""
_TITLE = "清源县民政局关于做好补贴发放工作的通知"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def _zip(**entries: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in entries.items():
            pack.writestr(name, data)
    return stream.getvalue()


def _pdf() -> bytes:
    return as_pdf(_TEXT, FONT.read_bytes())


def _locked_pdf() -> bytes:
    """Return a PDF whose encryption dictionary no empty password opens."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        b"<< /Filter /Standard /V 1 /R 2 /P -44 /O <"
        + b"41" * 32
        + b"> /U <"
        + b"42" * 32
        + b"> >>",
    ]
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(
        b"%010d 00000 n \n" % place for place in places
    )
    trailer = (
        b"trailer << /Size 5 /Root 1 0 R /Encrypt 4 0 R /ID [<00> <00>] >>\nstartxref\n%d\n%%%%EOF"
    )
    return out + trailer % start


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.txt", _TEXT.encode(), Kind.TEXT),
        ("a.txt", _TEXT.encode("gb18030"), Kind.TEXT),
        ("a.txt", _TEXT.encode("utf-16"), Kind.TEXT),
        ("a.txt", _TEXT.encode("utf-8-sig"), Kind.TEXT),
        ("no suffix", _TEXT.encode(), Kind.TEXT),
        ("a.HTM", as_html(_TEXT), Kind.HTML),
        ("a.html", as_html(_TEXT).decode().replace("utf-8", "gb2312").encode("gb18030"), Kind.HTML),
        ("a.docx", as_docx(_TEXT), Kind.WORD),
        ("no suffix", as_docx(_TEXT), Kind.WORD),
    ],
)
def test_each_kind_is_known_by_its_content_and_reads_the_same(
    name: str, data: bytes, kind: Kind
) -> None:
    imported = import_file(name, data)

    assert imported.kind is kind
    assert imported.document.title == _TITLE
    assert imported.document.issuing_body == "清源县民政局"
    assert [block.rows for block in imported.document.blocks if block.rows] == [
        (("序号", "村名"), ("1", "东村"), ("2", "西村"))
    ]


def test_a_pdf_gives_paragraphs_not_lines() -> None:
    document = import_file("a.pdf", _pdf()).document

    paragraph = _TEXT.split("\n")[2]
    assert paragraph in [block.text for block in document.blocks]
    assert document.title == _TITLE


def test_the_name_is_kept_without_folders_and_the_hash_is_of_the_file() -> None:
    imported = import_file("C:\\文件\\通知.txt", b"abc")

    assert imported.source_name == "通知.txt"
    assert imported.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    ("name", "data", "refusal"),
    [
        ("a.txt", b"", FileEmpty),
        ("a.txt", b" \n\t\n", FileEmpty),
        ("a.html", b"<html><body><script>1</script></body></html>", FileEmpty),
        ("a.txt", bytes(100 * 1024 * 1024), FileTooLarge),
        ("a.txt", b"%PDF-1.7 and so on", WronglyNamed),
        ("a.pdf", _TEXT.encode(), WronglyNamed),
        ("a.docx", _TEXT.encode(), WronglyNamed),
        ("a.txt", as_docx(_TEXT), WronglyNamed),
        ("a.doc", as_docx(_TEXT), WronglyNamed),
        ("a.txt", as_html(_TEXT), WronglyNamed),
        ("a.pdf", b"%PDF-1.7\ngarbage", FileBroken),
        ("a.docx", as_docx(_TEXT)[:-300], FileBroken),
        ("a.docx", _zip(**{"word/document.xml": b"<w:document"}), FileBroken),
        (
            "a.docx",
            _zip(**{"word/document.xml": b"<a/>", "[Content_Types].xml": b"<Types/>"}),
            FileBroken,
        ),
        ("a.txt", b"\x01\x02\x03" * 500, FileBroken),
        ("a.pdf", _locked_pdf(), FileEncrypted),
        ("a.docx", _OLE + "EncryptedPackage".encode("utf-16-le"), FileEncrypted),
        ("a.doc", _OLE + "WordDocument".encode("utf-16-le"), WrongKind),
        ("a.xlsx", _zip(**{"xl/workbook.xml": b""}), WrongKind),
        ("a.ofd", _zip(**{"OFD.xml": b""}), WrongKind),
        ("a.zip", _zip(**{"a.txt": b""}), WrongKind),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(50), WrongKind),
        ("a.rtf", b"{\\rtf1 x}", WrongKind),
        ("a.txt", b"MZ\x90\x00\x03", WrongKind),
        ("a.pdf", as_picture_pdf(), NoTextLayer),
    ],
)
def test_a_file_that_cannot_be_read_gets_a_sentence(
    name: str, data: bytes, refusal: type[ImportRefused]
) -> None:
    with pytest.raises(refusal) as caught:
        import_file(name, data)

    assert isinstance(caught.value, CallerError)
    sentence = str(caught.value)
    assert sentence.endswith("。")
    assert any(act in sentence for act in ("请", "先"))


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = _zip(**{"word/document.xml": bytes(210 * 1024 * 1024)})
    assert len(bomb) < 1024 * 1024

    with pytest.raises(FileTooLarge):
        import_file("a.docx", bomb)


def test_an_entity_bomb_in_a_docx_is_refused() -> None:
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e0 "哈哈">{lines}]>'
    pack = zipfile.ZipFile(io.BytesIO(as_docx(_TEXT)))
    entries = {name: pack.read(name) for name in pack.namelist()}
    body = entries["word/document.xml"].decode().split("?>", 1)[1]
    entries["word/document.xml"] = (bomb + body.replace(_TITLE, _TITLE + "&e9;")).encode()

    with pytest.raises(FileBroken):
        import_file("a.docx", _zip(**entries))


def test_an_external_entity_in_a_docx_is_not_read() -> None:
    pack = zipfile.ZipFile(io.BytesIO(as_docx(_TEXT)))
    entries = {name: pack.read(name) for name in pack.namelist()}
    body = entries["word/document.xml"].decode().split("?>", 1)[1]
    head = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    entries["word/document.xml"] = (head + body.replace("东村", "东村&file;")).encode()

    blocks = import_file("a.docx", _zip(**entries)).document.blocks

    assert "root:" not in str(blocks)
    assert "东村" in str(blocks)


def test_limits_are_settings() -> None:
    with pytest.raises(FileTooLarge, match="1 MB"):
        import_file("a.txt", b"a" * 1024 * 1024 + b"b", limits=ImportLimits(max_bytes=1024 * 1024))
    with pytest.raises(FileTooLarge, match="页"):
        import_file("a.pdf", _pdf(), limits=ImportLimits(max_pages=0))
    with pytest.raises(FileTooLarge, match="文字"):
        import_file("a.txt", b"a" * 11, limits=ImportLimits(max_characters=10))


def test_a_page_of_an_old_site_inside_a_form_is_read_and_its_script_is_not() -> None:
    body = f"<h1>{_TITLE}</h1><style>p{{}}</style><div>正文<span>一</span>句。</div>"
    page = f"<html><body><form>{body}</form></body></html>"

    blocks = import_file("a.html", page.encode()).document.blocks

    assert [block.text for block in blocks] == ["正文一句。"]


def test_spans_of_a_web_table_leave_empty_cells() -> None:
    page = """<html><body><table><tr><th colspan=2>甲</th><th>乙</th></tr>
    <tr><td rowspan=2>一</td><td>二</td><td>三</td></tr><tr><td>四</td><td>五</td></tr></table></body></html>"""

    (table,) = import_file("a.html", page.encode()).document.blocks

    assert table == Block(
        BlockKind.TABLE, "", rows=(("甲", "", "乙"), ("一", "二", "三"), ("", "四", "五"))
    )


def test_merged_cells_of_a_word_table_leave_empty_cells() -> None:
    document = docx.Document()
    table = document.add_table(3, 3)
    for number, cell in enumerate(cell for row in table.rows for cell in row.cells):
        cell.text = str(number)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "宽"
    table.cell(1, 2).merge(table.cell(2, 2)).text = "高"

    (block,) = import_file("a.docx", _saved(document)).document.blocks

    assert block.rows == (("宽", "", "2"), ("3", "4", "高"), ("6", "7", ""))


def test_numbers_that_word_adds_itself_are_in_the_text() -> None:
    document = docx.Document()
    numbering = document.part.numbering_part.element
    numbering.insert(
        0,
        parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90">'
            '<w:lvl w:ilvl="0"><w:start w:val="9"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>'
            '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl>'
            "</w:abstractNum>"
        ),
    )
    numbering.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>')
    )
    for level, text in ((0, "总体要求"), (1, "甲项"), (1, "乙项"), (0, "保障措施"), (1, "丙项")):
        paragraph = document.add_paragraph(text)
        paragraph._p.get_or_add_pPr().append(
            parse_xml(
                f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="90"/></w:numPr>'
            )
        )

    blocks = import_file("a.docx", _saved(document)).document.blocks

    assert [block.text for block in blocks] == [
        "九、总体要求",
        "1.甲项",
        "2.乙项",
        "十、保障措施",
        "1.丙项",
    ]


def test_inserted_text_is_kept_and_deleted_text_is_not() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("共")
    paragraph._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>三</w:t></w:r></w:ins>"))
    paragraph._p.append(
        parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>两</w:delText></w:r></w:del>")
    )
    paragraph.add_run("户。")

    (block,) = import_file("a.docx", _saved(document)).document.blocks

    assert block.text == "共三户。"


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(["a.txt", "a.pdf", "a.docx", "a.html", "a"]),
    head=st.sampled_from(
        [b"", b"%PDF-1.4\n", b"PK\x03\x04", b"<html><body>", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
    ),
    data=st.binary(max_size=200),
)
def test_whatever_bytes_come_they_are_read_or_refused(name: str, head: bytes, data: bytes) -> None:
    with contextlib.suppress(ImportRefused):
        assert import_file(name, head + data).document is not None


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 40_000), flip=st.integers(0, 255))
def test_a_damaged_docx_is_read_or_refused(cut: int, flip: int) -> None:
    data = bytearray(as_docx(_TEXT))
    data[cut % len(data)] ^= flip
    with contextlib.suppress(ImportRefused):
        assert import_file("a.docx", bytes(data)).document is not None


def _saved(document: "docx.document.Document") -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()
