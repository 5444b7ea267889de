"""`origin.autolog()`: every DataLoader and data set that this process iterates is recorded, with no hook in sight."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from origin.core.record import COMPLETED, FAILED, INTERRUPTED, Gap
from origin.errors import BusyDatabaseError, OriginError, warn
from origin.run import children, files
from origin.run.ending import Ending
from origin.run.exchange import Exchange
from origin.run.key import read_key
from origin.run.metadata import config_hash as hash_of
from origin.run.metadata import imported_packages, session_metadata
from origin.run.settings import DIGEST_LIMIT, VARIABLE, Settings, is_child
from origin.run.sources import ByIdentity, Names, whole
from origin.run.start import watch
from origin.storage.connection import resolve
from origin.storage.database import ProvenanceDatabase

if TYPE_CHECKING:
    from types import TracebackType

    from origin.hooks.huggingface import DatasetHook
    from origin.hooks.pytorch import DataLoaderHook
    from origin.hooks.recorder import Loader

__all__ = ["Autolog", "autolog"]

FILES, PACKAGES = "files", "packages"
"""Kinds of notes at the end of a session."""


def autolog(
    db: str | os.PathLike[str] = "provenance.db",
    config_hash: str | None = None,
    *,
    key: bytes | None = None,
    digest_limit: int = DIGEST_LIMIT,
) -> Autolog:
    """Record every torch DataLoader and Hugging Face data set that this process iterates from here on.

    db, key: as for ProvenanceDatabase. config_hash: names the configuration; None makes a name of the command line.
    digest_limit: in bytes: files, all together, whose SHA-256 is taken at the end as evidence of what was read.

    Called again, or under `origin run`, it returns the recording that goes on, whatever the values. The session begins
    now; in a process that multiprocessing has started, with the first batch. It ends with the process, with `stop()` or
    with the `with` block. See docs/autolog.md.

    Raises what ProvenanceDatabase and begin_session raise. Later on nothing is raised: what fails is one warning, and a
    gap in the record.
    """
    log = current()
    if log is None or log.is_over:
        log = Autolog(Settings(str(resolve(db)), config_hash, digest_limit=digest_limit), key)
        _current[:] = [log]
        watch()
    log.begin_early()
    return log


class Autolog:
    """A recording that needs no hooks. A file that another process records into is left to it: see `path`."""

    def __init__(self, settings: Settings, key: bytes | None = None) -> None:
        self.settings = settings
        self.key = key
        self.process = os.getpid()
        self.is_over = False
        """It has ended, or could not begin."""
        self.path: Path | None = None
        """The database; None while no session has begun."""
        self.session_id: str | None = None
        """32 hexadecimal digits; None while no session has begun."""
        self._lock = threading.RLock()
        self._db: Any = None
        self._exchange: Any = None
        self._ending = Ending(self._end)
        self._names = Names()
        self._loaders: ByIdentity[tuple[DataLoaderHook, Loader]] = ByIdentity()
        self._datasets: ByIdentity[tuple[DatasetHook, Loader]] = ByIdentity()

    def stop(self, status: str = COMPLETED) -> None:
        """End the session; nothing is recorded from here on. Nothing where it has ended."""
        self._end(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.stop()
        else:
            self.stop(FAILED if issubclass(kind, Exception) else INTERRUPTED)

    def leave(self) -> None:
        """End the session; how the process ends is not known here."""
        self._end(None)

    def begin_early(self) -> None:
        """Before there is something to record, where errors may be raised: the loop has not begun."""
        with self._lock:
            if not is_child() and self.session_id is None and not self.is_over:
                self._begin()

    def tap_of(self, loader: Any) -> Any:
        """What stands in the `collate_fn` of a DataLoader that is being iterated; None leaves it as it is."""
        if loader.num_workers == 0 and hasattr(type(whole(loader.dataset)), "recorded_by"):
            return None  # the script has wrapped the data set itself
        return self._guarded("a DataLoader", lambda: self._tap_of(loader))

    def recorded(self, dataset: Any) -> Any:
        """A Hugging Face data set that is being iterated, recorded; None leaves it as it is."""
        return self._guarded("a data set", lambda: self._recorded(dataset))

    def _guarded(self, what: str, give: Any) -> Any:
        """Nothing of ours may reach the loop, but a warning."""
        try:
            with self._lock:
                if self.is_over:
                    return None
                if self.session_id is None:
                    self._begin()
                return give()
        except Exception as error:  # noqa: BLE001 - whatever it is, the loop goes on
            why = f"{what} is not recorded ({type(error).__name__}: {error})"
            if self.session_id is None:
                self.is_over = True
                why = f"nothing is recorded in {self.settings.db} ({type(error).__name__}: {error})"
            warn(why)
            self.gap(why)
            return None

    def _tap_of(self, loader: Any) -> Any:
        from origin.hooks.pytorch import DataLoaderHook, Tap  # noqa: PLC0415 - imports torch

        dataset = loader.dataset
        known = self._loaders.get(loader)
        if known is None:
            files.look_at_maps()
            hook = DataLoaderHook(self._db, str(self.session_id), self._names.of(dataset))
            known = hook, hook.state(dataset)
            self._loaders.put(loader, known)
        hook, state = known
        return Tap(loader.collate_fn, hook.recorder, state)

    def _recorded(self, dataset: Any) -> Any:
        from origin.hooks.huggingface import DatasetHook  # noqa: PLC0415 - imports datasets

        known = self._datasets.get(dataset)
        if known is None:
            files.look_at_maps()
            hook = DatasetHook(self._db, str(self.session_id), self._names.of(dataset))
            known = hook, hook.state(dataset)
            self._datasets.put(dataset, known)
        hook, state = known
        return hook.recorded(dataset, state)

    def _begin(self) -> None:
        from origin.hooks.checkpoints import follow  # noqa: PLC0415 - hooks are loaded once there is something to record

        key = read_key(self.settings.key_file) if self.key is None else self.key
        exchange = Exchange(self.settings.directory)
        db = None
        try:
            db = self._opened(key)
            name = self.settings.config_hash or hash_of(sys.orig_argv[1:])
            session_id = db.begin_session(name, session_metadata(self.settings.launcher)).session_id
        except BaseException:
            exchange.close()
            if db is not None:
                db.close()
            raise
        self._db, self._exchange, self.path, self.session_id = db, exchange, db.path, session_id
        follow(db, db.recording(session_id))
        files.keep_apart(str(resolve(self.settings.db)), str(db.path), str(self._exchange.directory))
        self._exchange.tell_session(session_id, db.path)
        self._ending.watch()
        self._follow_forks()
        children.tellers.append(self.gap)
        for message in children.told:
            self.gap(message)

    def _opened(self, key: bytes | None) -> ProvenanceDatabase:
        path = Path(self.settings.db)
        try:
            return ProvenanceDatabase(path, key=key)
        except BusyDatabaseError:
            return ProvenanceDatabase(path.with_name(f"{path.stem}.pid-{os.getpid()}{path.suffix}"), key=key)

    def _follow_forks(self) -> None:
        """Have the files told that forked workers read."""
        if "torch" in sys.modules or "multiprocessing.util" in sys.modules:
            from multiprocessing.util import register_after_fork  # noqa: PLC0415 - torch has imported it

            register_after_fork(self, Autolog._in_worker)

    def _in_worker(self) -> None:
        from multiprocessing.util import Finalize  # noqa: PLC0415

        files.forget()
        Finalize(None, self._exchange.leave_files, exitpriority=50)

    def gap(self, why: str) -> None:
        """Record that an unknown number of batches is not recorded."""
        if self.session_id is not None and self.process == os.getpid():
            with contextlib.suppress(OriginError):
                self._db.put(self._db.recording(self.session_id), Gap("observer", why[:1000], 0, None))

    def _end(self, status: str | None, *, hasty: bool = False) -> None:
        if self.process != os.getpid() or not self._lock.acquire(timeout=2 if hasty else -1):
            return
        try:
            if self.is_over:
                return
            self.is_over = True
            if self.gap in children.tellers:
                children.tellers.remove(self.gap)
            if self.session_id is not None:
                self._close(status, hasty=hasty)
        except Exception as error:  # noqa: BLE001 - the process ends as it would have
            warn(f"the session in {self.path} is not ended ({type(error).__name__}: {error}): it reads as interrupted")
        finally:
            self._lock.release()

    def _close(self, status: str | None, *, hasty: bool) -> None:
        from origin.hooks.saved import hurry  # noqa: PLC0415 - loaded when the session began

        if not hasty:
            self._ending.stop()
        if self._ending.was_interrupted():
            status = INTERRUPTED
        session_id = str(self.session_id)
        if hasty:
            hurry()
        try:
            self._note_end(session_id, hasty=hasty)
        except KeyboardInterrupt:
            status = INTERRUPTED
        except Exception as error:  # noqa: BLE001 - evidence beside the record; the end itself must still come
            warn(f"files and packages are not noted ({type(error).__name__}: {error})")
        if status is not None:
            self._db.end_session(session_id, status)
        self._db.close()
        self._exchange.tell_session(session_id, self._db.path, is_left=status is None)
        self._exchange.close()

    def _note_end(self, session_id: str, *, hasty: bool) -> None:
        files.look_at_maps()
        self._exchange.take_files()
        for note in files.report(-1 if hasty else self.settings.digest_limit):
            self._db.note(session_id, FILES, note)
        if not hasty:
            self._db.note(session_id, PACKAGES, {"versions": imported_packages()})


def current() -> Autolog | None:
    """The recording of this process, begun or not; None where nobody asked for one."""
    if not _current:
        settings = Settings.of_environment()
        if settings is None:
            if VARIABLE in os.environ and not _told:
                _told.append(True)
                warn(f"`origin run` has ended: what process {os.getpid()} reads from here on is not recorded")
            return None
        _current.append(Autolog(settings))
    log = _current[0]
    if log.process != os.getpid():
        # A forked child: what its parent has open is its parent's.
        log = Autolog(log.settings, log.key)
        files.forget()
        _current[:] = [log]
    return log


def leave() -> None:
    """At the end of a process under `origin run`: tell what no session of its own has told."""
    log = current()
    if log is None or log.session_id is not None or log.is_over:
        return
    if is_child():
        Exchange(log.settings.directory).leave_files()
    if children.told:
        try:
            log.begin_early()
            log.leave()
        except Exception as error:  # noqa: BLE001 - the process ends as it would have
            # Python 3.12 starts no thread at the end of a process, and the record's writer is one.
            if sys.stderr is not None:
                sys.stderr.write(f"origin: that processes were not recorded is in no record: {error}\n")


_current: list[Autolog] = []
_told: list[bool] = []
