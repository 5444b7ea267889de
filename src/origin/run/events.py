"""Python's audit events, of which this process asks for few: one function is called for every one of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_handlers: dict[str, Callable[[str, tuple[Any, ...]], None]] = {}


def follow(handler: Callable[[str, tuple[Any, ...]], None], *events: str) -> None:
    """From here to the end of the process: Python has no way to stop it. What the handler raises is dropped."""
    if not _handlers:
        sys.addaudithook(_happened)
    _handlers.update(dict.fromkeys(events, handler))


def _happened(event: str, arguments: tuple[Any, ...]) -> None:
    handler = _handlers.get(event)
    if handler is not None:
        try:  # noqa: SIM105 - suppress() costs more, and the script opens many files
            handler(event, arguments)
        except Exception:  # noqa: BLE001, S110 - whatever is wrong with it
            pass
