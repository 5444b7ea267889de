from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest
from query.hostile import STRINGS
from regulators.documents import answers_of, document, entries, full_answers, origin_report, record_sources

from origin.errors import UsageError
from origin.regulators.answers import load_answers
from origin.regulators.questionnaire import questionnaire
from origin.regulators.templates import TEMPLATES
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path


def test_the_questionnaire_asks_every_key_and_answers_none(tmp_path: Path) -> None:
    text = "".join(questionnaire())
    tables = {template.table: [field.key for field in template.fields()] for template in TEMPLATES}
    assert tomllib.loads(text) == {"about": {}, **{table: {} for table in tables}}
    keys = re.findall(r"^#(\w+) =", text, re.MULTILINE)
    assert keys == ["roots", *(key for listed in tables.values() for key in listed)]
    assert max(map(len, text.splitlines())) <= 100
    assert dict(answers_of(tmp_path, text).values) == {}


def test_an_answered_questionnaire_comes_back_key_by_key(tmp_path: Path) -> None:
    found = load_answers(full_answers(tmp_path))
    assert len(found.values) == sum(1 for template in TEMPLATES for _ in template.fields())
    assert found.values["eu_ai_act", "crawlers_used"] is True
    assert found.values["eu_ai_act", "models"] == ("one", "two")


def test_a_key_that_is_uncommented_and_not_answered_is_refused(tmp_path: Path) -> None:
    text = "".join(questionnaire()).replace("#crawlers_used", "crawlers_used")
    with pytest.raises(UsageError, match="is no TOML file"):
        answers_of(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[eu_ai_act]\nprovidr = 'x'", "key eu_ai_act.providr: there is no such key; did you mean provider?"),
        ("[eu_ai_act]\nqqqqqq = 'x'", "key eu_ai_act.qqqqqq: there is no such key; `origin report --init-answers`"),
        ("provider = 'x'", "key provider: there is no such key"),
        ("eu_ai_act = 5", r"key eu_ai_act: it is a table, written \[eu_ai_act\]; this is 5."),
        ("[eu_ai_act]\nprovider = 5", "key eu_ai_act.provider: it is a text in quotes; this is 5."),
        ("[eu_ai_act]\nprovider = ' '", "key eu_ai_act.provider: it is empty"),
        ("[eu_ai_act]\nprovider = 'To be provided'", "key eu_ai_act.provider: 'To be provided' is no answer here"),
        ("[eu_ai_act]\nprovider = 'as recorded'", "key eu_ai_act.provider: 'as recorded' is no answer here"),
        ("[eu_ai_act]\ncrawlers_used = 'yes'", "key eu_ai_act.crawlers_used: it is true or false, without quotes"),
        ("[eu_ai_act]\ncrawlers_used = 1", "key eu_ai_act.crawlers_used: it is true or false"),
        ("[eu_ai_act]\nmodels = 'm'", "key eu_ai_act.models: it is a list of texts"),
        ("[eu_ai_act]\nmodels = []", "key eu_ai_act.models: it is a list of texts"),
        ("[eu_ai_act]\nmodels = ['m', 2]", r"key eu_ai_act.models\[1\]: it is a text in quotes; this is 2."),
        ("[eu_ai_act]\nmarket_date = '2026-01-31'", "key eu_ai_act.market_date: it is a day such as"),
        ("[eu_ai_act]\nmarket_date = 2026-01-31T00:00:00Z", "key eu_ai_act.market_date: it is a day such as"),
        ("[eu_ai_act]\nlatest_acquisition = '13/2026'", "key eu_ai_act.latest_acquisition: it is a month"),
        ("[eu_ai_act]\ntext_size = 'much'", "key eu_ai_act.text_size: it is one of: less than 1 billion tokens; "),
        ("[eu_ai_act]\nmodalities = ['texts']", r"key eu_ai_act.modalities\[0\]: it is one of: text; image"),
        ("[about]\nroots = ['00']", "key about.roots: it is a list of roots"),
        ("[about]\nroot = []", "key about.root: there is no such key; did you mean roots?"),
        ("[eu_ai_act", "is no TOML file"),
        ("a = " + "[" * 5000, "is no TOML file"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        answers_of(tmp_path, text)
    assert "\n" not in str(raised.value)
    assert "answers.toml" in str(raised.value)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is no TOML file"):
        load_answers(path)
    with pytest.raises(FileNotFoundError):
        load_answers(tmp_path / "nothing")


def test_as_recorded_confirms_what_is_filled_in_and_nothing_else(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    answers_of(tmp_path, '[eu_ai_act]\nmodalities = "as recorded"\npublic_large = "as recorded"\n')
    fields = entries(document(path, "eu-ai-act", "--answers", str(tmp_path / "answers.toml")))
    assert (fields["modalities"]["state"], fields["modalities"]["value"]) == ("answered", ["text", "image"])
    assert fields["modalities"]["confirmed"] is True
    assert fields["public_large"]["value"] == ["wiki, https://example.org/wiki, 01/2020 to 10/2025"]
    assert fields["languages"]["state"] == "to-be-confirmed"
    answers_of(tmp_path, '[eu_ai_act]\naudio_size = "as recorded"\n')
    with pytest.raises(UsageError, match=r"key eu_ai_act\.audio_size: nothing is recorded for it"):
        document(path, "eu-ai-act", "--answers", str(tmp_path / "answers.toml"))


def test_answers_for_another_record_are_refused(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    with Reader(path) as reader:
        root = reader.sessions()[0].root().hex()
    for given, fits in ((root, True), ("0" * 64, False)):
        answers_of(tmp_path, f'[about]\nroots = ["{given}"]\n')
        if fits:
            assert document(path, "ab2013", "--answers", str(tmp_path / "answers.toml"))["answers"] is not None
        else:
            with pytest.raises(UsageError, match="the answers are for other records"):
                document(path, "ab2013", "--answers", str(tmp_path / "answers.toml"))


def test_the_answers_file_is_read_and_left_as_it_is(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    answers = full_answers(tmp_path)
    before = answers.read_bytes(), answers.stat().st_mtime_ns
    origin_report(path, "ab2013", "latest", "--answers", str(answers))
    with pytest.raises(UsageError, match="is the answers file: name another"):
        origin_report(path, "ab2013", "latest", "--answers", str(answers), "-o", str(answers), "--force")
    assert (answers.read_bytes(), answers.stat().st_mtime_ns) == before


def test_hostile_answers_come_back_as_they_were_given(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    for text in STRINGS.values():
        if "\udcff" in text:  # TOML is UTF-8
            continue
        quoted = "".join(f"\\u{ord(one):04x}" for one in text)
        answers_of(tmp_path, f'[ab2013]\nsystem = "{quoted}"\n')
        fields = entries(document(path, "ab2013", "--answers", str(tmp_path / "answers.toml")))
        assert fields["system"]["value"] == text.strip()
