"""Import python-escpos, here alone, without the traces that its import leaves.

escpos.capabilities 3.1 makes a folder in the temporary one at each import and never removes it, and calls
logging.basicConfig. To be removed when it does neither.
"""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


def native_qr(url: str, module_dots: int) -> bytes:
    """Return GS ( k with model 2, level M."""
    with _no_traces():
        from escpos.constants import QR_ECLEVEL_M
        from escpos.printer import Dummy

    builder = Dummy()
    builder.qr(url, ec=QR_ECLEVEL_M, size=module_dots, native=True)
    data: bytes = builder.output
    builder.clear()  # it refers to itself and so lives until the collector comes: without a visitor's code
    return data


@contextmanager
def _no_traces() -> Iterator[None]:
    root, usual = logging.getLogger(), tempfile.tempdir
    handlers = tuple(root.handlers)
    with tempfile.TemporaryDirectory(prefix="escpos-") as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = usual
            for one in set(root.handlers) - set(handlers):
                root.removeHandler(one)
