"""A takedown's reach: which sessions were delivered a source or some samples, and which of their models came after.

A model is affected by what was delivered before it, as its position in the session's log says. What the weights were
when the session began is not part of a session's record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from origin.core.fingerprint import CONTENT_KINDS, Kind, with_key
from origin.errors import UsageError
from origin.query import doubts, share
from origin.query.doubts import Doubt
from origin.query.models import models
from origin.query.run import ranks_of
from origin.storage.models import MODEL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from origin.query.asked import Asked
    from origin.query.models import Model
    from origin.query.share import Share
    from origin.storage.reads import Reader, StoredSession

Verdict = Literal["affected", "evaluated", "unknown", "clean"]
"""Of a session: it was delivered some of it; that cannot be told; it was not. Of a model: some of it was delivered
before the model was written; some was, and for evaluation alone; it cannot be told; none was."""

AFFECTED: Verdict = "affected"
EVALUATED: Verdict = "evaluated"
UNKNOWN: Verdict = "unknown"
CLEAN: Verdict = "clean"

Ranks = Literal["affected", "unknown", "missing"]
"""What other ranks of a run say against its models: one was delivered it; of one it is not known; one is not here.
How the batches of one rank stand to the models of another is not recorded."""


@dataclass(frozen=True, slots=True)
class ModelImpact:
    model: Model
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class SessionImpact:
    """One session. values: how many observations are of values, which no fingerprint of a file is compared with.

    models: in the order of their position, those that were bound after the end last.
    """

    session: StoredSession
    share: Share
    doubts: tuple[Doubt, ...]
    values: int
    ranks: Ranks | None
    models: tuple[ModelImpact, ...]

    @property
    def verdict(self) -> Verdict:
        return AFFECTED if self.share.observations else UNKNOWN if self.doubts else CLEAN

    @property
    def evaluated_only(self) -> bool:
        return self.share.observations > 0 and self.share.shaping is None

    @property
    def latest_clean(self) -> Model | None:
        """The last model before which nothing of it can have been delivered."""
        return next((one.model for one in reversed(self.models) if one.verdict == CLEAN), None)


@dataclass(frozen=True, slots=True)
class Impact:
    """found: those of the fingerprints asked for that some of the sessions were delivered."""

    asked: Asked
    sessions: tuple[SessionImpact, ...]
    found: frozenset[bytes]

    @property
    def affected(self) -> bool:
        return any(one.verdict == AFFECTED for one in self.sessions)

    @property
    def unknown(self) -> bool:
        """Whether some session, or a model of it, cannot be told to be free of it."""
        return any(UNKNOWN in {one.verdict, *(model.verdict for model in one.models)} for one in self.sessions)


@dataclass(slots=True)
class _Looked:
    """What was found in one session."""

    session: StoredSession
    share: Share
    doubts: list[Doubt]
    values: int


def impact(reader: Reader, asked: Asked, sessions: Sequence[StoredSession], key: bytes | None = None) -> Impact:
    """The reach in some sessions. Of their runs all sessions are looked at, for what ranks share.

    key: of a keyed record; then fingerprints may also be plain ones. Raises UsageError where files are asked for and
    the record is keyed, and no key was given.
    """
    if asked.of_files and key is None and reader.key_id() is not None:
        raise UsageError(f"{reader.path} is recorded with a key: give it by --key-file, or give a recorded fingerprint")
    runs = {session.begin.run_id for session in sessions} - {None}
    chosen = {session.row for session in sessions}
    wanted = _wanted(asked, key)
    looked = [
        _look(reader, asked, session, wanted)
        for session in reader.sessions()
        if session.row in chosen or session.begin.run_id in runs
    ]
    found = frozenset(digest for one in looked for digest in one.share.found)
    # Who has the key can compare a plain fingerprint, in full.
    if asked.prefix is not None or (key is None and asked.digests - found):
        for one in looked:
            if one.session.begin.key_id is not None:
                one.doubts.append(Doubt("no-key", 0))
    bound = {binding.binds for binding in reader.bindings()}
    told = tuple(_told(reader, one, looked, bound) for one in looked if one.session.row in chosen)
    return Impact(asked, told, frozenset(digest for one in told for digest in one.share.found))


def _wanted(asked: Asked, key: bytes | None) -> dict[bytes, bytes]:
    """Fingerprints as they may be recorded, and for each the one that was asked for."""
    wanted = {one: one for one in asked.digests}
    if key is not None:
        kinds = (Kind.BYTES, Kind.TEXT) if asked.of_files else CONTENT_KINDS
        wanted |= {with_key(key, kind, one): one for one in asked.digests for kind in kinds}
    return wanted


def _look(reader: Reader, asked: Asked, session: StoredSession, wanted: dict[bytes, bytes]) -> _Looked:
    against = doubts.of_any_question(reader, session)
    if asked.source_id is not None:
        return _Looked(session, share.of_source(reader, session.row, asked.source_id), against, 0)
    found = share.of_samples(reader, session.row, wanted)
    more, values = doubts.of_samples(reader, session.row, found, of_files=asked.of_files)
    return _Looked(session, found, more + against, values)


def _told(reader: Reader, one: _Looked, looked: Sequence[_Looked], bound: Collection[str | None]) -> SessionImpact:
    others = _other_ranks(one, looked)
    # To ask for the models of a session takes the list of all sessions.
    has_models = one.session.begin.session_id in bound or any(True for _ in reader.notes(one.session.row, MODEL))
    found = models(reader, one.session) if has_models else []
    judged = [ModelImpact(model, _verdict(one, others, model)) for model in found]
    return SessionImpact(one.session, one.share, tuple(one.doubts), one.values, others, tuple(judged))


def _verdict(one: _Looked, others: Ranks | None, model: Model) -> Verdict:
    after = one.session.size + 1 if model.sequence is None else model.sequence
    if one.share.shaping is not None and one.share.shaping < after:
        return AFFECTED
    if others is not None or any(doubt.entry < _reach(doubt, model, after) for doubt in one.doubts):
        return UNKNOWN
    return EVALUATED if one.share.first is not None and one.share.first.place.entry < after else CLEAN


def _reach(doubt: Doubt, model: Model, after: int) -> int:
    """What was lost is told once writing works again: perhaps after the model's position, and before its note."""
    return max(after, model.entry) if doubt.why == "gap" else after


def _other_ranks(one: _Looked, looked: Sequence[_Looked]) -> Ranks | None:
    """What ranks exchange shapes the models of all: gradients, or weights of a run that was taken up again."""
    begin = one.session.begin
    if begin.run_id is None:
        return "missing" if begin.world_size not in (None, 1) or (begin.rank or 0) > 0 else None
    fellows = [each for each in looked if each.session.begin.run_id == begin.run_id]
    others = [each for each in fellows if each is not one]
    if any(each.share.shaping is not None for each in others):
        return "affected"
    if any(each.doubts for each in others):
        return "unknown"
    ranks = ranks_of(each.session for each in fellows)
    stated = ranks.present or ranks.world_sizes
    return "missing" if stated and ranks.world_sizes != (1,) and ranks.missing != () else None
