"""Why a file cannot be imported. Each message is one sentence for the person at the desk and says what to do."""

from content.errors import CallerError


class ImportRefused(CallerError):
    """The file cannot be imported; nothing of it is kept and the file itself is untouched."""


class FileEmpty(ImportRefused):
    """There is nothing in the file."""


class FileTooLarge(ImportRefused):
    """The file, or what it unpacks to, is over the limit."""


class FileBroken(ImportRefused):
    """The file says what it is, but cannot be read as that."""


class FileEncrypted(ImportRefused):
    """The file asks for a password."""


class NoTextLayer(ImportRefused):
    """The pages are pictures."""


class WrongKind(ImportRefused):
    """The file is none of the kinds that can be read."""


class WronglyNamed(ImportRefused):
    """The name says one kind and the content is another."""
