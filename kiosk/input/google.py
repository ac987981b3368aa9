"""libgooglepinyin (Debian, Apache-2.0) through ctypes: fast, small, and made to learn nothing.

The user dictionary is b"", so nothing is learnt and no file appears. The decoder is global to the process,
so one thread alone may call it. The library aborts the whole process when its table of match states runs
full, which mashed keys do within 18 letters ("ananananananananan"): a user interface therefore keeps it in
a process of its own, kiosk.input.hosted.
"""

import ctypes
import threading
from ctypes import POINTER, byref, c_bool, c_char_p, c_size_t, c_uint16, c_void_p
from pathlib import Path

from kiosk.input.engine import Candidate, Composition, EngineMissing

LIBRARY = "libgooglepinyin.so.0"
_DICTIONARIES = "*/googlepinyin/data/dict_pinyin.dat"
MAX_LETTERS = 40
_MAX_HANZI = 20
_MOST = 60
_BUFFER = 64


class GooglePinyin:
    """The engine. Call it from the thread that made it; one at a time in a process.

    Raises:
        EngineMissing: library or dictionary is not installed.
    """

    def __init__(self, dictionary: Path | None = None) -> None:
        self._thread = threading.get_ident()
        self._dictionary = dictionary or find_dictionary()
        self._library = _load()
        self._open()

    def compose(self, letters: str) -> Composition:
        """Return the sentence first, then words and characters for its beginning."""
        self._check_thread()
        letters = letters[:MAX_LETTERS]
        self._library.im_reset_search()
        count = self._library.im_search(letters.encode("ascii"), len(letters))
        ends = self._syllable_ends()
        texts = (self._candidate(index) for index in range(min(count, _MOST)))
        return Composition(
            tuple(
                Candidate(text, ends[len(text) - 1]) for text in texts if 0 < len(text) <= len(ends)
            )
        )

    def reset(self) -> None:
        """Open the decoder anew, so that nothing of the last search is left in it."""
        self._check_thread()
        self._library.im_close_decoder()
        self._open()

    def _candidate(self, index: int) -> str:
        buffer = ctypes.create_string_buffer(2 * _BUFFER)
        if not self._library.im_get_candidate(index, buffer, _BUFFER - 1):
            return ""
        return buffer.raw.decode("utf-16-le", "ignore").split("\0")[0]

    def _syllable_ends(self) -> list[int]:
        starts = POINTER(c_uint16)()
        count = self._library.im_get_spl_start_pos(byref(starts))
        return [starts[i] for i in range(1, count + 1)]

    def _open(self) -> None:
        if not self._library.im_open_decoder(str(self._dictionary).encode(), b""):
            raise EngineMissing(str(self._dictionary))
        self._library.im_set_max_lens(MAX_LETTERS, _MAX_HANZI)

    def _check_thread(self) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError("the pinyin decoder belongs to the thread that opened it")


def find_dictionary() -> Path:
    """Return the system dictionary of the Debian package.

    Raises:
        EngineMissing: it is not installed.
    """
    found = sorted(Path("/usr/lib").glob(_DICTIONARIES))
    if not found:
        raise EngineMissing("dict_pinyin.dat")
    return found[0]


def _load() -> ctypes.CDLL:
    """Load the library and declare every function: pointers do not survive ctypes' guess of int."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise EngineMissing(LIBRARY) from error
    declared: tuple[tuple[str, list[type], type | None], ...] = (
        ("im_open_decoder", [c_char_p, c_char_p], c_bool),
        ("im_close_decoder", [], None),
        ("im_set_max_lens", [c_size_t, c_size_t], None),
        ("im_reset_search", [], None),
        ("im_search", [c_char_p, c_size_t], c_size_t),
        ("im_get_candidate", [c_size_t, c_void_p, c_size_t], c_void_p),
        ("im_get_spl_start_pos", [POINTER(POINTER(c_uint16))], c_size_t),
    )
    for name, arguments, result in declared:
        function = getattr(library, name)
        function.argtypes = arguments
        function.restype = result
    return library
