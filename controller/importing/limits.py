"""How large a file may be; settings of the zone, checked before anything is parsed."""

from dataclasses import dataclass

from controller.importing.refusals import FileEmpty, FileTooLarge

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """Upper bounds of one file.

    Attributes:
        max_bytes: size of the file.
        max_unpacked_bytes: size of all that a DOCX holds, unpacked.
        max_pages: pages of a PDF.
        max_characters: characters of extracted text.
    """

    max_bytes: int = 50 * _MEGABYTE
    max_unpacked_bytes: int = 200 * _MEGABYTE
    max_pages: int = 1000
    max_characters: int = 2_000_000

    def check_size(self, size: int) -> None:
        """Refuse a file by its size alone, so that an upload can be stopped before it is read.

        Raises:
            FileEmpty: there is nothing.
            FileTooLarge: it is over the limit.
        """
        if size == 0:
            raise FileEmpty("文件是空的，请检查后重新选择文件。")
        if size > self.max_bytes:
            limit = self.max_bytes // _MEGABYTE
            raise FileTooLarge(f"文件超过 {limit} MB，请拆分文件或压缩其中的图片后再上传。")

    def check_characters(self, count: int) -> None:
        """Refuse a text that is too long to be one document.

        Raises:
            FileTooLarge: it is over the limit.
        """
        if count > self.max_characters:
            raise FileTooLarge("文件文字过多，不像一份公文，请拆分后再上传。")
