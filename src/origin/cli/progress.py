"""How far a long command has come: a bar if somebody is watching, on standard error."""

from __future__ import annotations

import importlib
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def progress(*, quiet: bool, unit: str = "entries") -> tuple[Callable[[int, int], None], Callable[[], None]]:
    """What to call as entries, or others, are read, and at the end: a bar if somebody is watching."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        return lambda _done, _total: None, lambda: None
    try:
        bar: Any = importlib.import_module("tqdm").tqdm(unit=f" {unit}", delay=1, leave=False)
    except ImportError:
        plain = _PlainProgress(unit)
        return plain.show, plain.clear

    def show(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return show, bar.close


class _PlainProgress:
    """A line that is written again each second, for who has no tqdm."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._next = time.monotonic() + 1
        self._shown = False

    def show(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + 1
            self._shown = True
            print(f"\r{done} of about {total} {self._unit}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._shown:
            print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
