from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from origin import ProvenanceDatabase
from origin.errors import UsageError
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("signals", "said"),
    [
        ("garbage", "signals is 'garbage': it must be a list of mappings with 'kind'"),
        (b"garbage", "signals is b'garbage': it must be a list of mappings with 'kind'"),
        (None, "signals is None: it must be a list of mappings with 'kind'"),
        (
            [5],
            "signals[0] cannot be read (no mapping with 'kind': 5)",
        ),
        (
            [{"kind": "tdmrep", "value": "1"}, {"kind": "smoke"}],
            "signals[1] cannot be read (a kind of signal that is not known: 'smoke')",
        ),
        (
            [{"kind": "rsl", "text": "<"}],
            "signals[0] cannot be read (unreadable: no XML)",
        ),
    ],
)
def test_a_signal_that_cannot_be_read_is_refused_and_nothing_is_written(path: Path, signals: Any, said: str) -> None:
    with ProvenanceDatabase(path) as db:
        with pytest.raises(UsageError) as refused:
            db.register_source("news", signals=signals)
        assert str(refused.value).removesuffix(": give what origin.licenses.evaluate_signals reads") == said
    with Reader(path) as reader:
        assert reader.source_count() == 0


@pytest.mark.parametrize(
    "signals",
    [
        [{"kind": "tdmrep", "value": "1"}],
        [{"kind": "robots.txt", "text": "User-agent: *\nDisallow: /"}],
        # One rule of the file cannot be read, and the file is evidence all the same.
        [{"kind": "robots.txt", "text": "User-agent: *\nContent-Usage: train-ai=n\nContent-Usage: ="}],
    ],
)
def test_a_signal_that_says_something_is_kept_as_it_was_read(path: Path, signals: list[dict[str, str]]) -> None:
    with ProvenanceDatabase(path) as db:
        kept = db.register_source("news", signals=iter(signals))
        assert json.loads(kept.metadata) == {"opt_out_signals": signals}
        assert db.register_source("news", signals=signals[0]) == kept  # type: ignore[arg-type]
        assert db.register_source("plain", signals=[]).metadata == "{}"
