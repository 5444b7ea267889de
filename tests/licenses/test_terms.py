from __future__ import annotations

import re

import pytest

from origin.licenses.custom import custom_licenses
from origin.licenses.identifiers import licenses
from origin.licenses.terms import ACTIONS, DUTIES, EVENTS, FACTS, PROHIBITIONS, Terms, all_terms, terms

RECORDS = all_terms()
each = pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.id)


@each
def test_a_record_is_of_a_licence_that_claims_can_name(record: Terms) -> None:
    listed = licenses().get(record.id.lower())
    custom = {row.id for row in custom_licenses().values()}
    assert record.id in custom if listed is None else record.id == listed.id and not listed.deprecated


@each
def test_every_cell_has_a_word_of_the_vocabulary_a_value_and_a_clause(record: Terms) -> None:
    assert set(record.actions) <= set(ACTIONS)
    assert set(record.duties) <= set(DUTIES)
    assert set(record.prohibitions) <= set(PROHIBITIONS)
    assert set(record.facts) <= set(FACTS)
    assert all(cell.value in {"yes", "no", "unknown"} for cell in record.actions.values())
    assert all(duty.on and duty.on <= set(EVENTS) for duty in record.duties.values())
    cells = (*record.actions.values(), *record.duties.values(), *record.prohibitions.values(), *record.facts.values())
    assert all(cell.clause.strip() == cell.clause != "" for cell in cells)
    assert re.match(r"https?://\S+$", record.text) or not record.text


@each
def test_a_record_speaks_of_what_matters_for_training(record: Terms) -> None:
    assert {"reproduce", "distribute", "share-derivative", "commercial-use", "train", "share-model"} <= set(
        record.actions
    )


def test_or_later_exceptions_and_ports_have_the_terms_of_their_licence() -> None:
    assert terms("CC-BY-3.0-US") is terms("LicenseRef-CC-BY-3.0-US") is terms("CC-BY-3.0")
    assert terms("CC-BY-SA-2.1-JP") is terms("CC-BY-SA-2.0") is not None
    assert terms("LicenseRef-CC-BY-SA-3.0-XX") is None
    assert terms("GPL-2.0-or-later") is terms("GPL-2.0-only") is not None
    assert terms("cc-by-4.0") is terms("CC-BY-4.0") is not None
    assert terms("Nobody-1.0") is None
