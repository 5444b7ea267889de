"""What an exported document says of a session or a run, as read back from it; and how to read it without trust."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from origin.errors import OriginError
from origin.export.facts import metadata
from origin.export.stated import NOASSERTION, portable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


_SHARED = (
    "run_id",
    "status",
    "config_hash",
    "metadata",
    "started_at",
    "ended_at",
    "origin_version",
    "key_id",
    "recorded",
    "batches",
    "observations",
    "samples",
    "unfingerprintable",
    "bytes",
    "entries",
    "root",
    "uses",
)
SESSION_FACTS = ("session_id", "rank", "world_size", *_SHARED)
RUN_FACTS = ("ranks", "sessions", "padding", *_SHARED)

SOURCE_FACTS = (
    "entry",
    "source_id",
    "license",
    "license_concluded",
    "license_status",
    "uri",
    "category",
    "revision",
    "owner",
    "acquired_at",
    "metadata",
    "claims",
    "digest",
    "observations",
    "samples",
    "uses",
)
MOST_FLAWS = 20
"""Of one kind: the first tell enough, and memory stays flat."""

LICENSES = ("license", "license_concluded")

MISSING = "(the key is missing)"
"""Read where a format that leaves no key out does: not known is `null`, which says something else."""


class UnreadableExportError(OriginError, ValueError):
    """A file is no export that we know, or too damaged to be read."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """What a document says otherwise than the record, or than itself. place: where in the document."""

    field: str
    place: str
    expected: Any
    found: Any


def as_recorded(name: str, value: Any) -> Any:
    return metadata(value) if name == "metadata" and value is not None else value


def as_stated(name: str, value: Any) -> Any:
    """As `origin.export.stated` has it: a licence that is not known is NOASSERTION, and strings fit everywhere."""
    return portable((value or NOASSERTION) if name in LICENSES else value)


@dataclass(frozen=True, slots=True)
class Stated:
    """What one place of a document states. A fact that the place has no room for is no key; one not stated is None.

    sources: facts of each source, by which `key` tells them apart; None where the place has no room for sources.
    inputs_only: sources that delivered nothing are left out; training_only: those held out for evaluation too.
    form: how the place writes what the record holds.
    """

    place: str
    session: Mapping[str, Any]
    sources: tuple[Mapping[str, Any], ...] | None = None
    key: str = "entry"
    inputs_only: bool = False
    training_only: bool = False
    form: Callable[[str, Any], Any] = as_stated


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a document states, place by place. flaws: in what is wrong without a record to compare with."""

    format: str
    stated: tuple[Stated, ...]
    flaws: tuple[Discrepancy, ...] = ()


class Loader:
    """Parses JSON as RFC 8259 has it. A key that stands twice in an object is kept as a flaw: readers differ on it."""

    def __init__(self) -> None:
        self.flaws: list[Discrepancy] = []

    def load(self, text: str | bytes) -> Any:
        try:
            return json.loads(text, object_pairs_hook=self._object, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise UnreadableExportError(f"is no JSON ({' '.join(str(error).split())[:100]})") from error

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs) and len(self.flaws) < MOST_FLAWS:
            keys = repeated(key for key, _ in pairs)
            self.flaws += [Discrepancy("duplicate key", "the JSON", "each key once", key) for key in keys]
        return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def mapping(value: Any) -> dict[str, Any]:
    """An object, or an empty one for what is none: what it should have stated is then missing."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


def nested(text: Any) -> Any:
    """JSON inside a string; None for what is none."""
    try:
        return Loader().load(text) if isinstance(text, str) else None
    except UnreadableExportError:
        return None


def repeated(names: Iterable[Any]) -> list[Any]:
    return sorted((name for name, times in Counter(map(str, names)).items() if times > 1), key=str)


def picked(stated: Any, names: Iterable[str]) -> dict[str, Any]:
    found = mapping(stated)
    return {name: found.get(name) for name in names}


def required(stated: Any, names: Iterable[str]) -> dict[str, Any]:
    """The same of what leaves no key out: a missing one is another value than `null`."""
    found = mapping(stated)
    return {name: found.get(name, MISSING) for name in names}


def facts_of(found: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of what a statement has to say: of a run where it is not said of which session it is."""
    return SESSION_FACTS if "session_id" in found else RUN_FACTS


def log_stated(place: str, statement: Any, *, whole: bool = True) -> Stated:
    """What `stated.log_statement` says, read back. whole: it leaves out no key."""
    found = mapping(statement)
    gaps, conflicts = found.get("gaps"), found.get("conflicts")
    counts = [mapping(one).get("gaps") for one in listed(gaps)]
    session = {
        **(required if whole else picked)(found, facts_of(found)),
        "gaps": _sum(counts) if isinstance(gaps, list) else None,
        "gaps_by_reason": gaps,
        "conflicts": len(conflicts) if isinstance(conflicts, list) else None,
        "conflicts_listed": conflicts,
        "rule_set": found.get("rule_set"),
    }
    return Stated(place, session)


def _sum(counts: list[Any]) -> int | None:
    return sum(counts) if all(type(count) is int for count in counts) else None


def sources_stated(place: str, statements: Iterable[Any], *, inputs_only: bool, whole: bool = True) -> Stated:
    """What `stated.use_statement` says of each source, read back. whole: it leaves out no key."""
    sources = tuple((required if whole else picked)(statement, SOURCE_FACTS) for statement in statements)
    return Stated(place, {}, sources, inputs_only=inputs_only)


def fixed_flaws(place: str, found: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[Discrepancy]:
    """What a format always says in the same way, and does not here."""
    for name, value in expected.items():
        if found.get(name) != value:
            yield Discrepancy(name, place, value, found.get(name))


def said_in(pattern: re.Pattern[str], text: Any) -> dict[str, Any]:
    """The facts in a sentence, by the names of the pattern's groups; all None where it says something else."""
    found = pattern.fullmatch(text_of(text))
    if found is None:
        return dict.fromkeys(pattern.groupindex)
    return {name: _number(value) for name, value in found.groupdict().items()}


def _number(text: str) -> Any:
    return int(text) if text.isdecimal() and len(text) < 20 else text


_LENGTHS = {"sha256": 64, "root": 64, "digest": 64, "originLogRoot": 64, "fingerprint": 64, "gitCommit": 40}
_HEX = re.compile("[0-9a-f]*")


def is_digest(value: Any, length: int = 64) -> bool:
    return isinstance(value, str) and len(value) == length and _HEX.fullmatch(value) is not None


def digest_flaws(document: Any, place: str = "") -> Iterator[Discrepancy]:
    """Digests that are none: lower-case hexadecimal of the length of their algorithm. What users stated is left out."""
    if isinstance(document, list):
        for number, item in enumerate(document):
            yield from digest_flaws(item, f"{place}[{number}]")
    elif isinstance(document, dict):
        for name, value in document.items():
            where = f"{place}.{name}".lstrip(".")
            length = _LENGTHS.get(name.rpartition(":")[2])
            if length is not None and isinstance(value, str) and not is_digest(value, length):
                yield Discrepancy("digest syntax", where, f"{length} lower-case hexadecimal digits", value)
            elif name != "metadata":
                yield from digest_flaws(value, where)


def reference_flaws(defined: Iterable[str], referred: Iterable[tuple[str, Any]], name: str) -> Iterator[Discrepancy]:
    """Ids that are there twice, and references (where, to what) that lead nowhere."""
    listed_ids = list(defined)
    for one in repeated(listed_ids):
        yield Discrepancy(f"duplicate {name}", "the document", "each once", one)
    known = set(listed_ids)
    for where, target in referred:
        if not isinstance(target, str) or target not in known:
            yield Discrepancy("dangling reference", where, f"a {name} of the document", target)
