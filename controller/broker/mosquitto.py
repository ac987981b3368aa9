"""Keep the zone's broker running: write its files, start it, watch it, start it again (wire.md 0.1).

A broker that cannot run is a sentence for the desk, never the end of the controller: terminals go on
serving from their replicas, and the desk goes on working.
"""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Iterable

from content.errors import CallerError
from controller.broker.log_pipe import LogPipe
from controller.broker.ports import holder_of
from controller.broker.private_files import write_private
from controller.broker.refusals import HandshakeWatch, RefusedHandshake
from controller.broker.settings import BrokerSettings, DeviceAccess, access_text, config_text
from controller.broker.trespass import Trespass, TrespassWatch
from devices.clock import Clock

logger = logging.getLogger(__name__)

PAUSES_S = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits before the next start, the last one for ever."""
STEADY_S = 60.0
"""A broker that ran so long has earned the short waits again."""
STOP_S = 0.5
STOP_TRIES = 10
_BESIDE_PATH = ("/usr/sbin", "/usr/local/sbin")
"""Debian puts mosquitto where a normal user's PATH does not look."""


class BrokerProblem(CallerError):
    """The broker does not run; the sentence says what to do."""


class Mosquitto:
    """One mosquitto under the controller's care. `run` it as a task; ask `problem` at any time."""

    def __init__(
        self,
        *,
        settings: BrokerSettings,
        clock: Clock,
        on_refused: Callable[[RefusedHandshake], None],
        on_trespass: Callable[[Trespass], None],
        pauses_s: tuple[float, ...] = PAUSES_S,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._on_refused = on_refused
        self._on_trespass = on_trespass
        self._trespasses = TrespassWatch()
        self._pauses_s = pauses_s
        self._process: Process | None = None
        self._running = asyncio.Event()
        self._settled = asyncio.Event()
        self._problem: BrokerProblem | None = None
        self._last_error = ""

    @property
    def problem(self) -> BrokerProblem | None:
        """Why the broker does not run, None if it does or has not been tried yet."""
        return self._problem

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process and self._running.is_set() else None

    async def started(self) -> None:
        """Wait until the broker takes connections, or it is known why it does not.

        Raises:
            BrokerProblem: it does not run; it will be tried again nevertheless.
        """
        await self._settled.wait()
        if self._problem:
            raise self._problem

    async def running(self) -> None:
        """Wait until the broker takes connections, however long it takes."""
        await self._running.wait()

    async def allow(self, devices: Iterable[DeviceAccess]) -> None:
        """Let exactly these terminals in. Takes effect at once, also for those that are connected."""
        devices = tuple(devices)
        self._trespasses.allow(devices)
        write_private(self._settings.access, access_text(devices).encode())
        self.reload()

    def reload(self) -> None:
        """Make a running broker read access list, certificate and revocation list again."""
        if self._process and self._running.is_set():
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGHUP)

    async def run(self) -> None:
        """Keep the broker running until cancelled."""
        self._settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._settings.access.exists():
            await self.allow(())
        text = config_text(self._settings)
        write_private(self._settings.config, text.encode())
        tries = 0
        while True:
            began = self._clock.monotonic()
            problem = await self._one_life()
            tries = 0 if self._clock.monotonic() - began >= STEADY_S else tries
            if self._problem is None or str(self._problem) != str(problem):
                logger.warning("broker does not run", extra={"why": str(problem)})
            self._problem = problem
            self._settled.set()
            await asyncio.sleep(self._pauses_s[min(tries, len(self._pauses_s) - 1)])
            tries += 1

    async def _one_life(self) -> BrokerProblem:
        """Start the broker, stay until it ends, and say what has to be done about it."""
        program = find_program(self._settings.program)
        if program is None:
            return BrokerProblem(
                "没有找到消息服务程序 mosquitto，终端暂时收不到更新。"
                "请管理员在服务器上运行 apt-get install mosquitto，装好后系统会自动启动它。"
            )
        self._last_error = ""
        log = LogPipe.open()
        try:
            try:
                process = self._process = await self._start(program, log)
            finally:
                os.close(log.write)
            try:
                await self._follow(log)
            finally:
                self._running.clear()
                await _end(process)
        except OSError:
            logger.exception("broker cannot be started", extra={"program": program})
            return BrokerProblem(
                f"消息服务程序 {program} 无法运行，请检查文件权限或重新安装 mosquitto。"
            )
        finally:
            os.close(log.read)
        return await self._why_it_ended()

    async def _start(self, program: str, log: LogPipe) -> Process:
        return await asyncio.create_subprocess_exec(
            *(*_dies_with_us(), program, "-c", str(self._settings.config)),
            stdin=DEVNULL,
            stdout=log.write,
            stderr=log.write,
            start_new_session=True,  # Ctrl-C is for the controller, which says goodbye first
        )

    async def _follow(self, log: LogPipe) -> None:
        watch = HandshakeWatch()
        async for line in log.lines():
            if trespass := self._trespasses.read(line):
                self._on_trespass(trespass)
            elif refused := watch.read(line):
                self._on_refused(refused)
            self._note(line)

    def _note(self, line: str) -> None:
        is_error = line.startswith("Error")
        logger.log(
            logging.WARNING if is_error else logging.DEBUG, "broker says", extra={"line": line}
        )
        if is_error:
            self._last_error = line
        if line.startswith("mosquitto version") and line.endswith(" running"):
            logger.info("broker runs", extra={"port": self._settings.port})
            self._problem = None
            self._running.set()
            self._settled.set()

    async def _why_it_ended(self) -> BrokerProblem:
        if "Address already in use" in self._last_error:
            holder = await asyncio.to_thread(holder_of, self._settings.port)
            by = f"（{holder.name}，进程号 {holder.pid}）" if holder else ""
            return BrokerProblem(
                f"端口 {self._settings.port} 已被其他程序占用{by}，消息服务没有启动，终端暂时收不到更新。"
                "请停止该程序，或在 zone.toml 中把 broker 的 port 改为空闲端口后重新启动。"
            )
        return BrokerProblem(
            "消息服务 mosquitto 意外退出，系统正在自动重新启动它。"
            "如果几分钟后仍未恢复，请管理员查看服务器日志中“broker says”的记录。"
        )


def find_program(name: str) -> str | None:
    """Return the path of a program, also of one that only root's PATH would show."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *_BESIDE_PATH]))


def _dies_with_us() -> tuple[str, ...]:
    # setpriv (util-linux, essential on Debian) sets PR_SET_PDEATHSIG and then becomes mosquitto: unlike
    # preexec_fn it runs no Python between fork and exec. Without it a killed controller leaves its broker behind.
    # KILL, not TERM: mosquitto forgets a TERM that comes while it starts, and it keeps nothing that could be lost.
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL") if setpriv else ()


async def _end(process: Process) -> None:
    """End the broker: by asking, some times (mosquitto forgets what it is told while it starts), then by force."""
    for _ in range(STOP_TRIES):
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            # Not wait_for: before Python 3.12 it forgets a cancellation that comes together with the end.
            async with asyncio.timeout(STOP_S):
                await process.wait()
    if process.returncode is None:
        logger.warning("broker did not end in time and was killed", extra={"pid": process.pid})
        process.kill()
        await process.wait()
