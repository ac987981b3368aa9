"""What a library keeps of a slip after it was made into bytes: nothing, for its code is a visitor's."""

import gc

from devices.drivers.printer.escpos_library import native_qr


def test_nothing_alive_holds_the_address_of_a_receipt_after_its_code_was_encoded() -> None:
    gc.collect()
    gc.disable()
    try:
        made = len(native_qr("http://127.0.0.1/r/" + "7KQ2M9XD4F", 6))
        alive = [
            part
            for thing in gc.get_objects()
            if isinstance(thing, list)
            for part in thing
            if isinstance(part, bytes) and b"7KQ2M9XD4F" in part
        ]
    finally:
        gc.enable()

    assert made > 0
    assert alive == []
