"""`origin run` itself: starts Python again as it was started, waits, and ends as the script ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
from typing import TYPE_CHECKING, Any, NamedTuple

from origin.run.children import FOLDER, options, unrecorded
from origin.run.settings import SESSION, VARIABLE, Settings
from origin.run.start import mark

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LAUNCHER = "origin run"
_PASSED_ON = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH")
    if hasattr(signal, name)
)
_FROM_KERNEL = 0x80
"""si_code of a signal that a terminal sends, to the script as well."""


class Recorded(NamedTuple):
    """One session of a run, as its file has it."""

    path: Path
    session_id: str
    status: str
    batches: int
    observations: int
    gaps: int


class Ran(NamedTuple):
    """code: as of os.waitstatus_to_exitcode. problem: why the script itself was not recorded. unread: files whose
    sessions cannot be read.
    """

    code: int
    sessions: tuple[Recorded, ...]
    problem: str | None
    unread: tuple[str, ...]


def launch(arguments: Sequence[str], settings: Settings) -> Ran:
    """Run Python with these arguments, which are a script's or begin with -m, and record it.

    Raises OSError where Python cannot be started.
    """
    directory = tempfile.mkdtemp(prefix="origin-run-")
    settings = settings._replace(directory=directory, launcher=LAUNCHER)
    try:
        settings.write()
        command = [sys.executable, *options(sys.orig_argv[1:]), *arguments]
        environment = _environment(directory)
        process, code = _run(command, environment)
        problem = None
        if not os.path.exists(mark(directory, process)):  # noqa: PTH110
            problem = unrecorded(command, environment) or "its start did not get as far as our sitecustomize"
        return _looked_up(settings, process, code, problem)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def die_as(code: int) -> int:
    """The exit code to return; never returns where the script was killed by a signal: then so is this process."""
    if code < 0:
        with contextlib.suppress(ImportError, ValueError, OSError):
            import resource  # noqa: PLC0415 - the script's core is enough

            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError, ValueError):  # SIGKILL needs no default
            signal.signal(-code, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {-code})
        os.kill(os.getpid(), -code)
        return 128 - code
    return code


def _environment(directory: str) -> dict[str, str]:
    before = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        VARIABLE: directory,
        "PYTHONPATH": os.pathsep.join([FOLDER, before]) if before else FOLDER,
    }


def _run(command: list[str], environment: dict[str, str]) -> tuple[int, int]:
    """The process and its exit code. Signals that come here are its as well, but those that it has already got."""
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:  # as some launchers leave it: then nobody could wait
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    watched = {signal.SIGCHLD, *_PASSED_ON}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    try:
        process = os.posix_spawn(command[0], command, environment, setsigmask=before)
        while True:
            found = signal.sigwaitinfo(watched)
            if found.si_signo == signal.SIGCHLD:
                ended, status = os.waitpid(process, os.WNOHANG)
                if ended:
                    return process, os.waitstatus_to_exitcode(status)
            elif found.si_code != _FROM_KERNEL:
                os.kill(process, found.si_signo)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _looked_up(settings: Settings, script: int, code: int, problem: str | None) -> Ran:
    told = _told(settings.directory or "")
    if problem is not None:
        told.append(_unrecorded_session(settings, problem, code))
    found: list[Recorded] = []
    unread: list[str] = []
    for one in told:
        try:
            if one["is_left"] and one["pid"] == script:
                _finish(settings, one, code)
            found.append(_recorded(one))
        except Exception:  # noqa: BLE001 - the script's own end matters more
            unread.append(one["path"])
    return Ran(code, tuple(sorted(found)), problem, tuple(unread))


def _told(directory: str) -> list[dict[str, Any]]:
    if not any(name.startswith(SESSION) for name in os.listdir(directory)):  # noqa: PTH208 - loads nothing more
        return []
    from origin.run.exchange import sessions  # noqa: PLC0415

    return sessions(directory)


def _recorded(told: dict[str, Any]) -> Recorded:
    from pathlib import Path  # noqa: PLC0415

    from origin.storage.reads import Reader  # noqa: PLC0415

    path = Path(told["path"])
    with Reader(path) as reader:
        (session,) = reader.sessions_by_prefix(told["session_id"])
        totals = reader.totals(session.row)
        gaps, _, _ = reader.gap_totals(session.row)
        status = session.status
    return Recorded(path, told["session_id"], status, totals.batches, totals.observations, gaps)


def _finish(settings: Settings, told: dict[str, Any], code: int) -> None:
    """End the session of a script that could not tell how it would end: its exit code tells."""
    from origin.run.key import read_key  # noqa: PLC0415
    from origin.storage.database import ProvenanceDatabase  # noqa: PLC0415

    with ProvenanceDatabase(told["path"], key=read_key(settings.key_file), shard=False) as db:
        db.resume_session(told["session_id"]).end(_status(code))


def _unrecorded_session(settings: Settings, problem: str, code: int) -> dict[str, Any]:
    """A session that says that the script ran, and that nothing of it is known."""
    from origin.run.autolog import Autolog  # noqa: PLC0415

    log = Autolog(settings)
    log.begin_early()
    log.gap(f"the script is not recorded: {problem}")
    log.stop(_status(code))
    return {"path": str(log.path), "session_id": log.session_id, "pid": os.getpid(), "is_left": False}


def _status(code: int) -> str:
    if code in {-signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGKILL}:
        return "interrupted"
    return "completed" if code == 0 else "failed"
