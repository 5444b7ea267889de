"""A run: the sessions of all ranks that name the same run. Who is there, who is missing, what they add up to, its root.

The root of a run is that of the tree (RFC 9162) over its sessions. A leaf is the canonical encoding of

    ("origin run", VERSION, rank or None, size of the session's log, root of the session)

in the order of rank, size and root; a session that states no rank comes after all that do. Run id, world size and all
else is committed in the first entry of each session's log, hence in its root.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.core.encoding import encode
from origin.core.merkle import merkle_root
from origin.errors import AmbiguousError, NotFoundError
from origin.query import count
from origin.query.engine import LATEST, SessionLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from origin.storage.reads import Reader, StoredSession

VERSION = 1
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Ranks:
    """Which processes of a run are there, by what each says of itself.

    world_sizes: every size that is stated. missing: first and last of each row of ranks that no session has; None
    where no world size is stated, or several are: then it is not known. repeated: ranks that several sessions state;
    outside: ranks that their own session's world size has no room for; unranked: sessions that state no rank.
    """

    present: tuple[int, ...]
    world_sizes: tuple[int, ...]
    missing: tuple[tuple[int, int], ...] | None
    repeated: tuple[int, ...]
    outside: tuple[int, ...]
    unranked: int

    @property
    def complete(self) -> bool:
        """Whether each rank of the one world size is there once."""
        return self.missing == () and not self.repeated and not self.outside and not self.unranked


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in a list. `unfinished`: sessions that have no end."""

    run_id: str
    sessions: int
    unfinished: int
    started_at: int
    batches: int
    observations: int
    ranks: Ranks
    root: str


@dataclass(frozen=True, slots=True)
class RunEpoch:
    """What the loaders of one name delivered in one epoch, in `sessions` of the run's. `size` is in bytes."""

    loader: str
    epoch: int
    sessions: int
    batches: int
    observations: int
    size: int


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run. `sessions` are in the order of the root's leaves.

    Ranks may get the same sample, to have equally many: `observations` count each delivery, `samples` are distinct over
    the whole run. `size` is in bytes that were fingerprinted.
    """

    line: RunLine
    sessions: tuple[SessionLine, ...]
    samples: int
    unfingerprintable: int
    size: int
    gaps: int
    epochs: tuple[RunEpoch, ...]


def list_runs(reader: Reader) -> list[RunLine]:
    """All runs, in the order in which their first sessions began to be recorded."""
    runs: dict[str, list[StoredSession]] = defaultdict(list)
    for session in reader.sessions():
        if session.begin.run_id is not None:
            runs[session.begin.run_id].append(session)
    return [_line(run_id, _lines(reader, sessions)) for run_id, sessions in runs.items()]


def ranks_without_run(reader: Reader) -> int:
    """How many sessions state a rank but no run: which run they belong to is not known."""
    return sum(one.begin.run_id is None and one.begin.rank is not None for one in reader.sessions())


def find_run(reader: Reader, name: str) -> str:
    """The run of that id, or the one whose id starts with `name`; the newest session's for `latest`.

    Raises NotFoundError, or AmbiguousError, which lists the candidates.
    """
    run_ids = [session.begin.run_id for session in reader.sessions() if session.begin.run_id is not None]
    if name in run_ids:
        return name
    if name == LATEST and run_ids:
        return run_ids[-1]
    found = [run_id for run_id in dict.fromkeys(run_ids) if name and run_id.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        candidates = ", ".join(f"{run_id!r:.80}" for run_id in found[:_SHOWN])
        raise AmbiguousError(f"several run ids start with {name!r:.80} ({candidates}): give more of it")
    if not run_ids:
        raise NotFoundError("no session names a run: begin sessions with run_id=, or give torchrun --rdzv-id")
    raise NotFoundError(f"no run id starts with {name!r:.80}: `origin runs` lists them")


def run_report(reader: Reader, run_id: str) -> RunReport:
    """What a record says of a run; raises NotFoundError where no session names it."""
    lines = _lines(reader, sessions_of(reader, run_id))
    rows = [line.session.row for line in lines]
    return RunReport(
        _line(run_id, lines),
        tuple(lines),
        count.samples_of_sessions(reader, rows),
        sum(count.unfingerprintable(reader, row) for row in rows),
        sum(reader.totals(row).size for row in rows),
        sum(reader.gap_totals(row)[0] for row in rows),
        _epochs(reader, rows),
    )


def sessions_of(reader: Reader, run_id: str) -> list[StoredSession]:
    """The sessions of a run, in the order of its root's leaves; raises NotFoundError where no session names it."""
    sessions = [session for session in reader.sessions() if session.begin.run_id == run_id]
    if not sessions:
        raise NotFoundError(f"no session names the run {run_id!r:.80}: `origin runs` lists them")
    return sorted(sessions, key=_leaf_order)


def run_root(sessions: Iterable[StoredSession]) -> bytes:
    """The root of the run that these sessions are, whatever their order."""
    leaves = sorted(map(_leaf_order, sessions))
    return merkle_root(
        encode(("origin run", VERSION, None if unranked else rank, size, root)) for unranked, rank, size, root in leaves
    )


def _leaf_order(session: StoredSession) -> tuple[bool, int, int, bytes]:
    rank = session.begin.rank
    return rank is None, rank or 0, session.size, session.root()


def _lines(reader: Reader, sessions: Iterable[StoredSession]) -> list[SessionLine]:
    lines = []
    for session in sorted(sessions, key=_leaf_order):
        totals = reader.totals(session.row)
        lines.append(SessionLine(session, totals.batches, totals.observations, session.root().hex()))
    return lines


def _line(run_id: str, lines: list[SessionLine]) -> RunLine:
    sessions = [line.session for line in lines]
    return RunLine(
        run_id,
        len(sessions),
        sum(session.end is None for session in sessions),
        min(session.begin.started_at for session in sessions),
        sum(line.batches for line in lines),
        sum(line.observations for line in lines),
        ranks_of(sessions),
        run_root(sessions).hex(),
    )


def ranks_of(sessions: Iterable[StoredSession]) -> Ranks:
    places = [(session.begin.rank, session.begin.world_size) for session in sessions]
    counted = Counter(rank for rank, _ in places if rank is not None)
    present = tuple(sorted(counted))
    world_sizes = tuple(sorted({size for _, size in places if size is not None}))
    return Ranks(
        present,
        world_sizes,
        tuple(_missing(present, world_sizes[0])) if len(world_sizes) == 1 else None,
        tuple(rank for rank in present if counted[rank] > 1),
        tuple(sorted({rank for rank, size in places if rank is not None and size is not None and rank >= size})),
        sum(rank is None for rank, _ in places),
    )


def incomplete(ranks: Ranks) -> Iterator[str]:
    """What stands against a run being whole, in words."""
    sizes = [str(size) for size in ranks.world_sizes]
    if ranks.missing:
        spans = [str(first) if first == last else f"{first} to {last}" for first, last in ranks.missing]
        yield f"of {sizes[0]} ranks there is no session of {_some(spans)}"
    if len(sizes) > 1:
        yield f"its sessions state different world sizes ({_some(sizes)}): which ranks are missing is not known"
    if not sizes:
        yield "no session states a world size: which ranks are missing is not known"
    if ranks.repeated:
        yield f"there are several sessions of rank {_some(ranks.repeated)}"
    if ranks.outside:
        yield f"rank {_some(ranks.outside)} is beyond its world size"
    if ranks.unranked:
        yield f"sessions that state no rank: {ranks.unranked}"


def _some(ranks: Iterable[object]) -> str:
    listed = list(map(str, ranks))
    return ", ".join(listed[:_SHOWN]) + (f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else "")


def _missing(present: tuple[int, ...], world_size: int) -> list[tuple[int, int]]:
    """As spans: a world size that somebody made up may be larger than any list."""
    spans = []
    after = 0
    for rank in (*(rank for rank in present if rank < world_size), world_size):
        if rank > after:
            spans.append((after, rank - 1))
        after = rank + 1
    return spans


def _epochs(reader: Reader, rows: Iterable[int]) -> tuple[RunEpoch, ...]:
    totals: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for row in rows:
        for loader, epoch, batches, observations, size in reader.epochs(row):
            totals[loader, epoch].update(sessions=1, batches=batches, observations=observations, size=size)
    return tuple(
        RunEpoch(*key, found["sessions"], found["batches"], found["observations"], found["size"])
        for key, found in sorted(totals.items())
    )
