"""What the record says on each thing that a document asks for: tables that are shown beside an answer, never instead.

`keys` are where the same facts stand in `origin inspect SESSION --json`, or in `origin export SESSION`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from origin.cards.document import number, percent
from origin.query.display import iso
from origin.query.licensing import claimed_license, conclude
from origin.query.uses import NOTHING_DELIVERED
from origin.regulators.record import PUBLIC, by_source, collected, month_of, observed
from origin.regulators.sizes import SCALES, size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from origin.query.uses import Uses
    from origin.regulators.domains import Hosts
    from origin.regulators.record import Record, Used

LARGE = 3
"""Percent of the observations from publicly available sources from which on a source is a large one."""

NOT_STATED = "not stated"

Query = Literal["inspect", "export"]
"""The command that shows the same facts."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A table from the record. what: it shows. keys: where its facts stand in the JSON of the command `query`; empty
    where they are not of a session.
    """

    what: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]
    keys: tuple[str, ...] = ("sources[]",)
    query: Query = "inspect"


@dataclass(frozen=True, slots=True)
class Context:
    """All that a document may be filled from. annex: the name of the file that the list of hosts is written to."""

    record: Record
    now: datetime
    hosts: Hosts | None = None
    annex: str | None = None

    def used(self, category: str) -> Sequence[Used]:
        return self.record.of(category) if category else self.record.used


def evidence(name: str, context: Context) -> Shown | None:
    """The table of that name, such as `amount` or `size:text`; None where the record holds nothing for it."""
    word, _, argument = name.partition(":")
    found = _EVIDENCE[word](context, argument)
    return found if found.rows else None


def _clock(context: Context, _: str) -> Shown:
    return Shown("the clock of this document", ("made at",), ((context.now.isoformat(),),), ())


def _run(context: Context, _: str) -> Shown:
    begins = [one.session.begin for one in context.record.sessions]
    rows = [(begin.session_id, begin.config_hash, begin.run_id, iso(begin.started_at)) for begin in begins]
    keys = ("config_hash", "run_id", "started_at")
    return Shown("the sessions", ("session", "config hash", "run", "started at"), tuple(rows), keys)


def _amount(context: Context, _: str) -> Shown:
    rows: list[tuple[str | int | None, ...]] = [
        (
            *(one.session.begin.session_id, one.batches, one.observations, one.samples, one.unfingerprintable),
            *(one.size, _known(one.uses, one.uses.trained), _known(one.uses, one.uses.evaluated)),
        )
        for one in context.record.sessions
    ]
    if len(rows) > 1:
        sums = [sum(getattr(one, name) for one in context.record.sessions) for name in ("batches", "observations")]
        rest = [sum(getattr(one, name) for one in context.record.sessions) for name in ("unfingerprintable", "size")]
        uses = sum((one.uses for one in context.record.sessions), NOTHING_DELIVERED)
        became = _known(uses, uses.trained), _known(uses, uses.evaluated)
        rows.append(("all together", *sums, context.record.samples, *rest, *became))
    amounts = ("batches", "observations", "distinct samples", "without fingerprint", "bytes fingerprinted")
    headers = ("session", *amounts, "trained on", "evaluated")
    keys = ("batches", "observations", "samples", "unfingerprintable", "bytes", "uses.trained", "uses.evaluated")
    return Shown("how much the training loop got", headers, tuple(rows), keys)


def _known(uses: Uses, count: int) -> str | int:
    """A count of `uses`; where some were delivered while nobody looked, it is the least that it can be."""
    known = uses.known(count)
    return "unknown" if known is None else f"at least {number(known)}" if uses.unseen else known


def _gaps(context: Context, _: str) -> Shown:
    rows = [
        (
            one.session.begin.session_id,
            gap.reason,
            gap.gaps,
            gap.batches,
            "unknown" if gap.observations is None else gap.observations,
        )
        for one in context.record.sessions
        for gap in one.gaps
    ]
    headers = ("session", "reason", "gaps", "batches missed", "observations missed")
    return Shown("what was not recorded", headers, tuple(rows), ("gaps", "gap_reasons[]"))


def _epochs(context: Context, _: str) -> Shown:
    rows = [
        (one.session.begin.session_id, each.loader, each.epoch, each.batches, each.observations)
        for one in context.record.sessions
        for each in one.epochs
    ]
    headers = ("session", "loader", "epoch", "batches", "observations")
    keys = ("batches[].loader", "batches[].epoch", "batches[].count")
    return Shown("epochs (samples that come again are observed again)", headers, tuple(rows), keys, "export")


def _shares(
    context: Context, used: Sequence[Used], what: str, names: tuple[str, ...], cells: Callable[[Used], tuple[Any, ...]]
) -> Shown:
    """A table of sources with what they state, and how much came from them."""
    everything = context.record.observations
    rows = [
        (one.source.source_id, *cells(one), one.observations, percent(one.observations, everything)) for one in used
    ]
    return Shown(what, ("source", *names, "observations", "share"), tuple(rows))


def _category(context: Context, category: str) -> Shown:
    what = f"sources recorded as {category}"
    return _shares(context, context.record.of(category), what, ("link",), lambda one: (one.source.uri,))


def _uncategorised(context: Context, _: str) -> Shown:
    what = "sources of which the record does not say, in the words of the template, where they belong"
    found = context.record.uncategorised()
    return _shares(context, found, what, ("category as stated",), lambda one: (one.source.category,))


def _sources(context: Context, _: str) -> Shown:
    def cells(one: Used) -> tuple[Any, ...]:
        source = one.source
        license_ = claimed_license(source)
        samples = "not counted" if one.samples is None else one.samples
        place = (source.category, source.owner, source.uri, source.revision)
        evaluated = _known(one.uses, one.uses.evaluated)
        return (*place, license_, conclude(source).expression, samples, evaluated, source.digest().hex())

    place = ("category", "owner", "link", "revision")
    names = (*place, "licence as stated", "licence concluded", "distinct samples", "evaluated", "declaration")
    return _shares(context, context.record.used, "the sources that samples came from", names, cells)


def _large(context: Context, _: str) -> Shown:
    return _datasets(context, large(context.record), "large ones")


def _smaller(context: Context, _: str) -> Shown:
    return _datasets(context, smaller(context.record), "others")


def _datasets(context: Context, found: dict[str, list[Used]], which: str) -> Shown:
    of_public = observed(context.record.of(PUBLIC))
    rows = [
        (
            name,
            next((one.source.uri for one in uses if one.source.uri), None),
            next((text for one in uses if (text := collected(one, "from"))), None),
            next((text for one in uses if (text := collected(one, "to"))), None),
            observed(uses),
            percent(observed(uses), of_public),
            percent(observed(uses), context.record.observations),
        )
        for name, uses in found.items()
    ]
    headers = (
        "dataset",
        "link",
        "collected from",
        "collected to",
        "observations",
        "share of public data",
        "share of all",
    )
    return Shown(
        f"sources recorded as {PUBLIC}: {which} ({LARGE} % of the observations from them)", headers, tuple(rows)
    )


def large(record: Record) -> dict[str, list[Used]]:
    """The publicly available sources with at least LARGE percent of what came from publicly available sources."""
    public = record.of(PUBLIC)
    whole = observed(public)
    return {name: uses for name, uses in by_source(public).items() if 100 * observed(uses) >= LARGE * whole}


def smaller(record: Record) -> dict[str, list[Used]]:
    found = large(record)
    return {name: uses for name, uses in by_source(record.of(PUBLIC)).items() if name not in found}


def _modalities(context: Context, category: str) -> Shown:
    def cells(one: Used) -> tuple[Any, ...]:
        return (", ".join(one.texts("modality")) or NOT_STATED,)

    return _shares(context, context.used(category), "modalities as stated", ("modality",), cells)


def _languages(context: Context, _: str) -> Shown:
    def cells(one: Used) -> tuple[Any, ...]:
        return (", ".join(one.texts("language")) or NOT_STATED,)

    stated = context.record.used if any(one.texts("language") for one in context.record.used) else ()
    return _shares(context, stated, "languages as stated", ("language",), cells)


def _size(context: Context, modality: str) -> Shown:
    found = size(context.record, modality)
    if not found.stating:
        return Shown("", (), ())
    unit = SCALES[modality].key
    if found.stating < found.sources:
        band = "open: some of these sources do not state it"
    else:
        band = "filled in" if found.complete else "open: some sources do not state their modality"
    rows = ((_amount_text(found.amount), found.stating, found.sources, band),)
    headers = (unit, "sources that state it", f"sources of {modality}", "band")
    return Shown(f"{unit} as sources state them; Origin did not count them", headers, rows, ("sources[].metadata",))


def _amount_text(amount: float) -> str:
    return number(amount) if isinstance(amount, int) else f"{amount:,.1f}"


def _acquired(context: Context, _: str) -> Shown:
    def cells(one: Used) -> tuple[Any, ...]:
        return (one.source.category, one.source.acquired_at, collected(one, "from"), collected(one, "to"))

    names = ("category", "acquired at", "collected from", "collected to")
    return _shares(context, context.record.used, "acquisition and collection as stated", names, cells)


def _period(context: Context, category: str) -> Shown:
    def cells(one: Used) -> tuple[Any, ...]:
        return collected(one, "from"), collected(one, "to")

    names = ("collected from", "collected to")
    return _shares(context, context.used(category), "periods of collection as stated", names, cells)


def _licenses(context: Context, _: str) -> Shown:
    def cells(one: Used) -> tuple[Any, ...]:
        concluded = conclude(one.source)
        return claimed_license(one.source), concluded.expression, concluded.status

    names = ("licence as stated", "licence concluded", "status")
    return _shares(context, context.record.used, "licences, for human review", names, cells)


def _personal(context: Context, _: str) -> Shown:
    stated = [one for one in context.record.used if "personal_data" in one.stated()]
    what = "what sources state of personal data"
    return _shares(context, stated, what, ("personal data",), lambda one: (_plain(one.stated()["personal_data"]),))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _list(key: str, what: str) -> Callable[[Context, str], Shown]:
    def shown(context: Context, _: str) -> Shown:
        stated = [one for one in context.record.used if one.texts(key)]
        return _shares(context, stated, what, (key.replace("_", " "),), lambda one: ("; ".join(one.texts(key)),))

    return shown


def _signals(context: Context, _: str) -> Shown:
    stated = [one for one in context.record.used if one.signals()]
    what = "opt-out signals that were recorded"
    return _shares(context, stated, what, ("signals",), lambda one: (json.dumps(one.signals(), sort_keys=True),))


def _types(context: Context, _: str) -> Shown:
    def cells(one: Used) -> tuple[Any, ...]:
        return ", ".join(one.texts("modality")) or NOT_STATED, "; ".join(one.texts("labels")) or NOT_STATED

    what = "modalities and labels as stated"
    return _shares(context, context.record.used, what, ("modality", "labels"), cells)


def first_uses(record: Record) -> dict[str, tuple[int, str]]:
    """For each source the start of the first of the sessions that got samples from it, and that session's id."""
    found: dict[str, tuple[int, str]] = {}
    for one in record.sessions:
        began = one.session.begin.started_at, one.session.begin.session_id
        for use in one.sources:
            if use.observations:
                name = use.source.source_id
                found[name] = min(found.get(name, began), began)
    return found


def _first(context: Context, _: str) -> Shown:
    rows = [(name, iso(began), session) for name, (began, session) in sorted(first_uses(context.record).items())]
    headers = ("source", "first recorded use", "session")
    return Shown(
        "start of the first of these sessions that got samples", headers, tuple(rows), ("started_at", "sources[]")
    )


def _hosts(context: Context, _: str) -> Shown:
    found = context.hosts
    if found is None or not (found.number or found.elsewhere):
        return Shown("", (), ())
    top = f"top {found.share} %" + ("" if found.most is None else f", at most {number(found.most)}")
    name = context.annex or "written with -o FILE"
    row = (found.number, found.observations, top, found.listed, name, found.sha256, found.elsewhere)
    listing = ("list", "hosts in it", "file", "SHA-256 of the file")
    headers = ("hosts", "observations", *listing, "URLs of sources of another category, left out")
    what = "hosts of samples whose key is a URL, by distinct samples"
    return Shown(what, headers, (row,), ("batches[].observations[].key",), "export")


def month_text(text: str) -> str:
    """MM/YYYY, or the year alone."""
    found = month_of(text)
    return text[:4] if found is None else f"{found[1]:02}/{found[0]:04}"


_EVIDENCE: dict[str, Callable[[Context, str], Shown]] = {
    "clock": _clock,
    "run": _run,
    "amount": _amount,
    "gaps": _gaps,
    "epochs": _epochs,
    "category": _category,
    "uncategorised": _uncategorised,
    "sources": _sources,
    "large": _large,
    "smaller": _smaller,
    "modalities": _modalities,
    "languages": _languages,
    "size": _size,
    "acquired": _acquired,
    "period": _period,
    "licenses": _licenses,
    "personal": _personal,
    "processing": _list("processing", "processing as stated"),
    "labels": _list("labels", "labels as stated"),
    "generators": _list("generated_by", "models that made data, as stated"),
    "signals": _signals,
    "types": _types,
    "first": _first,
    "hosts": _hosts,
}
