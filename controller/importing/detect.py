"""Tell what a file is by its content; its name is only checked against that."""

import io
import re
import zipfile
from enum import StrEnum

from controller.importing.limits import ImportLimits
from controller.importing.refusals import (
    FileBroken,
    FileEncrypted,
    FileTooLarge,
    WrongKind,
    WronglyNamed,
)


class Kind(StrEnum):
    """Kinds of file that can be read."""

    TEXT = "TXT"
    HTML = "HTML"
    WORD = "DOCX"
    PDF = "PDF"


_SUFFIXES = {
    "txt": Kind.TEXT,
    "text": Kind.TEXT,
    "md": Kind.TEXT,
    "htm": Kind.HTML,
    "html": Kind.HTML,
    "xhtml": Kind.HTML,
    "docx": Kind.WORD,
    "pdf": Kind.PDF,
}
_FOREIGN_SUFFIXES = frozenset(
    {"doc", "wps", "xls", "xlsx", "ppt", "pptx", "ofd", "rtf", "jpg", "jpeg", "png", "zip"}
)
_PDF_WINDOW = 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_HTML_START = re.compile(
    rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(rb"<(?:p|div|br|table|h[1-6]|span|meta|title)[\s>/]", re.IGNORECASE)
_WINDOW = 4096
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def detect(data: bytes, name: str, limits: ImportLimits) -> Kind:
    """Return the kind of the file.

    Raises:
        ImportRefused: it is none of the four kinds, broken, encrypted, too large unpacked, or named as another.
    """
    kind = _kind_of(data, suffix_of(name), limits)
    _check_name(name, kind)
    return kind


def suffix_of(name: str) -> str:
    """Return the suffix of a file name in lower case, without the dot; "" if it has none."""
    stem, dot, suffix = name.strip().rpartition(".")
    return suffix.lower() if dot and stem else ""


def _kind_of(data: bytes, suffix: str, limits: ImportLimits) -> Kind:
    if b"%PDF-" in data[:_PDF_WINDOW]:
        return Kind.PDF
    if data.startswith(b"PK"):
        return _packed_kind(data, limits)
    if data.startswith(_OLE):
        raise _old_office(data)
    _refuse_foreign(data)
    window = data[:_WINDOW]
    bare = window.lstrip(b"\xef\xbb\xbf")
    if _HTML_START.match(bare) or (_SUFFIXES.get(suffix) is Kind.HTML and _TAG.search(data)):
        return Kind.HTML
    if b"\x00" in window and not window.startswith(_UTF16):
        raise WrongKind("无法识别这个文件，请上传 TXT、DOCX、PDF 或 HTML 文件。")
    return Kind.TEXT


def _packed_kind(data: bytes, limits: ImportLimits) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            entries = pack.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as error:
        # RuntimeError: zipfile's word for a version of the format that it does not know.
        raise FileBroken(
            "文件已损坏，无法打开；请用原软件打开并另存为 DOCX 后重新上传。"
        ) from error
    names = {entry.filename for entry in entries}
    if sum(entry.file_size for entry in entries) > limits.max_unpacked_bytes:
        raise FileTooLarge(
            "文件解压后过大，可能不是正常文档；请用 Word 或 WPS 打开并另存为 DOCX 后重新上传。"
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileEncrypted("文件设有密码，请先取消密码再上传。")
    if "word/document.xml" in names:
        return Kind.WORD
    if "OFD.xml" in names:
        raise WrongKind("暂不支持 OFD 文件，请转换为 PDF 后再上传。")
    if any(name.startswith(("xl/", "ppt/")) for name in names):
        raise WrongKind("这是表格或演示文件，请另存为 DOCX 或 PDF 后再上传。")
    raise WrongKind("这是压缩包，请解压后逐个上传其中的文件。")


def _old_office(data: bytes) -> Exception:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return FileEncrypted("文件设有密码，请先取消密码再上传。")
    return WrongKind(
        "这是旧版 Office 文件（如 .doc、.wps），请用 Word 或 WPS 打开并另存为 DOCX 后再上传。"
    )


def _refuse_foreign(data: bytes) -> None:
    if data.startswith(b"{\\rtf"):
        raise WrongKind("这是 RTF 文件，请用 Word 或 WPS 打开并另存为 DOCX 后再上传。")
    if data.startswith(_PICTURES):
        raise WrongKind("这是图片，无法提取文字；请上传带文字的 PDF、DOCX、HTML 或 TXT 文件。")


def _check_name(name: str, kind: Kind) -> None:
    suffix = suffix_of(name)
    named = _SUFFIXES.get(suffix)
    is_other = named is not None and named is not kind
    if is_other or suffix in _FOREIGN_SUFFIXES:
        right = kind.value.lower()
        raise WronglyNamed(
            f"文件名后缀是 .{suffix}，内容却是 {kind.value}；请确认没有选错文件，把后缀改为 .{right} 后重新上传。"
        )
