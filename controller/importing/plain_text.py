"""Read plain text: UTF-8, UTF-16 with its mark, or GB18030, found out by decoding."""

import re

from content.disclosure.official_text.source import SourceText, from_lines
from controller.importing.refusals import FileBroken, FileEmpty

_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x80-\x9f]")
_MOST_CONTROL = 0.01


def extract_text(data: bytes) -> SourceText:
    """Return the lines of a text file.

    Raises:
        FileBroken: it is in no encoding that official documents use.
        FileEmpty: there is no text in it.
    """
    text = decode(data)
    if not text.strip():
        raise FileEmpty("文件里没有文字，请检查后重新选择文件。")
    return from_lines(text.splitlines())


def decode(data: bytes) -> str:
    """Return the text of bytes in one of the known encodings.

    Raises:
        FileBroken: none of them fits.
    """
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if len(_CONTROL.findall(text)) <= len(text) * _MOST_CONTROL:
            return text
    raise FileBroken("文件编码无法识别或内容已损坏，请用记事本打开并另存为 UTF-8 编码后重新上传。")
