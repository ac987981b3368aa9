"""No engine learns from a citizen. A control shows that the library would, if it were let."""

import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.input.engine import EngineMissing
from kiosk.input.google import find_dictionary

LEARN = """
import sys
from ctypes import create_string_buffer
from kiosk.input import google

user = sys.argv[1].encode()
library = google._load()
library.im_choose.argtypes, library.im_choose.restype = [google.c_size_t], google.c_size_t
letters = b"nongcunweifanggaizao"

def texts(count):
    found = []
    for index in range(count):
        buffer = create_string_buffer(128)
        library.im_get_candidate(index, buffer, 63)
        found.append(buffer.raw.decode("utf-16-le").split("\\0")[0])
    return found

def start():
    library.im_open_decoder(str(google.find_dictionary()).encode(), user)
    library.im_set_max_lens(40, 20)

start()
for _ in range(3):
    library.im_reset_search()
    count = library.im_search(letters, len(letters))
    for word in ("农村", "危房", "农村危房改造"):  # the last one names the whole
        count = library.im_choose(texts(count).index(word))
library.im_close_decoder()
start()
library.im_reset_search()
print(texts(library.im_search(letters, len(letters)))[0])
library.im_close_decoder()
"""


def first_after_choosing(user_dictionary: str, folder: Path) -> str:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", LEARN, user_dictionary],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={"PYTHONPATH": str(root)},
    )
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def _library() -> None:
    try:
        find_dictionary()
    except EngineMissing:
        pytest.skip("libgooglepinyin0 is not installed")


def test_the_library_would_learn_with_a_user_dictionary(tmp_path: Path) -> None:
    learnt = first_after_choosing(str(tmp_path / "user.dat"), tmp_path)

    assert learnt == "农村危房改造"
    assert (tmp_path / "user.dat").exists()


def test_without_one_it_learns_nothing_and_leaves_no_file(tmp_path: Path) -> None:
    assert first_after_choosing("", tmp_path) != "农村危房改造"
    assert list(tmp_path.iterdir()) == []
