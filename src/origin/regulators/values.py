"""What the record fills in: values in words, each with its tables beside it (origin.regulators.evidence)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.cards.document import counted, number, percent
from origin.query.display import iso
from origin.regulators.evidence import first_uses, large, month_text, smaller
from origin.regulators.record import MODALITIES, by_source, collected, is_date, month_of
from origin.regulators.sizes import size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from origin.regulators.evidence import Context
    from origin.regulators.record import Used

Value = str | tuple[str, ...]
_NAMED = 50
"""How many sources a sentence names; the tables hold all."""


def value(name: str, context: Context) -> Value | None:
    """What the record fills in under that name; None where it holds nothing for it."""
    word, _, argument = name.partition(":")
    return _VALUES[word](context, argument) or None


def against(name: str, context: Context) -> list[str]:
    """The sources that speak against an answer of "no", by what they state."""
    word, _, argument = name.partition(":")
    if word == "category":
        found: Iterable[Used] = context.record.of(argument)
    elif word == "personal":
        found = [one for one in context.record.used if one.stated().get("personal_data") is True]
    else:
        found = [one for one in context.record.used if one.texts(word)]
    return list(by_source(found))


def _today(context: Context, _: str) -> Value:
    return context.now.strftime("%d/%m/%Y")


def _amount(context: Context, _: str) -> Value:
    record = context.record
    batches = counted(sum(one.batches for one in record.sessions), "batch", "batches")
    size_ = number(sum(one.size for one in record.sessions))
    least = "at least " if record.missed is None else ""
    amount = f"{least}{counted(record.samples, 'distinct sample')} in {counted(record.observations, 'observation')}"
    if record.missed:
        amount += f" (and {number(record.missed)} more that were not recorded)"
    return f"{amount} of {batches}, from {counted(len(by_source(record.used)), 'source')}; {size_} bytes fingerprinted"


def modalities(context: Context, category: str) -> tuple[str, ...]:
    stated = {word for one in context.used(category) for word in one.modalities()}
    return tuple(word for word in (*MODALITIES, "other") if word in stated)


def _size(context: Context, modality: str) -> Value | None:
    return size(context.record, modality).band


def _latest(context: Context, _: str) -> Value | None:
    dates = [text for one in context.record.used for text in (collected(one, "to"), one.source.acquired_at)]
    months = [found for text in dates if (found := month_of(text))]
    return f"{max(months)[1]:02}/{max(months)[0]:04}" if months else None


def _languages(context: Context, _: str) -> Value:
    observations: dict[str, int] = {}
    for one in context.record.used:
        for language in dict.fromkeys(one.texts("language")):
            observations[language] = observations.get(language, 0) + one.observations
    ordered = sorted(observations.items(), key=lambda item: (-item[1], item[0]))
    whole = context.record.observations
    parts = [f"{name} (stated by sources with {percent(seen, whole)} of the observations)" for name, seen in ordered]
    return _listed(parts, "; ")


def _large(context: Context, _: str) -> Value:
    return tuple(_dataset(name, uses) for name, uses in large(context.record).items())


def _dataset(name: str, uses: list[Used]) -> str:
    link = next((one.source.uri for one in uses if one.source.uri), None)
    period = _period_of(uses) or "period of collection not recorded"
    return f"{_named(name, uses)}, {link or 'link not recorded'}, {period}"


def _named(name: str, uses: Iterable[Used]) -> str:
    """A source; what was no training data is told as such, for a person to decide whether it belongs there."""
    return f"{name} (delivered for evaluation alone)" if all(one.held_out for one in uses) else name


def _smaller(context: Context, _: str) -> Value:
    return _listed([_named(name, uses) for name, uses in smaller(context.record).items()])


def _listed(names: list[str], separator: str = ", ") -> str:
    rest = len(names) - _NAMED
    return separator.join(names[:_NAMED]) + (f" and {number(rest)} more" if rest > 0 else "")


def _period_of(used: Iterable[Used]) -> str | None:
    listed = list(used)
    begins = [text for one in listed if (text := collected(one, "from"))]
    ends = [text for one in listed if (text := collected(one, "to"))]
    if not begins and not ends:
        return None
    first = month_text(min(begins)) if begins else "a beginning that is not recorded"
    last = month_text(max(ends)) if ends else "an end that is not recorded"
    some = "" if len(begins) == len(ends) == len(listed) else ", as far as sources state it"
    return f"{first} to {last}{some}"


def _period(context: Context, category: str) -> Value | None:
    return _period_of(context.used(category))


def _by_source(key: str) -> Callable[[Context, str], Value]:
    def found(context: Context, _: str) -> Value:
        stated = {
            name: list(dict.fromkeys(text for one in uses for text in one.texts(key)))
            for name, uses in by_source(context.record.used).items()
        }
        return _listed([f"{name}: {', '.join(texts)}" for name, texts in stated.items() if texts], "; ")

    return found


def _generators(context: Context, _: str) -> Value:
    return tuple(dict.fromkeys(text for one in context.record.used for text in one.texts("generated_by")))


def _sources(context: Context, _: str) -> Value:
    return _listed(
        [
            f"{_named(name, uses)} (owner: {owner})" if owner else _named(name, uses)
            for name, uses in by_source(context.record.used).items()
            for owner in [next((one.source.owner for one in uses if one.source.owner), None)]
        ]
    )


def _types(context: Context, _: str) -> Value:
    labels = _by_source("labels")(context, "")
    parts = [", ".join(modalities(context, "")), f"labels: {labels}" if labels else ""]
    return "; ".join(part for part in parts if part)


def _characteristics(context: Context, _: str) -> Value:
    parts = [", ".join(modalities(context, "")), str(_languages(context, ""))]
    return "; ".join(part for part in parts if part)


def _obtained(context: Context, _: str) -> Value:
    ways = [f"{name}: {way}" for name, uses in by_source(context.record.used).items() if (way := _way(uses))]
    return _listed(ways, "; ")


def _way(uses: list[Used]) -> str:
    stated = [one.source for one in uses]
    category = next((source.category for source in stated if source.category), None)
    acquired = next((source.acquired_at for source in stated if is_date(source.acquired_at)), None)
    parts = [category, f"acquired {acquired}" if acquired else None, _period_of(uses)]
    return ", ".join(part for part in parts if part)


def _first(context: Context, _: str) -> Value:
    found = sorted(first_uses(context.record).items(), key=lambda item: (item[1], item[0]))
    return _listed([f"{name}: {iso(began).partition('T')[0]}" for name, (began, _) in found])


def _hosts(context: Context, _: str) -> Value | None:
    found = context.hosts
    if found is None or not found.number:
        return None
    where = context.annex or "the list that -o FILE writes beside the document"
    most = "" if found.most is None else f", at most {number(found.most)}"
    share = f"the top {found.share} %{most}"
    return f"{counted(found.listed, 'host')} of {number(found.number)}, {share} by distinct samples: {where}"


_VALUES: dict[str, Callable[[Context, str], Value | None]] = {
    "today": _today,
    "amount": _amount,
    "modalities": modalities,
    "size": _size,
    "latest": _latest,
    "languages": _languages,
    "large": _large,
    "smaller": _smaller,
    "period": _period,
    "processing": _by_source("processing"),
    "labels": _by_source("labels"),
    "generators": _generators,
    "sources": _sources,
    "types": _types,
    "characteristics": _characteristics,
    "obtained": _obtained,
    "first": _first,
    "hosts": _hosts,
}
