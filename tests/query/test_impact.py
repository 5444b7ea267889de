from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from query.plain_impact import (
    GAPS,
    LOADERS,
    SOURCES,
    Batch,
    Event,
    Model,
    Observed,
    Plain,
    digest,
    model_note,
    of_samples,
    of_source,
    put,
)
from query.recordings import record, record_rich, sha, tamper

from origin import ProvenanceDatabase
from origin.core.fingerprint import Kind, fingerprint, with_key
from origin.core.record import EVALUATED, SKIPPED, TRAINED, Delivered, Gap
from origin.errors import AmbiguousError, UnreadableDatabaseError, UsageError
from origin.hooks.base import BaseHook, Sample
from origin.proofs.erasure import erase
from origin.query.asked import Asked, by_file, by_fingerprint, by_list, by_name, by_source, by_text
from origin.query.impact import Impact, SessionImpact, impact
from origin.query.trace import trace
from origin.query.verify import complaint
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY = b"k" * 32
ROWS = st.integers(-1, 2)
KINDS = (Kind.BYTES, Kind.VALUE, Kind.UNFINGERPRINTABLE, Kind.INDEX)


def observed(kinds: tuple[Kind, ...], rows: st.SearchStrategy[int]) -> st.SearchStrategy[Observed]:
    return st.builds(Observed, st.sampled_from(kinds), st.integers(0, 4), st.integers(0, len(SOURCES) - 1), rows)


def batch_of(loader: str) -> st.SearchStrategy[Batch]:
    # Only loaders that name rows by index have items, or observations by index.
    is_tracked = loader == "tracked"
    some = st.lists(observed(KINDS if is_tracked else KINDS[:3], ROWS), min_size=1, max_size=4).map(tuple)
    items = st.lists(observed(KINDS[:2], st.integers(0, 2)), max_size=2).map(tuple) if is_tracked else st.just(())
    return st.builds(Batch, st.just(loader), some, items, st.sampled_from([None, TRAINED, EVALUATED, SKIPPED]))


EVENTS: st.SearchStrategy[list[Event]] = st.lists(
    st.one_of(*map(batch_of, LOADERS), st.builds(Model, st.uuids().map(str)), st.sampled_from(sorted(GAPS))),
    max_size=12,
)


def told(path: Path, asked: Asked, session_id: str | None = None, key: bytes | None = None) -> Impact:
    with Reader(path) as reader:
        sessions = [one for one in reader.sessions() if session_id in (None, one.begin.session_id)]
        return impact(reader, asked, sessions, key)


def only(path: Path, asked: Asked, **more: Any) -> SessionImpact:
    (one,) = told(path, asked, **more).sessions
    return one


def samples(*digests: bytes, of_files: bool = False) -> Asked:
    return Asked(digests=frozenset(digests), of_files=of_files)


def summary(one: SessionImpact) -> Plain:
    """What the answer says, in the form of what plain lists say; positions are compared by the models' verdicts."""
    share = one.share
    first = None if share.first is None else (share.first.place.loader, share.first.place.step)
    counts = {doubt.why: doubt.count for doubt in one.doubts}
    models = [(judged.model.name, judged.verdict) for judged in one.models]
    found = {each[0] - 1 for each in share.found}
    return Plain(share.observations, share.uses.trained, share.uses.evaluated, first, found, counts, models)  # type: ignore[arg-type]


def without_places(plain: Plain) -> Plain:
    plain.doubts = {why: count for why, (_, count) in plain.doubts.items()}  # type: ignore[assignment,misc]
    return plain


@settings(max_examples=50, deadline=None)
@given(EVENTS, st.sets(st.integers(0, 5), min_size=1, max_size=3), st.booleans(), st.booleans())
def test_samples_are_found_as_reading_every_observation_finds_them(
    events: list[Event], wanted: set[int], end: bool, of_files: bool
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "plain.db"
        put(path, events, end=end)
        one = only(path, samples(*map(digest, wanted), of_files=of_files))
        assert summary(one) == without_places(of_samples(events, wanted, end=end, of_files=of_files))
        assert one.share.samples == len(one.share.found)
        if len(wanted) == 1:
            with Reader(path) as reader:
                seen = trace(reader, digest(*wanted).hex()).sightings
            assert one.share.observations == sum(sighting.matched != "index" for sighting in seen)
            assert one.share.views == sum(sighting.matched == "index" for sighting in seen)


@settings(max_examples=15, deadline=None)
@given(EVENTS, st.sampled_from(["rows", "other", "neither"]), st.booleans())
def test_a_source_is_found_as_reading_every_observation_finds_it(
    events: list[Event], source_id: str, end: bool
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "plain.db"
        put(path, events, end=end)
        found, plain = summary(only(path, Asked(source_id=source_id))), of_source(events, source_id, end=end)
        found.samples = plain.samples
        assert found == without_places(plain)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    path = tmp_path_factory.mktemp("rich") / "provenance.db"
    return (path, *record_rich(path))


def test_the_first_sighting_is_told_with_all_that_is_known(rich: tuple[Path, str, str]) -> None:
    first, second = told(rich[0], by_text("far")).sessions
    assert first.share.first is not None
    assert (first.verdict, second.verdict) == ("affected", "unknown")
    place = first.share.first.place
    assert (place.loader, place.epoch, place.step, place.entry) == ("loader-1", 0, 1, 4)
    assert (first.share.first.batch, first.share.first.source_id) == (1, "other")
    assert first.share.first.fingerprint == sha("far")


def test_a_source_counts_distinct_samples_of_all_its_declarations_once_a_session_is_sealed(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        for end in (True, False):
            session = db.begin_session("c")
            for license_id in ("MIT", "CC0-1.0"):
                list(BaseHook(db, session.session_id, "web", license_id).wrap([[b"a", b"b"], [b"b", license_id]]))
            list(BaseHook(db, session.session_id, "own").wrap([[b"c"]]))
            if end:
                session.end()
    sealed, cut_off = told(path, Asked(source_id="web")).sessions
    assert (sealed.share.observations, sealed.share.samples) == (8, 4)
    assert (cut_off.share.observations, cut_off.share.samples) == (8, None)
    assert only_counts(path, "own") == [(1, 1), (1, None)]


def test_how_many_samples_a_source_had_is_not_known_once_some_were_erased(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        for source, batch in (("own", [b"one", b"two"]), ("web", [b"three"])):
            list(BaseHook(db, session.session_id, source, "MIT").wrap([batch]))
    assert (only_counts(path, "own"), only_counts(path, "web")) == ([(2, 2)], [(1, 1)])
    erase(path, [bytes.fromhex(sha(b"three"))], complaint)
    assert (only_counts(path, "own"), only_counts(path, "web")) == ([(2, 2)], [(1, None)])


def only_counts(path: Path, source_id: str) -> list[tuple[int, int | None]]:
    found = told(path, Asked(source_id=source_id)).sessions
    return [(one.share.observations, one.share.samples) for one in found]


@pytest.mark.parametrize("asked_for", [1, 400, 5000])
def test_few_and_many_fingerprints_are_found_in_a_lookup_of_many_pages(many: Path, asked_for: int) -> None:
    step = 7000 // asked_for
    wanted = [bytes.fromhex(sha(b"%d" % number)) for number in range(0, asked_for * step, step)]
    one = only(many, samples(*wanted, *(bytes.fromhex(sha(f"not {number}")) for number in range(asked_for))))
    assert (one.share.samples, one.share.observations) == (asked_for, 2 * asked_for)
    assert one.share.found == set(wanted)
    assert one.verdict == "affected"
    assert one.doubts == ()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """14,000 observations: 39 pages, more than what is read to look one up."""
    path = tmp_path_factory.mktemp("many") / "provenance.db"
    record(path, [[b"%d" % number for number in range(at, at + 250)] for at in range(0, 7000, 250)], epochs=2)
    return path


def with_models(path: Path, *parts: Any, **begin: Any) -> str:
    """A session in which batches are delivered and models, given by their names, are bound in between."""
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("c", **begin)
        hook = BaseHook(db, session.session_id, "train", "MIT")
        for part in parts:
            if isinstance(part, str):
                db.note(session.session_id, "model", model_note(part))
            else:
                list(hook.wrap([part]))
        session.end()
    return session.session_id


def verdicts(one: SessionImpact) -> dict[str, str]:
    return {judged.model.name: judged.verdict for judged in one.models}


def test_the_latest_clean_model_stands_before_the_first_batch_that_holds_it(path: Path) -> None:
    with_models(path, "start", [b"a"], "early", [b"b", b"c"], "late", [b"a"], "end")
    one = only(path, by_text("c"))
    assert verdicts(one) == {"start": "clean", "early": "clean", "late": "affected", "end": "affected"}
    assert one.latest_clean is not None
    assert one.latest_clean.name == "early"
    assert only(path, Asked(source_id="train")).latest_clean == one.models[0].model
    assert only(path, by_text("never")).latest_clean == one.models[-1].model


def test_what_was_evaluated_alone_shaped_no_weights(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        hook = BaseHook(db, session.session_id, "train")
        list(hook.wrap([[b"a"]]))
        db.note(session.session_id, "model", model_note("before"))
        list(BaseHook(db, session.session_id, "held out").wrap([[b"b"]], purpose="evaluation"))
        db.note(session.session_id, "model", model_note("after"))
    one = only(path, Asked(source_id="held out"))
    assert (one.verdict, one.evaluated_only, one.share.uses.evaluated) == ("affected", True, 1)
    assert verdicts(one) == {"before": "clean", "after": "evaluated"}
    assert one.latest_clean is not None
    assert one.latest_clean.name == "before"


def test_a_model_that_was_bound_after_the_end_is_judged_by_the_whole_session(path: Path) -> None:
    session_id = with_models(path, [b"a"], "inside", [b"b"])
    clean = with_models(path, [b"a"])
    with ProvenanceDatabase(path) as db:
        for bound in (session_id, clean):
            binding = db.begin_session("origin bind", metadata={"origin": {"binds": bound}})
            note = {**model_note("final"), "session": bound, "root": "00" * 32}
            db.note(binding.session_id, "model", note)
            binding.end()
    found = told(path, by_text("b"))
    assert [verdicts(one) for one in found.sessions] == [{"inside": "clean", "final": "affected"}, {"final": "clean"}]
    assert [one.verdict for one in found.sessions] == ["affected", "clean"]


def test_a_loss_that_was_told_after_a_model_was_written_and_before_its_note_is_not_clean(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        list(BaseHook(db, session.session_id, "train").wrap([[b"a"]]))
        db.flush()
        db.put(db.recording(session.session_id), Gap("storage", "disk full", 1, 1))
        db.note(session.session_id, "model", {**model_note("waited"), "after": 3})
    one = only(path, by_text("b"))
    assert verdicts(one) == {"waited": "unknown"}
    assert [(doubt.why, doubt.count) for doubt in one.doubts] == [("gap", 1)]


@pytest.mark.parametrize(
    ("of_others", "ranks", "verdict"),
    [
        ([b"b"], None, "clean"),
        ([b"a"], "affected", "unknown"),
        ([object()], "unknown", "unknown"),
    ],
)
def test_models_are_shaped_by_what_other_ranks_of_the_run_were_delivered(
    path: Path, of_others: list[Any], ranks: str | None, verdict: str
) -> None:
    mine = with_models(path, [b"c"], "model", run_id="r", rank=0, world_size=2)
    with_models(path, of_others, run_id="r", rank=1, world_size=2)
    one = only(path, by_text("a"), session_id=mine)
    assert (one.verdict, one.ranks, verdicts(one)) == ("clean", ranks, {"model": verdict})
    assert told(path, by_text("a"), session_id=mine).unknown == (ranks is not None)


@pytest.mark.parametrize(
    "begin",
    [
        {"run_id": "r", "rank": 0, "world_size": 2},
        {"run_id": "r", "rank": 3},
        {"rank": 0, "world_size": 2},
        {"rank": 3},
    ],
)
def test_models_of_a_run_with_a_missing_rank_are_unknown(path: Path, begin: dict[str, Any]) -> None:
    with_models(path, [b"a"], "model", **begin)
    one = only(path, by_text("b"))
    assert (one.verdict, one.ranks, verdicts(one)) == ("clean", "missing", {"model": "unknown"})


@pytest.mark.parametrize(
    "begin", [{"run_id": "r"}, {"rank": 0, "world_size": 1}, {"run_id": "r", "rank": 0, "world_size": 1}]
)
def test_a_process_that_is_alone_has_no_other_ranks(path: Path, begin: dict[str, Any]) -> None:
    with_models(path, [b"a"], "model", **begin)
    assert verdicts(only(path, by_text("b"))) == {"model": "clean"}


def test_a_keyed_record_is_searched_with_its_key_and_is_unknown_without(path: Path, tmp_path: Path) -> None:
    record(path, [[b"a", "b", 7]], key=KEY)
    file = tmp_path / "a"
    file.write_bytes(b"a")
    assert only(path, by_file(file), key=KEY).share.observations == 1
    plain = [bytes.fromhex(one) for one in (sha("a"), sha("b"), fingerprint(7))]
    found = told(path, samples(*plain), key=KEY)
    assert (found.found, found.sessions[0].share.observations) == (frozenset(plain), 3)
    assert [doubt.why for doubt in only(path, samples(*plain)).doubts] == ["no-key"]
    recorded = with_key(KEY, Kind.BYTES, plain[0])
    assert only(path, samples(recorded)).doubts == ()
    assert [doubt.why for doubt in only(path, samples(recorded, plain[1])).doubts] == ["no-key"]
    with Reader(path) as reader:
        assert by_fingerprint(reader, recorded.hex()[:10]).digests == {recorded}
        assert only(path, by_fingerprint(reader, sha("a")[:10]), key=KEY).verdict == "unknown"
    with pytest.raises(UsageError, match="--key-file"):
        told(path, by_file(file))
    assert only(path, Asked(source_id="train")).share.observations == 3


def test_a_session_that_is_being_recorded_is_unknown_so_far(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("c")
        list(BaseHook(db, session.session_id, "train").wrap([[b"a"]]))
        db.note(session.session_id, "model", model_note("one"))
        db.flush()
        one = only(path, by_text("b"))
        session.end()
    assert ([doubt.why for doubt in one.doubts], one.verdict, verdicts(one)) == (
        ["running"],
        "unknown",
        {"one": "clean"},
    )


def test_a_batch_that_was_lost_tells_why(path: Path) -> None:
    record_rich(path)
    with Reader(path) as reader:
        first = reader.sessions()[0]
        (gap,) = impact(reader, by_source(reader, "nothing"), [first]).sessions[0].doubts
    assert (gap.why, gap.entry, gap.count, gap.details) == ("gap", 5, None, ("ValueError: cannot look at this",))


@pytest.mark.parametrize(
    ("text", "of_files"),
    [
        ("{a}\n{b}\n", False),
        ("\ufeff# removed on request\n\n  {a}\n{b}", False),
        ("{a}  photo one.png\n{b} *two.bin\n", True),
        ("\\{a}  a\\nb\n{b}  \udcff\n", True),
        ("{a} # a note\r\n{B}\t\r\n", False),
    ],
)
def test_a_list_is_bare_hashes_or_what_sha256sum_prints(text: str, of_files: bool) -> None:
    lines = text.format(a=sha("a"), b=sha("b"), B=sha("b").upper()).splitlines(keepends=True)
    lines[0] = lines[0].removeprefix("\ufeff")
    asked = by_list(lines, "list")
    assert (asked.digests, asked.of_files) == ({bytes.fromhex(sha("a")), bytes.fromhex(sha("b"))}, of_files)


@pytest.mark.parametrize("bad", ["photo.png", "f" * 63, "f" * 65, "g" * 64, "SHA256 (a) = " + "f" * 64, "\u0661" * 64])
def test_a_bad_line_of_a_list_is_named(bad: str) -> None:
    with pytest.raises(UsageError, match=r"^line 3 of my list starts with "):
        by_list([f"{sha('a')}\n", "# a\n", f"{bad}\n"], "my list")


@pytest.mark.parametrize("lines", [[], ["\n"], ["# nothing\n"]])
def test_a_list_of_nothing_is_refused(lines: Iterable[str]) -> None:
    with pytest.raises(UsageError, match="holds no fingerprint"):
        by_list(lines, "my list")


def test_a_name_is_a_source_a_file_or_a_fingerprint(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    prefix = sha("x")[:6]
    record(path, [["x"], [Sample(b"y", prefix), Sample(b"z", "cafe")]])
    (tmp_path / "photo").write_bytes(b"x")
    (tmp_path / "train").write_bytes(b"x")
    with Reader(path) as reader:
        assert by_name(reader, "cafe") == Asked(source_id="cafe", declared=True)
        assert by_name(reader, "photo") == Asked(digests=frozenset({bytes.fromhex(sha("x"))}), of_files=True)
        assert by_name(reader, sha("y")[:12].upper()) == Asked(digests=frozenset({bytes.fromhex(sha("y"))}))
        assert by_name(reader, "0123456789") == Asked(prefix="0123456789")
        assert by_source(reader, "nothing") == Asked(source_id="nothing")
        with pytest.raises(AmbiguousError, match="is a source and a fingerprint: say which by --source or"):
            by_name(reader, prefix)
        with pytest.raises(AmbiguousError, match="is a source and a file: say which by --source or --file"):
            by_name(reader, "train")
        for name in ("nothing", "abc", "", "no/such/file", "x" * 5000, "a\0b"):
            with pytest.raises(UsageError, match="is no source of this record, no file and no fingerprint"):
                by_name(reader, name)


@pytest.mark.parametrize("end", ["completed", None])
def test_what_has_no_fingerprint_is_not_found_by_the_zeros_that_stand_for_it(path: Path, end: str | None) -> None:
    record(path, [[object(), b"a", object()]], status=end)
    one = only(path, samples(bytes(32)))
    assert (one.share.observations, one.doubts[0].why, one.doubts[0].count) == (0, "no-fingerprint", 2)


def test_a_batch_that_the_lookup_names_and_that_is_gone_is_no_sighting(path: Path) -> None:
    record(path, [[b"a"], [b"b"]])
    tamper(path, "DELETE FROM batch WHERE sequence = 2")
    assert only(path, by_text("a")).share.observations == 0


def test_a_lookup_that_lost_a_page_is_no_answer(many: Path, path: Path) -> None:
    shutil.copy(many, path)
    tamper(path, "DELETE FROM lookup WHERE page = 3")
    with pytest.raises(UnreadableDatabaseError, match="lost a page"):
        told(path, samples(*(bytes.fromhex(sha(b"%d" % number)) for number in range(100))))


def test_an_index_of_a_loader_that_does_not_say_what_it_names_leads_nowhere(path: Path) -> None:
    with ProvenanceDatabase(path) as db, db.begin_session("c") as session:
        for step, sample in enumerate((1, 2)):
            runs = ((int(Kind.VALUE), SOURCES[0], 1),)
            db.put(db.recording(session.session_id), Delivered("l", 0, step, [digest(sample)], runs, 1, [7]))
    one = only(path, samples(digest(1)))
    assert (one.share.observations, one.share.views, one.doubts) == (1, 0, ())
