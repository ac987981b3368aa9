"""Take the best pinyin engine that this machine has."""

import logging

from kiosk.input.engine import EngineMissing, PinyinEngine
from kiosk.input.hosted import HostedPinyin
from kiosk.input.viterbi import ViterbiPinyin

log = logging.getLogger(__name__)


def open_engine() -> PinyinEngine:
    """Return libgooglepinyin in its own process, or the engine in pure Python where it is missing."""
    try:
        return HostedPinyin()
    except EngineMissing as error:
        log.warning("pinyin library missing, using the built-in engine", extra={"what": str(error)})
        return ViterbiPinyin()
