"""Signals that ask the process to end: noted, whoever handles them, and never kept from taking effect.

Python writes each signal that has a handler to a pipe (`signal.set_wakeup_fd`), so the script's own handlers stay as
they are. Where nothing handles SIGTERM or SIGHUP, they would kill at once: then a thread ends the session first, also
while the main thread hangs in a library, and lets them kill.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_ASKING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_LAST_S = 5
"""How long a signal may wait for the session to be ended."""
_STOP = b"\0"


class Signals:
    """From `watch` to `stop`. end: is called in a thread when the process is about to be killed."""

    def __init__(self, end: Callable[[], None]) -> None:
        self.arrived = False
        """Whether one has come, whatever became of it."""
        self._end = end
        self._taken: list[int] = []
        self._pipe: tuple[int, int] | None = None
        self._thread: threading.Thread | None = None

    def watch(self) -> None:
        """Nothing where this is not the main thread, or somebody else has the wakeup descriptor."""
        if threading.current_thread() is not threading.main_thread():
            return
        pipe = os.pipe()
        os.set_blocking(pipe[1], False)
        before = signal.set_wakeup_fd(pipe[1], warn_on_full_buffer=False)
        if before != -1:
            signal.set_wakeup_fd(before)
            os.close(pipe[0])
            os.close(pipe[1])
            return
        self._pipe = pipe
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._in_child)
        self._thread = threading.Thread(target=self._run, args=(pipe[0],), name="origin-signals", daemon=True)
        self._thread.start()
        for number in _ASKING:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _wait)
                self._taken.append(number)

    def stop(self) -> None:
        """Leave signals as they were found, as far as nobody else has changed them since."""
        pipe, self._pipe = self._pipe, None
        if pipe is None or self._thread is None:
            return
        with contextlib.suppress(OSError):
            os.write(pipe[1], _STOP)
        if threading.current_thread() is not self._thread:
            self._thread.join(1)
        self._give_back(pipe)

    def _give_back(self, pipe: tuple[int, int]) -> None:
        with contextlib.suppress(ValueError, OSError):  # not the main thread
            now = signal.set_wakeup_fd(-1)
            if now not in {-1, pipe[1]}:
                signal.set_wakeup_fd(now)
            for number in self._taken:
                if signal.getsignal(number) is _wait:
                    signal.signal(number, signal.SIG_DFL)
            os.close(pipe[0])
            os.close(pipe[1])

    def _in_child(self) -> None:
        """A forked child would write into its parent's pipe."""
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            self._give_back(pipe)

    def _run(self, descriptor: int) -> None:
        while True:
            arrived = os.read(descriptor, 64)
            for number in arrived:
                if number in _ASKING:
                    self.arrived = True
                if number in self._taken and signal.getsignal(number) is _wait:
                    self._die_of(number)
            if not arrived or _STOP in arrived:
                return

    def _die_of(self, number: int) -> None:
        ending = threading.Thread(target=self._end, name="origin-end", daemon=True)
        ending.start()
        ending.join(_LAST_S)
        try:
            # Only the main thread may ask Python for it, and it may hang.
            import ctypes  # noqa: PLC0415

            library: Any = ctypes.CDLL(None)
            library.signal.argtypes, library.signal.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
            library.signal(number, None)
            os.kill(os.getpid(), number)
        finally:
            threading.Event().wait(1)
            os._exit(128 + number)


def _wait(_number: int, _frame: object) -> None:
    """Stands in for the default: the thread above does what it would have done."""
