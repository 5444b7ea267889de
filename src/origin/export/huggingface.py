"""A model card for the Hugging Face Hub: what data the model's training loop got, as metadata and as a section.

`datasets` names data sets of the Hub only. The model's own licence is its owner's to state: nothing is said of it,
since licences of data do not tell it.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from origin.cards.commands import VERIFY, verify_commands
from origin.cards.escape import escaped
from origin.core.record import COMPLETED, RUNNING
from origin.export.hub import hub_dataset
from origin.export.stated import NOASSERTION, inputs, training_inputs
from origin.export.summary import REVIEW, data_licenses, summary
from origin.licenses.rule_set import RULE_SET
from origin.query.display import visible
from origin.query.licensing import affected_text, claimed_license, conclude
from origin.query.report import report
from origin.query.run import incomplete
from origin.query.scope import UNKNOWN
from origin.query.uses import uses_text
from origin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from origin.query.report import Report, SourceUse
    from origin.query.scope import Scope
    from origin.storage.reads import Reader, StoredSession

_MEANING = (
    "What the training loop received, as Origin recorded it at run time. An observation is one sample that a data "
    "loader delivered to the loop. {uses} Licences are those of the data, as they were claimed and as rules read the "
    "claims; they do not tell the model's licence."
)
DIFFERS = "differs between sessions"
_NONE_SO_FAR = {
    "session": "None recorded so far; the session is not closed.",
    "run": "None recorded in the sessions that are here; the run is not whole, or not closed.",
}
_COLUMNS = (
    "source | on the Hub | licence claimed | licence concluded | observations | share | distinct samples | "
    "trained on | evaluated | revision | where | SHA-256 of the declaration"
)

KEY = "origin_provenance"
"""Our key in a card's metadata. The Hub and its library keep keys that they do not know."""

ADDED = "datasets_added"
"""Under our key: what of `datasets` we wrote, so that a later merge takes away no entry of the owner's."""


def export(reader: Reader, session: StoredSession | Scope, _now: datetime) -> Iterator[str]:
    """A model card of its own. To write into one that exists: origin.export.model_card."""
    facts = report(reader, session)
    ids = hub_ids(facts)
    yield "---\n"
    for line in [*datasets_lines(ids), *key_lines(stated(facts, ids))]:
        yield line + "\n"
    yield "---\n\n"
    for line in section(facts):
        yield line + "\n"


def hub_ids(facts: Report) -> list[str]:
    """The data sets of the Hub that the loop got samples from, in the order of the log, each once.

    Without those that gave samples for evaluation alone: the Hub lists `datasets` as what a model was trained on.
    """
    found = (hub_dataset(use.source) for use in training_inputs(facts))
    return list(dict.fromkeys(one.id for one in found if one is not None))


def stated(facts: Report, added: list[str]) -> dict[str, Any]:
    """The value of our key: plain numbers and strings that any YAML reader loads as they are."""
    found = {**summary(facts), "data_licenses": data_licenses(facts), ADDED: added}
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return visible(value) if isinstance(value, str) else value


def datasets_lines(ids: Iterable[str]) -> list[str]:
    items = [f"- {_scalar(one)}" for one in ids]
    return ["datasets:", *items] if items else []


def key_lines(found: dict[str, Any]) -> list[str]:
    """Our key as YAML in block style, the form in which the Hub's library writes it too."""
    lines = [f"{KEY}:"]
    for name, value in found.items():
        if isinstance(value, list) and value:
            lines += [f"  {name}:", *(line for item in value for line in _item(item))]
        else:
            lines.append(f"  {name}: {_scalar(value)}")
    return lines


def _item(item: Any) -> list[str]:
    if isinstance(item, dict):
        pairs = [f"{name}: {_scalar(value)}" for name, value in item.items()]
        return [f"  - {pairs[0]}", *(f"    {pair}" for pair in pairs[1:])]
    return [f"  - {_scalar(item)}"]


def _scalar(value: Any) -> str:
    """JSON is YAML, where the string holds nothing that JSON would write as a pair of surrogates."""
    return json.dumps(value, ensure_ascii=False)


def section(facts: Report) -> list[str]:
    """The section `Training data provenance`, in Markdown. Every recorded string is escaped."""
    parts = (_lead, _session, _sources, _conflicts, _gaps, _verification)
    lines = [line for part in parts for line in (*part(facts), "")]
    return lines[:-1]


def _lead(facts: Report) -> list[str]:
    meaning = _MEANING.format(uses=uses_text(facts.uses, facts.observations)).replace("  ", " ")
    return ["## Training data provenance", "", f"{meaning} {REVIEW}"]


def _session(facts: Report) -> list[str]:
    about = facts.of
    rows = [
        (about.kind.capitalize(), escaped(about.id)),
        *([("Sessions", sessions_text(facts)), ("Ranks", ranks_text(facts))] if about.is_run else []),
        ("Status", _status(facts)),
        ("Configuration", DIFFERS if about.config_hash is None else escaped(about.config_hash)),
        ("Delivered to the loop", f"{facts.observations} observations of {facts.samples} distinct samples"),
        ("Batches", str(facts.batches)),
        ("Bytes fingerprinted", str(facts.size)),
        ("Without a fingerprint", f"{facts.unfingerprintable} observations"),
        ("Trained on", _observations(facts.uses.facts["trained"])),
        ("Evaluated", _observations(facts.uses.facts["evaluated"])),
        ("Licence conflicts", str(len(facts.conflicts) or "none by the known rules")),
        ("Gaps in the record", str(facts.gap_count or "none")),
        ("Recorded by", f"Origin {escaped(about.origin_version)}"),
        ("Written by", f"Origin {VERSION}, licence rules {RULE_SET}"),
    ]
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]


def sessions_text(facts: Report) -> str:
    """How many sessions there are of each status."""
    states = Counter(part.session.status for part in facts.parts)
    sessions = ", ".join(f"{count} {escaped(state)}" for state, count in sorted(states.items()))
    return f"{len(facts.parts)} ({sessions}){'; the run is this one session' if len(facts.parts) == 1 else ''}"


def ranks_text(facts: Report) -> str:
    return "; ".join(incomplete(facts.of.ranks)) or "each rank is there once"


def _status(facts: Report) -> str:
    status = facts.of.status
    if status == RUNNING:
        return "running: what was committed so far"
    if status == UNKNOWN:
        return "unknown: all sessions that are here completed; the run is not whole"
    if not facts.of.closed:
        return f"{escaped(status)}: not closed; what was committed is here"
    return escaped(status) if status == COMPLETED else f"{escaped(status)}: ended early"


def _sources(facts: Report) -> list[str]:
    uses = sorted(inputs(facts), key=lambda use: (-use.observations, use.sequence))
    lines = ["### Sources", ""]
    if uses:
        lines += [
            f"| {_COLUMNS} |",
            "|---|---|---|---|---:|---:|---:|---:|---:|---|---|---|",
            *(_source(use, facts.observations) for use in uses),
        ]
    else:
        lines.append("No sample was delivered.")
    idle = len(facts.sources) - len(uses)
    if idle:
        lines += ["", f"Left out: {idle} declared and not used."]
    return lines


def _source(use: SourceUse, total: int) -> str:
    source = use.source
    concluded = conclude(source)
    hub = hub_dataset(source)
    cells = (
        escaped(source.source_id),
        f"[{escaped(hub.id)}](https://huggingface.co/datasets/{hub.id})" if hub else "-",
        _unknown(claimed_license(source)),
        f"{_unknown(concluded.expression)} ({concluded.status})",
        str(use.observations),
        f"{100 * use.observations / total:.2f} %",
        str(use.samples),
        _count(use.uses.facts["trained"]),
        _count(use.uses.facts["evaluated"]),
        _or_dash(source.revision),
        _or_dash(source.uri),
        source.digest().hex(),
    )
    return f"| {' | '.join(cells)} |"


def _unknown(license_id: str | None) -> str:
    return NOASSERTION if license_id is None else escaped(license_id)


def _count(count: int | None) -> str:
    return "unknown" if count is None else str(count)


def _observations(count: int | None) -> str:
    return "unknown" if count is None else f"{count} observations"


def _or_dash(text: str | None) -> str:
    return escaped(text) if text else "-"


def _conflicts(facts: Report) -> list[str]:
    lines = ["### Licence conflicts", ""]
    if not facts.conflicts:
        return [*lines, "None by the known rules. A licence that is unknown is not covered by any rule."]
    lines += ["| licences | sources | severity | rule | authority | affected |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {escaped(' and '.join(one.licenses))} | {escaped(', '.join(one.sources))} | {one.severity} | "
        f"{escaped(one.rule)} | {escaped(one.authority)} | {affected_text(one)} |"
        for one in facts.conflicts
    ]
    return lines


def _gaps(facts: Report) -> list[str]:
    lines = ["### Gaps", ""]
    if not facts.gaps:
        return [*lines, "None recorded." if facts.of.closed else _NONE_SO_FAR[facts.of.kind]]
    lines += ["| reason | gaps | batches missed | observations missed |", "|---|---:|---:|---:|"]
    lines += [
        f"| {escaped(gap.reason)} | {gap.gaps} | {gap.batches} | {_count(gap.observations)} |" for gap in facts.gaps
    ]
    return lines


def _verification(facts: Report) -> list[str]:
    about = facts.of
    logs = "run's logs" if about.is_run else "session's log"
    return [
        "### Verification",
        "",
        f"Root of the {logs} of {about.size} entries (Merkle tree, RFC 9162):",
        "",
        f"    {facts.root}",
        "",
        VERIFY[about.kind],
        "",
        *(f"    {command}" for command in verify_commands(facts)),
    ]
