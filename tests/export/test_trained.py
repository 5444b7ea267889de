"""What became of batches, as each format states it: trained on, evaluated, or not known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from export.documents import NOW, exported
from export.readers import SpdxDocument, accepted_bill, accepted_statement
from export.tracked_sessions import facts
from export.trained_sessions import record_late, record_training

from origin.cards import card_of
from origin.cli.export import FORMATS
from origin.export import croissant, cyclonedx, huggingface, intoto, openlineage, prov, spdx
from origin.export import json as json_export
from origin.export.consistency import check_file, check_format
from origin.export.files import write_directory
from origin.export.recorded import Record
from origin.export.stated import delivered_text
from origin.query.engine import find_session
from origin.query.uses import Uses, uses_text
from origin.regulators.record import gather
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

TRAIN = {"trained": 8, "skipped": 0, "evaluated": 0}
HELD = {"trained": 0, "skipped": 0, "evaluated": 4}
SEEN = {"trained": 0, "skipped": 0, "evaluated": 0}
ALL = {"steps_seen": "throughout", "optimizer_steps": 4, "trained": 8, "skipped": 0, "evaluated": 4}
SENTENCE = (
    "Of 14 observations: 8 trained on by an optimizer step; 4 for evaluation; 2 delivered, and what became of them is "
    "not known."
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "provenance.db"
    record_training(path)
    return path


def test_a_report_tells_what_became_of_each_source(trained: Path) -> None:
    found = facts(trained)
    assert {use.source.source_id: use.uses.facts for use in found.sources} == {
        "train": TRAIN,
        "held": HELD,
        "seen": SEEN,
    }
    assert [use.source.source_id for use in found.sources if use.held_out] == ["held"]
    assert (found.seen, found.uses, found.optimizer_steps) == ("throughout", Uses(8, 4), 4)
    assert sum((use.uses for use in found.sources), Uses()) == found.uses
    assert uses_text(found.uses, found.observations) == SENTENCE


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_states_it_and_a_changed_count_is_found(trained: Path, tmp_path: Path, name: str) -> None:
    with Reader(trained) as reader:
        session = find_session(reader, "latest")
        record = Record(reader, session, NOW)
        assert check_format(record, reader, session, NOW, name, tmp_path).discrepancies == ()
        file = tmp_path / name / "metadata.json" if name == "croissant" else tmp_path / name
        text = file.read_text()
        changed = 0
        for count in ('"trained":8', '"trained": 8', r"\"trained\": 8", r"\"trained\":8"):
            if count in text:
                file.write_text(text.replace(count, count.replace("8", "9")))
                assert not check_file(record, file).agrees
                changed += 1
    assert changed


def test_only_what_was_trained_on_is_training_data(trained: Path) -> None:
    assert huggingface.hub_ids(facts(trained)) == ["acme/train", "acme/seen"]
    bill = accepted_bill(exported(trained, cyclonedx), "1.6")
    model, *sources = bill["components"]
    assert [one["name"] for one in model["modelCard"]["modelParameters"]["datasets"]] == ["train", "seen"]
    assert [(one["name"], one["scope"]) for one in sources] == [
        ("train", "required"),
        ("held", "excluded"),
        ("seen", "required"),
    ]
    held = sources[1]["bom-ref"]
    session, of_model, *_ = bill["dependencies"]
    assert session["dependsOn"] == ["model", held]
    assert of_model["dependsOn"] == [sources[0]["bom-ref"], sources[2]["bom-ref"]]


def test_spdx_tells_trained_from_tested(trained: Path) -> None:
    found = SpdxDocument(exported(trained, spdx))
    (build,), (package,) = found.all("build_Build"), found.all("ai_AIPackage")

    def names(start: Any, kind: str) -> list[str]:
        return [one.name for one in found.related(start, kind)]

    assert names(build, "hasInput") == ["train", "held", "seen"]
    assert names(package, "dependsOn") == ["train", "seen"]
    assert names(package, "trainedOn") == ["train"]
    assert names(package, "testedOn") == ["held"]


def test_the_counts_are_in_the_terms_of_each_format(trained: Path, tmp_path: Path) -> None:
    assert json.loads(exported(trained, json_export))["uses"] == ALL
    products = accepted_statement(exported(trained, intoto))["predicate"]["runDetails"]["byproducts"]
    assert products[0]["annotations"]["uses"] == ALL
    ended = json.loads(exported(trained, openlineage).splitlines()[-1])
    assert ended["run"]["facets"]["origin_session"]["uses"] == ALL
    used = json.loads(exported(trained, prov))["used"].values()
    assert [json.loads(one["origin:uses"]) for one in used] == [TRAIN, HELD, SEEN]
    with Reader(trained) as reader:
        write_directory(tmp_path / "made", croissant.files(reader, find_session(reader, "latest"), NOW))
    lines = (tmp_path / "made" / "sources.jsonl").read_text().splitlines()
    rows = [json.loads(line)["value"] for line in lines]
    assert [(one["trained"], one["evaluated"]) for one in rows] == [(8, 0), (0, 4), (0, 0)]


def test_a_card_and_a_document_for_regulators_name_what_was_held_out(trained: Path) -> None:
    text = card_of(trained).markdown
    assert SENTENCE in text
    assert "| Trained on | 8 observations, by 4 optimizer steps |" in text
    assert "| Evaluated | 4 observations |" in text
    assert "Delivered for evaluation alone, so no training data: held." in text
    with Reader(trained) as reader:
        found = gather(reader, [find_session(reader, "latest")])
    assert [(one.source.source_id, one.held_out) for one in found.used] == [
        ("train", False),
        ("held", True),
        ("seen", False),
    ]


def test_what_was_delivered_before_anybody_looked_is_unknown_and_not_none(path: Path) -> None:
    record_late(path)
    found = facts(path)
    early, late = found.sources
    assert (found.seen, found.uses) == ("in-part", Uses(trained=4, unseen=2))
    assert early.uses.facts == {"trained": None, "skipped": None, "evaluated": None}
    assert late.uses.facts == {"trained": 4, "skipped": 0, "evaluated": 0}
    assert found.uses.facts == {"trained": 4, "skipped": None, "evaluated": None}
    assert delivered_text(found.uses, found.observations).endswith(
        "Of 6 observations: 4 trained on by an optimizer step; 2 delivered while no optimizer was seen, so that it is "
        "not known what became of them."
    )
    text = card_of(path).markdown
    assert "| early | 0 | 1 | 2 | unknown | unknown | 2 |" in text
    assert "| late | 0 | 2 | 4 | 4 | 0 | 4 |" in text
    assert "2 were delivered before optimizer steps were seen" in text
