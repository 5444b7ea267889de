from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from export.tracked_sessions import COMMIT, facts, record_hostile, record_sources, snippet, with_idle_source
from huggingface_hub import ModelCard
from query.hostile import STRINGS
from query.recordings import record

from origin import ProvenanceDatabase
from origin.errors import UsageError
from origin.export import huggingface, model_card
from origin.export.model_card import merged
from origin.hooks.base import BaseHook
from origin.licenses.rule_set import RULE_SET
from origin.query.engine import find_session
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HUB = ["stanfordnlp/imdb", "allenai/c4"]


def exported(path: Path, session: str = "latest") -> str:
    with Reader(path) as reader:
        return "".join(huggingface.export(reader, find_session(reader, session), NOW))


def merge(readme: Path, path: Path, session: str = "latest", *, force: bool = False) -> None:
    with Reader(path) as reader:
        model_card.merge(readme, reader, find_session(reader, session), force=force)


def loaded(text: str) -> dict[str, Any]:
    data: dict[str, Any] = ModelCard(text).data.to_dict()
    return data


NOTHING_KNOWN = {"steps_seen": "never", "optimizer_steps": None, "trained": None, "skipped": None, "evaluated": None}


def test_a_card_of_its_own_loads_and_names_the_data_sets_of_the_hub_only(path: Path, tmp_path: Path) -> None:
    session = record_sources(path)
    (tmp_path / "README.md").write_text(exported(path))
    card = ModelCard.load(tmp_path / "README.md")
    assert card.data.datasets == HUB
    assert card.data.license is None
    stated = card.data["origin_provenance"]
    report = facts(path)
    assert stated == {
        "session_id": session,
        "status": "completed",
        "root": report.root,
        "entries": report.session.size,
        "config_hash": "experiment",
        "recorded": "samples delivered to the loop",
        "batches": 2,
        "observations": 8,
        "samples": 5,
        "unfingerprintable": 1,
        "bytes": report.size,
        "uses": NOTHING_KNOWN,
        "sources": 5,
        "gaps": 1,
        "gap_observations": None,
        "conflicts": len(report.conflicts),
        "rule_set": RULE_SET,
        "recorded_by": "Origin 0.1.0",
        "exported_by": "Origin 0.1.0",
        "review": "Licence verdicts are flags for human review, never legal advice.",
        "data_licenses": [
            {"license": "Apache-2.0", "status": "resolved", "observations": 5},
            {"license": "NOASSERTION", "status": "unknown", "observations": 1},
            {"license": "CC-BY-NC-4.0", "status": "resolved", "observations": 1},
            {"license": "GPL-2.0-only", "status": "resolved", "observations": 1},
        ],
        "datasets_added": HUB,
    }


def test_the_section_states_every_source_that_gave_samples(path: Path) -> None:
    record_sources(path)
    text = exported(path)
    rows = [line.split(" | ") for line in text.splitlines() if re.fullmatch(r"\| .*[0-9a-f]{64} \|", line)]
    report = facts(path)
    assert [(row[0], row[4], row[6], row[-1]) for row in rows] == [
        (f"| {use.source.source_id}", str(use.observations), str(use.samples), f"{use.source.digest().hex()} |")
        for use in sorted(report.sources, key=lambda use: (-use.observations, use.sequence))
        if use.observations
    ]
    assert rows[0][1:4] == [
        "[stanfordnlp/imdb](https://huggingface.co/datasets/stanfordnlp/imdb)",
        "Apache-2.0",
        "Apache-2.0 (resolved)",
    ]
    assert rows[0][7:10] == ["unknown", "unknown", COMMIT]
    page = next(row for row in rows if row[0] == "| page")
    assert page[1:4] == ["-", "NOASSERTION", "NOASSERTION (unknown)"]
    assert "| observer | 1 | 1 | unknown |" in text
    assert f"    {report.root}\n" in text


def test_a_source_that_gave_no_sample_is_no_training_data(path: Path) -> None:
    record_sources(path)
    report = with_idle_source(facts(path))
    assert huggingface.hub_ids(report) == HUB
    assert huggingface.stated(report, HUB)["sources"] == 5
    section = "\n".join(huggingface.section(report))
    assert "Left out: 1 declared and not used." in section
    assert "nobody/idle" not in section


def test_an_empty_and_an_open_session_have_a_card(path: Path) -> None:
    record(path, [])
    assert "datasets" not in loaded(exported(path))
    assert "No sample was delivered." in exported(path)
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("open")
        list(BaseHook(db, session.session_id, "train").wrap([[b"a"]]))
        assert loaded(exported(path))["origin_provenance"]["status"] == "running"
        assert "| Status | running: what was committed so far |" in exported(path)


def test_hostile_strings_stay_text_in_metadata_and_section(path: Path) -> None:
    record_hostile(path)
    text = exported(path)
    data = loaded(text)
    assert data["origin_provenance"]["config_hash"] == "---\\x0alicense: !!python/object no"
    assert set(data) == {"origin_provenance"}
    body = ModelCard(text).text
    assert not re.search(r"<(?!/?a)|javascript:(?!alert)|\]\((?!https://huggingface)", re.sub(r"\\.", "", body))
    table = [line for line in body.splitlines() if re.search(r"[0-9a-f]{64} \|$", line)]
    assert len(table) == len(STRINGS)
    assert {re.sub(r"\\.", "", line).count("|") for line in table} == {13}


CARDS = {
    "plain": "---\nlicense: mit\n---\n# Model\n",
    "comments": "---\n# top\nlicense: mit # why\ntags:\n- a\n\n# last\n---\n\n# Model\n\ntext\n",
    "no front matter": "# Model\n\ntext",
    "empty": "",
    "only a block": "---\nlicense: mit\n---",
    "windows": "---\r\nlicense: mit\r\ndatasets:\r\n- imdb # mine\r\ntags: [a]\r\n---\r\n# Model\r\n",
    "mark": "\ufeff---\nlicense: mit\n---\n# Model\n",
    "blank lines first": "\n\n---\nlicense: mit\n---\n# Model\n",
    "list": "---\ndatasets:\n- imdb # mine\n# between\n- squad\n\n# after\ntags: [a]\n---\n# Model\n",
    "indented list": "---\ndatasets:\n    - imdb\n    - squad\ntags: [a]\n---\n# Model\n",
    "list at the end": "---\nlicense: mit\ndatasets:\n- imdb\n---\n# Model\n",
    "flow list": "---\ndatasets: [imdb, 'squad']  # both\nlicense: mit\n---\n# Model\n",
    "flow over lines": "---\ndatasets: [\n  imdb,\n  squad,\n]\nlicense: mit\n---\n# Model\n",
    "text": "---\ndatasets: imdb\nlicense: mit\n---\n# Model\n",
    "no value": "---\ndatasets:\nlicense: mit\n---\n# Model\n",
    "null": "---\ndatasets: null\nlicense: mit\n---\n# Model\n",
    "empty list": "---\ndatasets: []\nlicense: mit\n---\n# Model\n",
    "already there": "---\ndatasets:\n- allenai/c4\nlicense: mit\n---\n# Model\n",
    "quoted keys": '---\n\'datasets\': ["imdb"]\n"license": mit\n---\n# Model\n',
    "values of all kinds": (
        "---\nmodel-index:\n- name: m\n  results:\n  - task: {type: t}\n    dataset: {name: d, type: d}\n"
        "    metrics:\n    - {type: accuracy, value: .nan}\nnote: |\n  datasets:\n  - no\ndate: 2020-01-01\n---\n"
    ),
    "rulers": "---\nlicense: mit\n---\n# Model\n\n---\n\ntext\n\n---\n",
}


@pytest.mark.parametrize("name", CARDS)
def test_a_merged_card_loads_and_the_rest_of_it_is_as_it_was(path: Path, tmp_path: Path, name: str) -> None:
    record_sources(path)
    readme = tmp_path / "README.md"
    readme.write_bytes(CARDS[name].encode())
    merge(readme, path)
    once = readme.read_bytes()
    merge(readme, path)
    assert readme.read_bytes() == once

    before, after = loaded(CARDS[name].removeprefix("\ufeff")), ModelCard.load(readme).data.to_dict()
    stated = after.pop("origin_provenance")
    old = before.pop("datasets", None) or []
    old = [old] if isinstance(old, str) else old
    assert after.pop("datasets") == [*old, *(one for one in HUB if one not in old)]
    assert repr(after) == repr(before)
    assert stated["datasets_added"] == [one for one in HUB if one not in old]

    text = once.decode()
    lines, kept = text.splitlines(keepends=True), iter(CARDS[name].splitlines(keepends=True))
    if name not in {"flow list", "flow over lines", "text", "no value", "null", "empty list", "quoted keys"}:
        expected = next(kept, None)
        for line in lines:  # every line of the old card is there, as it was and in its order
            if expected is not None and line.rstrip("\r\n") == expected.rstrip("\r\n"):
                expected = next(kept, None)
        assert expected is None
    assert ("\r\n" in text) == (name == "windows")
    assert not re.search(r"(?<!\r)\n", text) or name != "windows"
    assert text.count("## Training data provenance") == 1
    assert [line.rstrip() for line in lines if "# both" in line] == (
        ['datasets: [imdb, \'squad\', "stanfordnlp/imdb", "allenai/c4"]  # both'] if name == "flow list" else []
    )


def test_a_merged_card_keeps_its_permissions(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    readme = tmp_path / "README.md"
    readme.write_text(CARDS["plain"])
    readme.chmod(0o664)
    merge(readme, path)
    assert readme.stat().st_mode & 0o7777 == 0o664


def test_what_the_library_of_the_hub_rewrites_can_be_merged_again(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    readme = tmp_path / "README.md"
    readme.write_text(CARDS["comments"])
    merge(readme, path)
    ModelCard.load(readme).save(readme)
    stated = loaded(readme.read_text())
    merge(readme, path)
    assert loaded(readme.read_text()) == stated
    assert readme.read_text().count("origin_provenance:") == 1


def test_another_session_takes_the_place_with_force_only(path: Path, tmp_path: Path) -> None:
    first = record_sources(path)
    readme = tmp_path / "README.md"
    readme.write_text("---\ndatasets:\n- mine/own\n---\n# Model\n")
    merge(readme, path)
    with ProvenanceDatabase(path) as db:
        db.register_source("other", uri="hf://datasets/another/one")
    record(path, [[b"z"]], source="other", license_id=None)
    before = readme.read_bytes()
    with pytest.raises(UsageError, match=f"it states session {first[:12]}: give --force to replace that"):
        merge(readme, path)
    assert readme.read_bytes() == before
    merge(readme, path, force=True)
    assert loaded(readme.read_text())["datasets"] == ["mine/own", "another/one"]
    assert loaded(readme.read_text())["origin_provenance"]["sources"] == 1
    merge(readme, path, first, force=True)
    assert readme.read_bytes() == before


def test_entries_that_were_ours_go_with_their_key_when_none_is_left(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    readme = tmp_path / "README.md"
    for card in ("---\nlicense: mit\n---\n# Model\n", "---\ndatasets: []\n---\n", "---\ndatasets: [x/y]\n---\n"):
        readme.write_text(card)
        merge(readme, path)
        record(path, [[b"z"]])
        merge(readme, path, force=True)
        assert loaded(readme.read_text()).get("datasets") == (["x/y"] if "x/y" in card else None)
        record_sources(path)


def test_a_card_of_the_same_session_is_brought_up_to_date(path: Path, tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(CARDS["plain"])
    with ProvenanceDatabase(path) as db:
        session = db.begin_session("open")
        list(BaseHook(db, session.session_id, "train").wrap([[b"a"]]))
        merge(readme, path)
        assert loaded(readme.read_text())["origin_provenance"]["status"] == "running"
        session.end()
    merge(readme, path)
    assert loaded(readme.read_text())["origin_provenance"]["status"] == "completed"
    assert "running" not in readme.read_text()


@pytest.mark.parametrize(
    ("card", "message"),
    [
        (b"\xff\xfe", "is no UTF-8 text: name a model card"),
        (b"---\nlicense: [\n---\n", "its metadata is no YAML"),
        (b"---\n- a\n---\n", "its metadata is no list of keys: mend it first"),
        (b"---\ndatasets: {a: b}\n---\n", "`datasets` in its metadata is no list: write the ids as a list"),
        (b"---\ntags: &t [a]\ndatasets: *t\n---\n", "cannot be edited in place"),
        (b"---\n{license: mit}\n---\n", "cannot be edited in place"),
        (b"<!-- origin:training-data-provenance:end -->\n", "are not one pair: remove the section by hand"),
        (b"<!-- origin:training-data-provenance:begin session=a -->\n" * 2, "are not one pair"),
    ],
)
def test_what_cannot_be_merged_stays_as_it_is(path: Path, tmp_path: Path, card: bytes, message: str) -> None:
    record_sources(path)
    readme = tmp_path / "README.md"
    readme.write_bytes(card)
    with pytest.raises(UsageError, match=re.escape(message)) as caught:
        merge(readme, path)
    assert "\n" not in str(caught.value)
    assert readme.read_bytes() == card
    assert sorted(one.name for one in tmp_path.iterdir() if "provenance.db" not in one.name) == ["README.md"]


def test_the_page_shows_how_to_load_it(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record_sources(path)
    (tmp_path / "README.md").write_text(exported(path))
    monkeypatch.chdir(tmp_path)
    exec(snippet("huggingface"), {})  # noqa: S102 - our own page
    assert capsys.readouterr().out == f"{HUB}\n{facts(path).root}\n"


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    (tmp_path / "real.md").write_text("# Model\n")
    (tmp_path / "README.md").symlink_to(tmp_path / "real.md")
    with pytest.raises(UsageError, match="is a link: name the file itself"):
        merge(tmp_path / "README.md", path)
    assert (tmp_path / "real.md").read_text() == "# Model\n"


def test_hostile_strings_merge_and_merge_again(path: Path) -> None:
    record_hostile(path)
    report = facts(path)
    once = merged(CARDS["comments"], report)
    assert merged(once, report) == once
    assert loaded(once)["tags"] == ["a"]
    assert yaml.safe_load(once.split("---\n")[1])["license"] == "mit"
