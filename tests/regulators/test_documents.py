from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
from cli.command import origin
from query.hostile import STRINGS
from query.recordings import record, record_rich
from regulators.documents import (
    BY_NAME,
    NOW,
    answers_of,
    document,
    entries,
    filled,
    full_answers,
    origin_report,
    record_sources,
)

from origin import ProvenanceDatabase
from origin.hooks.base import BaseHook, Sample
from origin.regulators import json as json_form
from origin.regulators import markdown
from origin.regulators.templates import TEMPLATES
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

NAMES = list(BY_NAME)
YES_OR_NO = re.compile(r"\b(yes|no)\b", re.IGNORECASE)


def test_each_field_has_a_key_and_a_title_of_its_own() -> None:
    for template in TEMPLATES:
        fields = list(template.fields())
        assert len({field.key for field in fields}) == len(fields)
        assert len({(field.number, field.title) for field in fields}) == len(fields)
    assert [section.number for section in BY_NAME["annex-iv"].sections] == ["1", "2(d)"]


def test_conditions_and_siblings_name_fields_that_can_be_so_answered() -> None:
    for template in TEMPLATES:
        fields = {field.key: field for field in template.fields()}
        for field in fields.values():
            assert all(fields[key].kind == "boolean" for key in field.siblings)
            for key, wanted in field.when:
                assert fields[key].kind == "boolean" if wanted is True else wanted in fields[key].choices
            assert (field.mode == "user") == (field.value == "")
            assert not (field.kind == "boolean" and field.value), "a yes or no is never filled in"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["md", "json"])
def test_without_answers_nothing_says_yes_or_no(path: Path, name: str, form: str) -> None:
    record_sources(path)
    text = origin_report(path, name, "latest", "--format", form).out
    stated = [found[0] for found in YES_OR_NO.finditer(text.replace("no address", ""))]
    assert stated == []


@pytest.mark.parametrize("name", NAMES)
def test_without_answers_what_only_a_person_can_say_is_to_be_provided(path: Path, name: str) -> None:
    record_sources(path)
    found = entries(document(path, name))
    for field in BY_NAME[name].fields():
        entry = found[field.key]
        assert entry["added"] is None
        if field.mode == "user":
            assert (entry["state"], entry["value"]) == ("to-be-provided", None), field.key
        else:
            assert entry["state"] == ("to-be-provided" if entry["value"] is None else MODES[field.mode]), field.key
    text = origin_report(path, name, "latest").out
    missing = sum(entry["state"] == "to-be-provided" for entry in found.values())
    assert text.count("> **TO BE PROVIDED**") == missing


MODES = {"record": "from-record", "confirm": "to-be-confirmed"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("truth", [True, False])
def test_with_full_answers_nothing_is_to_be_provided(path: Path, tmp_path: Path, name: str, truth: bool) -> None:
    record_sources(path)
    answers = str(full_answers(tmp_path, truth=truth))
    found = document(path, name, "--answers", answers)
    assert found["states"]["to-be-provided"] == found["states"]["to-be-confirmed"] == 0
    assert sum(found["states"].values()) == sum(1 for _ in BY_NAME[name].fields())
    text = origin_report(path, name, "latest", "--answers", answers).out
    assert "TO BE PROVIDED" not in text
    assert ("**: Yes" in text, "**: No" in text) == ((truth, not truth) if name != "annex-iv" else (False, False))


def test_the_numbers_of_a_document_are_those_of_the_record(path: Path) -> None:
    session = record_sources(path)
    found = document(path, "eu-ai-act")
    fields = entries(found)
    assert fields["amount_recorded"]["value"] == (
        "100 distinct samples in 200 observations of 2 batches, from 4 sources; 750 bytes fingerprinted"
    )
    with Reader(path) as reader:
        root = reader.sessions()[0].root().hex()
    amount = fields["amount_recorded"]["record"][0]
    assert amount["columns"][1:] == [
        *("batches", "observations", "distinct samples", "without fingerprint", "bytes fingerprinted"),
        *("trained on", "evaluated"),
    ]
    assert amount["rows"] == [[session, 2, 200, 100, 0, 750, "unknown", "unknown"]]
    assert amount["trace"] == [
        {
            "session_id": session,
            "root": root,
            "command": f"origin inspect {session} --json",
            "keys": [
                *("batches", "observations", "samples", "unfingerprintable", "bytes"),
                *("uses.trained", "uses.evaluated"),
            ],
        }
    ]
    assert found["sessions"][0]["verify"] == f"origin verify {session} --root {root}"
    assert fields["public_large"]["value"] == ["wiki, https://example.org/wiki, 01/2020 to 10/2025"]
    assert fields["public_large"]["record"][0]["rows"] == [
        ["wiki", "https://example.org/wiki", "2020-01", "2025-10", 76, "97.44 %", "38.00 %"]
    ]
    assert fields["public_others"]["value"] == "small"
    assert fields["public_others"]["record"][0]["rows"] == [["small", None, None, None, 2, "2.56 %", "1.00 %"]]
    assert fields["modalities"]["value"] == ["text", "image"]
    assert fields["latest_acquisition"]["value"] == "11/2025"
    assert fields["languages"]["value"] == (
        "de (stated by sources with 38.00 % of the observations); "
        "en (stated by sources with 38.00 % of the observations)"
    )
    assert fields["last_update"]["value"] == "02/01/2026"
    assert fields["crawlers_used"]["record"][0]["rows"] == [["crawl", None, 120, "60.00 %"]]
    assert fields["crawlers_used"]["record"][1]["rows"] == [["misc", None, 2, "1.00 %"]]


@pytest.mark.parametrize("name", NAMES)
def test_the_commands_of_a_document_show_its_numbers_again(path: Path, name: str) -> None:
    record_sources(path)
    found = document(path, name)
    (session,) = found["sessions"]
    for command in ("inspect", "export", "verify"):
        assert origin(path, *shlex.split(session[command])[1:]).code == 0
    inspected = origin(path, *shlex.split(session["inspect"])[1:]).json
    amounts = [
        (table["trace"][0]["keys"], row)
        for field in entries(found).values()
        for table in field["record"]
        for row in table["rows"]
        if table["what"] == "how much the training loop got"
    ]
    assert amounts
    for keys, row in amounts:
        assert [inspected[key] for key in keys if key in inspected] == [
            cell for key, cell in zip(keys, row[1:], strict=True) if key in inspected
        ]
    exported = origin(path, *shlex.split(session["export"])[1:]).json
    for field in entries(found).values():
        for table in field["record"]:
            for trace in table["trace"]:
                shown = exported if " export " in trace["command"] else inspected
                assert {key.partition("[")[0].partition(".")[0] for key in trace["keys"]} <= set(shown), table["what"]


def test_what_california_asks_for_is_filled_from_the_record(path: Path) -> None:
    session = record_sources(path)
    fields = entries(document(path, "ab2013"))
    assert fields["sources_or_owners"]["value"] == "crawl, wiki (owner: The Wiki | Foundation), misc, small"
    assert fields["data_points"]["value"].startswith("100 distinct samples in 200 observations")
    assert fields["data_point_types"]["value"] == "text, image; labels: wiki: topics"
    assert fields["collection_period"]["value"] == "01/2020 to 10/2025, as far as sources state it"
    assert fields["processed_details"]["value"] == "wiki: deduplicated, boilerplate removed"
    assert [row[::2] for row in fields["first_used"]["record"][0]["rows"]] == [
        [name, session] for name in ("crawl", "misc", "small", "wiki")
    ]
    assert fields["personal_information"]["record"][0]["rows"] == [["crawl", "true", 120, "60.00 %"]]
    assert fields["protected"]["record"][0]["rows"][1] == [
        *("wiki", "CC-BY-SA-4.0", "CC-BY-SA-4.0", "resolved", 76, "38.00 %")
    ]
    assert fields["system"]["citation"] == "Cal. Civ. Code 3110"
    assert fields["first_used"]["citation"] == "Cal. Civ. Code 3111(a)(11)"


def test_what_annex_iv_asks_for_is_filled_from_the_record(path: Path) -> None:
    record_sources(path)
    fields = entries(document(path, "annex-iv"))
    assert fields["obtained"]["value"] == (
        "crawl: web-crawl; wiki: publicly-available, acquired 2025-11-02, 01/2020 to 10/2025; small: publicly-available"
    )
    assert fields["labelling"]["value"] == "wiki: topics"
    assert fields["cleaning"]["value"] == "wiki: deduplicated, boilerplate removed"
    assert fields["provenance"]["citation"] == "Regulation (EU) 2024/1689, Annex IV, point 2(d)"


def sized(path: Path, *sources: dict[str, Any]) -> dict[str, Any]:
    with ProvenanceDatabase(path) as db:
        for number, metadata in enumerate(sources):
            db.register_source(f"source {number}", metadata=metadata)
        session = db.begin_session("sizes")
        batch = [Sample(b"%d" % number, f"source {number}") for number, _ in enumerate(sources)]
        list(BaseHook(db, session.session_id, "source 0").wrap([batch]))
        session.end()
    found = entries(document(path, "eu-ai-act"))
    return {name: found[f"{name}_size"]["value"] for name in ("text", "image", "audio", "video")}


@pytest.mark.parametrize(
    ("sources", "bands"),
    [
        ([{"modality": "text", "tokens": 999_999_999}], {"text": "less than 1 billion tokens"}),
        ([{"modality": "text", "tokens": 10**9}], {"text": "1 billion to 10 trillion tokens"}),
        ([{"modality": "text", "tokens": 10**13}] * 2, {"text": "more than 10 trillion tokens"}),
        ([{"modality": "Text", "tokens": 5 * 10**8}] * 2, {"text": "1 billion to 10 trillion tokens"}),
        ([{"modality": ["image", "text"], "images": 3}], {"image": "less than 1 million images"}),
        ([{"modality": "audio", "seconds": 36_000_000.5}], {"audio": "10,000 to 1 million hours"}),
        ([{"modality": "video", "seconds": 3_600_000_001}], {"video": "more than 1 million hours"}),
        ([{"modality": ["audio", "video"], "seconds": 5}], {}),  # of which of them?
        ([{"modality": "text", "tokens": 5}, {"modality": "text"}], {}),  # one does not state it
        ([{"modality": "text", "tokens": 5}, {}], {}),  # of one the modality is not known
        ([{"tokens": 5}], {}),
        *(([{"modality": "text", "tokens": wrong}], {}) for wrong in (True, "5", -1, None, [5], 10**400, 1e308)),
    ],
)
def test_a_size_band_is_filled_in_only_if_every_source_states_it(
    path: Path, sources: list[dict[str, Any]], bands: dict[str, str]
) -> None:
    assert sized(path, *sources) == {"text": None, "image": None, "audio": None, "video": None, **bands}


@pytest.mark.parametrize(("stated", "band"), [((5, 5), "less than 1 billion tokens"), ((5, 6), None)])
def test_revisions_of_a_source_count_once_if_they_agree(path: Path, stated: tuple[int, ...], band: str | None) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("revisions")
        for revision, tokens in enumerate(stated):
            db.register_source("text", revision=str(revision), metadata={"modality": "text", "tokens": tokens})
            list(BaseHook(db, session.session_id, "text").wrap([[b"%d" % revision]]))
        session.end()
    size = entries(document(path, "eu-ai-act"))["text_size"]
    assert size["value"] == band
    assert [table["rows"][0] for table in size["record"]] == ([["5", 1, 1, "filled in"]] if band else [])


def test_an_empty_record_and_a_running_one_are_told_as_they_are(path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("empty")
        found = document(path, "ab2013")
        assert found["sessions"][0]["status"] == "running"
        fields = entries(found)
        assert fields["data_points"]["value"].startswith("0 distinct samples in 0 observations")
        assert fields["sources_or_owners"]["state"] == fields["first_used"]["state"] == "to-be-provided"
        session.end()
    for name in NAMES:
        assert document(path, name)["states"]["from-record"] == {"eu-ai-act": 2, "ab2013": 1, "annex-iv": 1}[name]


def test_gaps_and_what_has_no_fingerprint_are_shown(path: Path) -> None:
    first, _ = record_rich(path)
    found = json.loads(origin_report(path, "annex-iv", first, "--format", "json").out)
    amount, gaps = entries(found)["scope"]["record"]
    assert amount["rows"] == [[first, 4, 509, 504, 1, 1413, "unknown", "unknown"]]
    assert gaps["rows"] == [[first, "observer", 1, 1, "unknown"]]


def test_an_answer_that_the_record_contradicts_is_marked_and_leaves_its_fields_open(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    text = """
        [eu_ai_act]
        crawlers_used = false
        public_used = false
        synthetic_used = false
        modalities = ["text"]
        [ab2013]
        personal_information = false
        processed = false
    """
    fields = entries(document_with(path, tmp_path, "eu-ai-act", text))
    assert fields["crawlers_used"]["check"] == "The record speaks against this answer: crawl."
    assert fields["public_used"]["check"] == "The record speaks against this answer: wiki, small."
    assert fields["modalities"]["check"] == "The record states further modalities: image."
    assert fields["crawler_names"]["state"] == "to-be-provided"
    assert fields["synthetic_used"]["check"] is None
    assert (fields["synthetic_other_models"]["state"], fields["synthetic_other_models"]["value"]) == ("answered", None)
    assert fields["synthetic_other_models"]["not_applicable_because"] == ["eu_ai_act.synthetic_used"]
    fields = entries(document_with(path, tmp_path, "ab2013", text))
    assert fields["personal_information"]["check"] == "The record speaks against this answer: crawl."
    assert fields["processed"]["check"] == "The record speaks against this answer: wiki."


def document_with(path: Path, tmp_path: Path, name: str, text: str) -> Any:
    answers_of(tmp_path, text)
    return document(path, name, "--answers", str(tmp_path / "answers.toml"))


def test_a_source_that_may_belong_to_either_of_two_questions_contradicts_only_both(path: Path, tmp_path: Path) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source("bought", category="third-party-private")
        session = db.begin_session("private")
        list(BaseHook(db, session.session_id, "bought").wrap([[b"a"]]))
        session.end()
    for licensed, marked in ((True, False), (False, True)):
        text = f"[eu_ai_act]\nlicensed_used = {str(licensed).lower()}\nprivate_used = false\n"
        fields = entries(document_with(path, tmp_path, "eu-ai-act", text))
        assert (fields["private_used"]["check"] is not None) == marked


def test_an_answer_to_what_does_not_apply_is_kept_and_marked(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    text = '[eu_ai_act]\nsynthetic_used = false\nsynthetic_other_models = "ours"\n'
    fields = entries(document_with(path, tmp_path, "eu-ai-act", text))
    assert fields["synthetic_other_models"]["value"] == "ours"
    assert "does not apply" in fields["synthetic_other_models"]["check"]


def test_what_a_person_adds_stands_beside_what_is_recorded(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    field = entries(document_with(path, tmp_path, "ab2013", '[ab2013]\nfirst_used = "in 2019, at *another* place"\n'))
    assert field["first_used"]["state"] == "from-record"
    assert field["first_used"]["added"] == "in 2019, at *another* place"
    text = origin_report(path, "ab2013", "latest", "--answers", str(tmp_path / "answers.toml")).out
    assert "> **ADDED**: in 2019, at \\*another\\* place\n" in text


@pytest.mark.parametrize("name", NAMES)
def test_hostile_strings_stay_data(path: Path, tmp_path: Path, name: str) -> None:
    texts = list(STRINGS.values())
    with ProvenanceDatabase(path) as db:
        for text in texts:
            metadata = {
                "modality": text,
                "language": [text],
                "processing": text,
                "labels": text,
                "personal_data": text,
                "opt_out_signals": [{"kind": text}],
                "collected_from": text,
            }
            for category in (text, "publicly-available"):
                db.register_source(f"{category} {text}", text, text, category, text, text, text, metadata)
        session = db.begin_session(texts[0], run_id=texts[1])
        batch = [Sample(b"%d" % n, f"{text} {text}", n, f"http://{text}/") for n, text in enumerate(texts)]
        batch += [Sample(b"%d" % n, f"publicly-available {text}", n, text) for n, text in enumerate(texts)]
        list(BaseHook(db, session.session_id, texts[2], texts[3]).wrap([batch]))
        session.end()
    answers = answers_of(tmp_path, "")
    values = {
        (template.table, field.key): texts[at % len(texts)]
        for template in TEMPLATES
        for at, field in enumerate(template.fields())
        if field.kind == "text"
    }
    hostile = type(answers)(STRINGS["html"], "0" * 64, (), values)
    found = filled(path, name, hostile)
    text = "".join(markdown.rendered(found))
    plain = text.replace("\n", "").replace("<br>", "")
    assert plain.isprintable()
    assert "<" not in plain
    assert "](" not in plain
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table
    loaded = json.loads("".join(json_form.rendered(found)))
    sources = {row[0] for field in entries(loaded).values() for shown in field["record"] for row in shown["rows"]}
    assert {f"publicly-available {text}" for text in texts} <= sources
    assert "".join(json_form.rendered(found)).isascii()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["md", "json"])
def test_the_same_record_gives_the_same_bytes(path: Path, name: str, form: str) -> None:
    record_sources(path)
    first, second = (
        origin_report(path, name, "latest", "--format", form, "--now", NOW.isoformat()).out for _ in range(2)
    )
    assert first == second
    assert NOW.isoformat() in first


def test_several_sessions_of_one_run_are_reported_together(path: Path) -> None:
    ids = [record_sources(path, run="run") for _ in range(2)]
    found = json.loads(origin_report(path, "eu-ai-act", *ids, ids[0], "--format", "json").out)
    assert [one["session_id"] for one in found["sessions"]] == ids
    fields = entries(found)
    amount = fields["amount_recorded"]
    assert amount["value"].startswith("100 distinct samples in 400 observations of 4 batches, from 4 sources")
    assert amount["record"][0]["rows"][2] == ["all together", 4, 400, 100, 0, 1500, "unknown", "unknown"]
    assert fields["crawlers_used"]["record"][0]["rows"] == [["crawl", None, 240, "60.00 %"]]
    assert len(amount["record"][0]["trace"]) == 2


def test_what_the_record_states_is_never_read_as_an_answer(path: Path) -> None:
    """Not even where a source says so in so many words."""
    with ProvenanceDatabase(path) as db:
        db.register_source("s", category="synthetic", metadata={"personal_data": False, "modality": "audio"})
        session = db.begin_session("s")
        list(BaseHook(db, session.session_id, "s").wrap([[b"a"]]))
        session.end()
    record(path, [[b"a"]])
    for name in NAMES:
        for field in entries(document(path, name)).values():
            assert field["type"] != "boolean" or field["value"] is None


def test_modalities_that_were_confirmed_while_a_source_states_none_leave_the_others_open(
    path: Path, tmp_path: Path
) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source("told", metadata={"modality": "text"})
        session = db.begin_session("x")
        for name in ("told", "silent"):
            list(BaseHook(db, session.session_id, name).wrap([[name.encode()]]))
        session.end()
    fields = entries(document_with(path, tmp_path, "eu-ai-act", '[eu_ai_act]\nmodalities = "as recorded"\n'))
    check = "What is recorded may lack a modality, as sources state none: silent."
    assert (fields["modalities"]["value"], fields["modalities"]["check"]) == (["text"], check)
    assert (fields["image_size"]["state"], fields["image_size"]["not_applicable_because"]) == ("to-be-provided", [])
    (tmp_path / "answers.toml").unlink(missing_ok=True)
    fields = entries(document_with(path, tmp_path, "eu-ai-act", '[eu_ai_act]\nmodalities = ["text"]\n'))
    assert fields["modalities"]["check"] is None
    assert fields["image_size"]["not_applicable_because"] == ["eu_ai_act.modalities"]


@pytest.mark.parametrize("name", NAMES)
def test_ranks_without_a_session_are_named(path: Path, name: str) -> None:
    with ProvenanceDatabase(path) as db:
        ids = []
        for rank in (0, 2):
            session = db.begin_session("x", run_id="run", rank=rank, world_size=4)
            list(BaseHook(db, session.session_id, "s").wrap([[b"a"]]))
            session.end()
            ids.append(session.session_id)
    found = json.loads(origin_report(path, name, *ids, "--format", "json").out)
    assert found["not_whole"] == ["of 4 ranks there is no session of 1, 3"]
    page = origin_report(path, name, ids[0]).out
    assert "**NOT THE WHOLE RUN**: of 4 ranks there is no session of 1 to 3." in page
    assert document(path, "ab2013")["not_whole"] == ["of 4 ranks there is no session of 0 to 1, 3"]


def test_a_total_of_which_an_unknown_number_is_missing_is_the_least_it_can_be(path: Path) -> None:
    first, _ = record_rich(path)
    found = json.loads(origin_report(path, "ab2013", first, "--format", "json").out)
    assert entries(found)["data_points"]["value"].startswith("at least 504 distinct samples in 509 observations")
