"""Commands that write files end in order when they are told to: what is half written goes away, as under Ctrl-C."""

from __future__ import annotations

import functools
import signal
import threading
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from types import FrameType

    Command = Callable[[argparse.Namespace], int]

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class _EndedError(BaseException):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def orderly(run: Command) -> Command:
    """Make a command end with 128 and the signal's number. A signal that is ignored, or handled already, stays so."""

    @functools.wraps(run)
    def ended(arguments: argparse.Namespace) -> int:
        if threading.current_thread() is not threading.main_thread():
            return run(arguments)
        ours = [number for number in _SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
        for number in ours:
            signal.signal(number, _end)
        try:
            return run(arguments)
        except _EndedError as error:
            return 128 + error.number
        finally:
            for number in ours:
                signal.signal(number, signal.SIG_DFL)

    return ended


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # a second one must not break off the tidying up
    raise _EndedError(number)
