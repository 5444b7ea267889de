"""Python processes that the script starts in a way that keeps `origin run` out of them: told, never passed over.

Seen is what Python starts. What a shell or another program starts in between is not.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from origin.run import events
from origin.run.settings import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_BOOTSTRAP = "bootstrap"
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), _BOOTSTRAP)  # noqa: PTH100, PTH118, PTH120
"""The folder on PYTHONPATH by which Python finds our sitecustomize."""

_STARTS = {"subprocess.Popen": (1, 3), "os.posix_spawn": (1, 2), "os.exec": (1, 2)}
"""Audit events, and where in their arguments argv and the environment are."""

_VALUED = "WX"
"""Python's options that take a value, which may be the next argument."""

told: list[str] = []
"""Each different thing that was told, in this process."""
tellers: list[Callable[[str], None]] = []
"""Who else is told."""


def watch() -> None:
    events.follow(_starts, *_STARTS)


def _starts(event: str, arguments: tuple[Any, ...]) -> None:
    argv, environment = (arguments[place] for place in _STARTS[event])
    why = unrecorded(_texts(argv), os.environ if environment is None else environment)
    if why is not None:
        _tell(why)


def unrecorded(argv: Sequence[str], environment: Mapping[Any, Any]) -> str | None:
    """Why the process with that command line will not be recorded; None if it will, or if it is no Python."""
    if not argv or not _is_python(argv[0]):
        return None
    letters = _letters(argv[1:])
    found = sorted(set("IES") & set(letters))
    if found:
        return f"`{os.path.basename(argv[0])} -{''.join(found)}` keeps Origin out"  # noqa: PTH119
    paths = _value(environment, "PYTHONPATH").split(os.pathsep)
    if FOLDER not in paths or not _value(environment, VARIABLE):
        return f"its environment lacks PYTHONPATH or {VARIABLE} as `origin run` set them"
    return None


def _is_python(path: str) -> bool:
    name = os.path.basename(path)  # noqa: PTH119
    return path == sys.executable or name.rstrip("0123456789.") in {"python", "pypy"}


def options(arguments: Sequence[str]) -> list[str]:
    """Python's own options among its arguments: those before the script, -c or -m."""
    return [part for option in _options(arguments) for part in option]


def _options(arguments: Sequence[str]) -> Iterator[list[str]]:
    """Each with its value, where that is an argument of its own."""
    given = iter(arguments)
    for argument in given:
        if not argument.startswith("-") or argument in {"-", "--"}:
            return
        if argument.startswith("--"):
            # The one that runs something takes a value.
            yield [argument] if "=" in argument else [argument, next(given, "")]
            continue
        letters, end = _cluster(argument[1:])
        if letters:
            yield [f"-{letters}", next(given, "")] if end == _NEEDS_VALUE else [f"-{letters}"]
        if end == _RUNS:
            return


_RUNS, _NEEDS_VALUE = "runs", "needs a value"


def _cluster(letters: str) -> tuple[str, str | None]:
    """Short options that stand together: those before -c or -m, and what follows them."""
    for place, letter in enumerate(letters):
        if letter in "cm":
            return letters[:place], _RUNS
        if letter in _VALUED:
            return letters, _NEEDS_VALUE if place + 1 == len(letters) else None
    return letters, None


def _letters(arguments: Sequence[str]) -> str:
    """Python's short options, without their values."""
    short = (option[0][1:] for option in _options(arguments) if not option[0].startswith("--"))
    return "".join(re.split(f"[{_VALUED}]", letters)[0] for letters in short)


def _texts(argv: Any) -> list[str]:
    argv = [argv] if isinstance(argv, (str, bytes, os.PathLike)) else argv
    return [os.fsdecode(argument) for argument in argv]


def _value(environment: Mapping[Any, Any], name: str) -> str:
    value = environment.get(name)
    # os.environ takes no bytes as names.
    if value is None and environment is not os.environ:
        value = environment.get(os.fsencode(name))
    return "" if value is None else os.fsdecode(value)


def _tell(why: str) -> None:
    message = f"a Python process that this one starts is not recorded: {why}"
    if message in told:
        return
    told.append(message)
    if sys.stderr is not None:
        sys.stderr.write(f"origin: {message}\n")
    for teller in tellers:
        teller(message)
