"""How a process comes to its end, as far as can be known from within, so that a session is not called what it was not.

Python tells its exit functions neither the exit code nor the exception. What is looked at instead: signals that came,
an exception that Python has reported, `sys.exit` as it is called, and where the outermost frame stopped: one that
returned ended well. What is left (`raise SystemExit(code)`, a `sys.exit` imported by name) is not known here.
"""

from __future__ import annotations

import atexit
import contextlib
import dis
import functools
import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn

from origin.core.record import COMPLETED, FAILED, INTERRUPTED
from origin.run.settings import is_child
from origin.run.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


class Ending:
    """From `watch` to `stop`. end: is called once with the status, None where it is not known; hasty: with no time."""

    def __init__(self, end: Callable[..., None]) -> None:
        self._end = end
        self._signals = Signals(lambda: end(INTERRUPTED, hasty=True))
        self._frame: FrameType | None = None
        self._exit: tuple[int, object] | None = None
        """Where the outermost frame was when sys.exit was called last, and with what."""

    def watch(self) -> None:
        self._frame = _frame_of_child() if is_child() else _outermost()
        self._signals.watch()
        self._watch_exit()
        if is_child():
            # Up to Python 3.12, a forked one ends without exit functions, but runs these.
            from multiprocessing.util import Finalize  # noqa: PLC0415

            Finalize(None, self._at_end_of_child, exitpriority=100)
            atexit.register(self._at_end_of_child)
        else:
            atexit.register(self._at_exit)

    def stop(self) -> None:
        self._signals.stop()
        if getattr(sys.exit, "origin", None) is self:
            sys.exit = sys.exit.__wrapped__  # type: ignore[attr-defined]
        atexit.unregister(self._at_exit)
        atexit.unregister(self._at_end_of_child)
        self._frame = None

    def was_interrupted(self) -> bool:
        return self._signals.arrived

    def _watch_exit(self) -> None:
        original = sys.exit

        @functools.wraps(original)
        def leave(status: Any = None, /) -> NoReturn:
            if self._frame is not None and threading.current_thread() is threading.main_thread():
                self._exit = self._frame.f_lasti, status
            original(status)

        leave.origin = self  # type: ignore[attr-defined]
        sys.exit = leave

    def _at_exit(self) -> None:
        is_killed = isinstance(self._uncaught(), KeyboardInterrupt)
        self._end(self._status())
        if is_killed:
            # Python dies of SIGINT after such an end, unless text was executed since, as imports of ours do. So again:
            with contextlib.suppress(KeyboardInterrupt):
                exec("raise KeyboardInterrupt")  # noqa: S102

    def _at_end_of_child(self) -> None:
        """Up to Python 3.12 the exception that ends the child is on its way here; later on, the exit code is known."""
        error = sys.exc_info()[1]
        if isinstance(error, SystemExit):
            self._end(_of_code(error.code))
        elif error is None:
            known = {} if self._frame is None else self._frame.f_locals
            self._end(_of_code(known["exitcode"]) if "exitcode" in known else None)
        else:
            self._end(FAILED if isinstance(error, Exception) else INTERRUPTED)

    def _status(self) -> str | None:
        frame = self._frame
        if frame is None:
            return None
        last = frame.f_lasti
        if dis.opname[frame.f_code.co_code[last]].startswith("RETURN"):
            return COMPLETED
        error = self._uncaught()
        if error is not None:
            return INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED
        if self._exit is not None and self._exit[0] == last:
            return _of_code(self._exit[1])
        return None

    def _uncaught(self) -> BaseException | None:
        """The exception that Python reported when it left the outermost frame."""
        trace = getattr(sys, "last_traceback", None)
        error: BaseException | None = getattr(sys, "last_value", None)
        return error if trace is not None and trace.tb_frame is self._frame else None


def _of_code(code: object) -> str:
    return COMPLETED if code is None or (isinstance(code, int) and code == 0) else FAILED


def _frame_of_child() -> FrameType | None:
    """Where multiprocessing learns what its process ends with."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the stack has no public name
    while frame is not None and frame.f_code.co_name != "_bootstrap":
        frame = frame.f_back
    return frame


def _outermost() -> FrameType | None:
    """The first frame of the main thread: the script, or what runs it."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)  # noqa: SLF001 - documented, for such uses
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame
