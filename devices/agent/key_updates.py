"""Let a zone's keys change only as its TUF root allows: the client of docs/adr/0020.

A policy that the controller offers is a hint. What counts is what the TUF client fetches and accepts, which
also notices when a controller holds back newer keys. When the dates have run out nothing changes and staff are
told; what is shown goes on being shown.
"""

import asyncio
import base64
import binascii
import logging
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from typing_extensions import override

from content.errors import PeerError
from content.feed.policy import PolicyRefused, SignedPolicy, TrustRoot, check_policy
from devices.agent import sentences
from devices.agent.faults import FaultBook
from devices.agent.ports import Unreachable
from devices.wire.messages import Welcome

if TYPE_CHECKING:
    from tuf.ngclient import FetcherInterface

logger = logging.getLogger(__name__)

FILE_S = 40.0
DAY_S = 24 * 3600.0
SCOPE = "keys"


class Missing(PeerError):
    """The controller has no such file: an ordinary answer when asked for the next root."""


class TrustFiles(Protocol):
    """Where the TUF files come from."""

    async def trust_file(self, name: str) -> bytes:
        """Return a file; raises Missing or Unreachable."""
        ...


class KeyUpdates:
    """Vets the policies that are offered. `run` it as a task, for the daily look at the dates."""

    def __init__(
        self, folder: Path, *, root: TrustRoot, files: TrustFiles, faults: FaultBook
    ) -> None:
        self._folder = folder
        self._root = root
        self._files = files
        self._faults = faults

    async def run(self) -> None:
        """Look every day whether newer keys are being held back."""
        while True:
            await asyncio.sleep(DAY_S)
            if self._root.tuf:
                await self._fetched(self._root.tuf.encode())

    async def vetted(self, welcome: Welcome) -> Welcome:
        """Return the welcome with the policy that the TUF client accepts; "" if none is."""
        offered = _read(welcome.policy)
        if offered is None or not offered.chain:
            # A zone without a ceremony; where there was one, the replica refuses what has no chain.
            return welcome
        try:
            check_policy(offered, root=self._root, held=0)
        except PolicyRefused:
            return welcome
        fetched = await self._fetched(offered.chain[0])
        if fetched is None:
            return Welcome("", welcome.heads)
        signed = replace(fetched, approvals=offered.approvals)
        return Welcome(base64.b64encode(signed.to_bytes()).decode(), welcome.heads)

    async def _fetched(self, bootstrap: bytes) -> SignedPolicy | None:
        # Inside: the library is not loaded where no ceremony was held.
        from tuf.api.exceptions import DownloadError, ExpiredMetadataError, RepositoryError

        loop = asyncio.get_running_loop()
        try:
            signed = await asyncio.to_thread(self._refresh, bootstrap, loop)
        except ExpiredMetadataError:
            self._fault("keys_expired", sentences.KEYS_EXPIRED)
        except DownloadError as error:
            logger.warning("keys not fetched", extra={"cause": str(error)})
            self._faults.note("api_unreachable", "api", sentences.API_UNREACHABLE)
        except (RepositoryError, PolicyRefused, ValueError):
            self._fault("policy_refused", sentences.POLICY_REFUSED)
        except OSError as error:
            logger.warning("keys not kept", extra={"cause": str(error)})
            self._fault("keys_unkept", sentences.REPLICA_FULL)
        else:
            self._faults.clear_scope(SCOPE)
            return signed
        return None

    def _fault(self, code: str, text: str) -> None:
        self._faults.clear_scope(SCOPE, but=(code, SCOPE))
        self._faults.note(code, SCOPE, text, scope=SCOPE)

    def _refresh(self, bootstrap: bytes, loop: asyncio.AbstractEventLoop) -> SignedPolicy:
        """Run the TUF client; for a thread, since it asks back through the event loop."""
        from tuf.api.metadata import Metadata, Root
        from tuf.ngclient import Updater

        from content.feed.tuf_chain import FEEDS, policy_of

        self._folder.mkdir(mode=0o700, exist_ok=True)
        place = str(self._folder)
        updater = Updater(
            place, "t", place, "t", fetcher=_fetcher(self._files, loop), bootstrap=bootstrap
        )
        updater.refresh()
        info = updater.get_targetinfo(FEEDS)
        if info is None:
            raise PolicyRefused("根中没有签名策略。")
        feeds = Path(updater.download_target(info, str(self._folder / FEEDS))).read_bytes()
        newest = Metadata[Root].from_bytes((self._folder / "root.json").read_bytes())
        history = self._folder / "root_history"
        roots = [
            (history / f"{version}.root.json").read_bytes()
            for version in range(1, newest.signed.version + 1)
        ]
        targets = (self._folder / "targets.json").read_bytes()
        return SignedPolicy(policy_of(feeds), (), (*roots, targets))


def _read(policy: str) -> SignedPolicy | None:
    try:
        return SignedPolicy.from_bytes(base64.b64decode(policy, validate=True)) if policy else None
    except (PolicyRefused, binascii.Error):
        return None


def _fetcher(files: TrustFiles, loop: asyncio.AbstractEventLoop) -> "FetcherInterface":
    from tuf.api.exceptions import DownloadError, DownloadHTTPError
    from tuf.ngclient import FetcherInterface

    class OverHttps(FetcherInterface):
        """Fetches over the agent's own HTTPS, with its certificate."""

        @override
        def _fetch(self, url: str) -> Iterator[bytes]:
            name = url.rpartition("/")[2]
            asked = asyncio.run_coroutine_threadsafe(files.trust_file(name), loop)
            try:
                return iter((asked.result(FILE_S),))
            except Missing as error:
                raise DownloadHTTPError(name, 404) from error
            except (Unreachable, TimeoutError, CancelledError) as error:
                raise DownloadError(name) from error

    return OverHttps()
