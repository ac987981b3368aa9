"""A keypad's two ways of speaking, its driver, and the voice that answers."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from devices.drivers.health import Level
from devices.drivers.input_link import InputLink
from devices.drivers.keypad.codec import (
    INPUT_KEYS,
    LINE_KEYS,
    RECORD,
    InputKeys,
    Key,
    LineKeys,
    input_bytes,
    line_bytes,
)
from devices.drivers.keypad.machine import KeypadMachine
from devices.drivers.links import LinkLost
from devices.drivers.reasons import Kind
from devices.hub.place import BadPlace, parse_place
from devices.sim.keypad.keypad import SimulatedKeypad
from devices.speech.reading import to_syllables
from devices.speech.speaker import Speaker
from tests.support.bench_device import DeviceBench

ENTER, KP2, LETTER_A = 28, 80, 30


@pytest.mark.parametrize("keys", [LINE_KEYS, INPUT_KEYS])
def test_both_ways_have_every_key(keys: dict[int, Key]) -> None:
    assert set(keys.values()) == set(Key)


@pytest.mark.parametrize("key", list(Key))
def test_a_line_keypads_key_is_what_stands_there(key: Key) -> None:
    assert LineKeys().feed(line_bytes(key), 0.0) == (key,)


def test_a_key_held_down_counts_once_and_pressed_again_counts_again() -> None:
    keys = LineKeys()
    held = [keys.feed(b"5", at / 10) for at in range(10)]

    assert [one for some in held for one in some] == [Key.CHOOSE]
    assert keys.feed(b"5", 1.2) == (Key.CHOOSE,)


def test_line_ends_and_letters_are_no_keys() -> None:
    assert LineKeys().feed(b"8\r\nx\x00\xff4", 0.0) == (Key.NEXT, Key.BACK)


def test_the_kernels_record_of_a_pressed_key_is_a_key_and_of_a_held_or_released_one_is_not() -> (
    None
):
    records = b"".join(input_bytes(KP2, value) for value in (1, 2, 2, 0))
    sync = RECORD.pack(1, 2, 0, 0, 0)

    assert InputKeys().feed(records + sync, 0.0) == (Key.NEXT,)
    assert InputKeys().feed(input_bytes(LETTER_A, 1), 0.0) == ()


def test_the_kernels_records_are_read_however_they_are_cut() -> None:
    stream = b"".join(input_bytes(code, value) for code in (KP2, ENTER) for value in (1, 0))
    whole = InputKeys().feed(stream, 0.0)
    keys = InputKeys()
    cut = tuple(one for byte in stream for one in keys.feed(bytes([byte]), 0.0))

    assert whole == cut == (Key.NEXT, Key.CHOOSE)


def test_the_driver_tells_keys_and_comes_back_after_the_cable_was_out() -> None:
    keypad = SimulatedKeypad()
    bench = DeviceBench(keypad)
    driver = bench.attendant(KeypadMachine())
    bench.run_until(driver, lambda: driver.health.level is Level.OK)
    keypad.obey({"key": "next"})
    keypad.obey({"key": "self-destruct"})
    keypad.obey({"key": ["next"]})
    bench.run(driver, 0.5)
    assert driver.take_events() == (Key.NEXT,)

    bench.is_there = False
    bench.run_until(driver, lambda: driver.health.level is Level.DOWN)
    bench.is_there = True
    bench.run_until(driver, lambda: driver.health.level is Level.OK)
    keypad.obey({"key": "choose"})
    bench.run(driver, 0.5)
    assert driver.take_events() == (Key.CHOOSE,)


def test_a_usb_keypad_is_taken_alone_read_and_lost_when_pulled(tmp_path: Path) -> None:
    path = tmp_path / "event3"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)
    taken: list[int] = []
    link = InputLink(str(path), take=taken.append)
    os.write(writer, input_bytes(ENTER, 1))

    assert InputKeys().feed(link.read(1.0), 0.0) == (Key.CHOOSE,)
    assert link.read(0.0) == b""
    assert link.write(b"x") == 1
    assert len(taken) == 1
    os.close(writer)
    with pytest.raises(LinkLost, match="unplugged"):
        link.read(1.0)
    link.close()
    link.close()


@pytest.mark.parametrize(("error", "reason"), [(errno.EBUSY, "busy"), (errno.ENOTTY, "absent")])
def test_a_keypad_that_cannot_be_had_alone_is_let_go(
    tmp_path: Path, error: int, reason: str
) -> None:
    def refuse(_: int) -> None:
        raise OSError(error, "no")

    path = tmp_path / "event3"
    path.touch()
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(LinkLost, match=reason):
        InputLink(str(path), take=refuse)
    with pytest.raises(LinkLost, match="absent"):
        InputLink(str(tmp_path / "event4"))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_is_no_input_device_is_not_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "a-file"
    path.write_bytes(input_bytes(ENTER, 1))

    with pytest.raises(LinkLost, match="absent"):
        InputLink(str(path))


def test_a_keypad_is_not_guessed() -> None:
    with pytest.raises(BadPlace, match="无障碍键盘"):
        parse_place("auto", Kind.KEYPAD)


def test_a_sentence_becomes_syllables_with_digits_one_by_one() -> None:
    said = to_syllables("查询码 7K，请到银行办理绿色通道（50%）。")

    assert said == (
        "cha2 xun2 ma3 qi1 K, qing3 dao4 yin2 hang2 ban4 li3 lv4 se4 tong1 dao4, "
        "wu3 ling2 bai3 fen1 zhi1,."
    )


def test_nothing_that_has_no_sound_is_handed_to_the_engine() -> None:
    assert to_syllables("\x00\x1b[31m㛃☃").replace("yi2", "").isascii()


class SlowEngine:
    """Speaks until it is cut off, or told to finish."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.cut: list[str] = []
        self.began = asyncio.Event()
        self.finish = asyncio.Event()

    async def say(self, text: str) -> None:
        self.begun.append(text)
        self.began.set()
        try:
            await self.finish.wait()
        except asyncio.CancelledError:
            self.cut.append(text)
            raise


async def test_the_newest_sentence_cuts_the_one_before_off_and_silence_cuts_all() -> None:
    engine = SlowEngine()
    speaker = Speaker(engine)
    running = asyncio.create_task(speaker.run())
    try:
        for text in ("第一句", "第二句"):
            engine.began.clear()
            speaker.say(text)
            async with asyncio.timeout(10):
                await engine.began.wait()
        assert engine.cut == ["第一句"]
        speaker.say("")
        async with asyncio.timeout(10):
            while len(engine.cut) < 2:  # noqa: ASYNC110 - cut by another task
                await asyncio.sleep(0)
    finally:
        running.cancel()
        await asyncio.wait([running])
    assert engine.begun == ["第一句", "第二句"]


async def test_of_sentences_said_in_one_breath_only_the_last_is_spoken() -> None:
    engine = SlowEngine()
    speaker = Speaker(engine)
    for text in ("一", "二", "三"):
        speaker.say(text)
    running = asyncio.create_task(speaker.run())
    async with asyncio.timeout(10):
        await engine.began.wait()
    running.cancel()
    await asyncio.wait([running])

    assert engine.begun == ["三"]
    assert engine.cut == ["三"]
