"""Fingerprints that every version of Origin gives: Python expressions and the SHA-256 each must have, in the JSON file.

The builtin part needs the standard library alone and is computed by several interpreters. Never change a line of the
tables: a fingerprint in a record is compared with one computed years later. Only add.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import enum
import json
import mmap
import struct
import types
import uuid
from array import array
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from origin.core.fingerprint import fingerprint


class Color(enum.Enum):
    RED = 1
    BLUE = "blue"


class Level(enum.IntEnum):
    HIGH = 3


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Name(enum.StrEnum):
    ANN = "ann"


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclasses.dataclass
class Point:
    x: Any
    y: Any = 0


@dataclasses.dataclass
class Row(dict):  # type: ignore[type-arg]
    name: str


class Own:
    def __init__(self, content: Any) -> None:
        self.content = content

    def __origin_fingerprint__(self) -> Any:
        return self.content


class Words(list):  # type: ignore[type-arg]
    pass


def real(bits: int) -> float:
    """The float of these 64 bits."""
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


def mapped(content: bytes) -> mmap.mmap:
    memory = mmap.mmap(-1, len(content))
    memory[:] = content
    return memory


def row(**items: Any) -> Row:
    made = Row("a row")
    made.update(items)
    return made


CLASSES = (Color, Level, Access, Name, Pair, Point, Own, Words)
MODULES = (collections, types, uuid)
MAKERS = (array, Decimal, real, mapped, row)
BUILTIN_NAMES: dict[str, Any] = {thing.__name__: thing for thing in (*CLASSES, *MODULES, *MAKERS)} | {"dt": dt}


def value_of(expression: str, names: dict[str, Any]) -> Any:
    return eval(expression, dict(names))  # noqa: S307 - our own table


def builtin_fingerprints() -> dict[str, str]:
    return {expression: fingerprint(value_of(expression, BUILTIN_NAMES)) for expression in BUILTIN}


TABLES = json.loads(Path(__file__).with_suffix(".json").read_text())
BUILTIN: dict[str, str] = TABLES["builtin"]
ARRAYS: dict[str, str] = TABLES["arrays"]
