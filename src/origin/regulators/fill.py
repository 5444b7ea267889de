"""Bringing together what a document asks for, what the record holds and what people say. Nothing is concluded from what
is absent: a field without an answer stays without one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from origin.errors import UsageError
from origin.regulators.answers import AS_RECORDED
from origin.regulators.evidence import evidence
from origin.regulators.record import by_source
from origin.regulators.values import against, modalities, value

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from origin.regulators.answers import Answer, Answers
    from origin.regulators.evidence import Context, Shown
    from origin.regulators.fields import Condition, Field, Section, Template

FROM_RECORD, TO_BE_CONFIRMED = "from-record", "to-be-confirmed"
ANSWERED, TO_BE_PROVIDED = "answered", "to-be-provided"
STATES = (FROM_RECORD, TO_BE_CONFIRMED, ANSWERED, TO_BE_PROVIDED)


@dataclass(frozen=True, slots=True)
class Entry:
    """A field with what stands in it.

    value: from the record or from a person, as the state says. added: by a person, to what is from the record.
    confirmed: a person confirmed the value as recorded. not_applicable: the keys of the answers that say so.
    check: something that a person has to look into before this is handed out.
    """

    field: Field
    state: str
    value: Answer | None
    added: Answer | None = None
    confirmed: bool = False
    not_applicable: tuple[str, ...] = ()
    check: str | None = None
    shown: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    template: Template
    context: Context
    answers: Answers
    sections: tuple[tuple[Section, tuple[Entry, ...]], ...]

    def counts(self) -> dict[str, int]:
        found = Counter(entry.state for _, entries in self.sections for entry in entries)
        return {state: found[state] for state in STATES}


def fill(template: Template, context: Context, answers: Answers) -> Filled:
    """Raises UsageError for answers of other sessions, and for a confirmation of what is not recorded."""
    _check_roots(context, answers)
    given = {key: answer for (table, key), answer in answers.values.items() if table == template.table}
    known = {field.key: field for field in template.fields()}
    resolved = {key: _resolved(template, known[key], answer, context) for key, answer in given.items()}
    contradicted = {
        key
        for key, answer in resolved.items()
        if _contradiction(known[key], answer, context, resolved, as_recorded=given[key] == AS_RECORDED) is not None
    }
    sections = tuple(
        (section, tuple(_entry(field, context, resolved, given, contradicted) for field in section.fields))
        for section in template.sections
    )
    return Filled(template, context, answers, sections)


def _check_roots(context: Context, answers: Answers) -> None:
    roots = {one.root for one in context.record.sessions}
    if answers.roots and set(answers.roots) != roots:
        raise UsageError(
            f"{answers.name}, key about.roots: the answers are for other records; these sessions have "
            f"{', '.join(sorted(roots))}. Look through the answers again, then correct the key."
        )


def _resolved(template: Template, field: Field, answer: Answer, context: Context) -> Answer:
    if answer != AS_RECORDED:
        return answer
    found = value(field.value, context)
    if found is None:
        raise UsageError(
            f"key {template.table}.{field.key}: nothing is recorded for it, so there is nothing to confirm. "
            "Give the answer itself, or delete the line."
        )
    return found


def _entry(
    field: Field,
    context: Context,
    resolved: Mapping[str, Answer],
    given: Mapping[str, Answer],
    contradicted: Container[str],
) -> Entry:
    shown = tuple(table for name in field.evidence if (table := evidence(name, context)) is not None)
    recorded = value(field.value, context) if field.mode != "user" else None
    answer = resolved.get(field.key)
    excluded = _excluded(field, resolved, contradicted)
    if field.mode == "record" and recorded is not None:
        return Entry(field, FROM_RECORD, recorded, added=answer, shown=shown)
    if answer is not None:
        as_recorded = given[field.key] == AS_RECORDED
        check = _contradiction(field, answer, context, resolved, as_recorded=as_recorded)
        if excluded and check is None:
            check = f"It was answered, although the answer to {', '.join(excluded)} says that it does not apply."
        return Entry(field, ANSWERED, answer, None, as_recorded, (), check, shown)
    if excluded:
        return Entry(field, ANSWERED, None, not_applicable=excluded, shown=shown)
    if recorded is not None:
        return Entry(field, TO_BE_CONFIRMED, recorded, shown=shown)
    return Entry(field, TO_BE_PROVIDED, None, shown=shown)


def _excluded(field: Field, resolved: Mapping[str, Answer], contradicted: Container[str]) -> tuple[str, ...]:
    """The keys whose answers say that the field does not apply: all of its conditions, none of them contradicted."""
    keys = tuple(key for key, _ in field.when)
    denied = all(_denied(condition, resolved) for condition in field.when)
    return keys if denied and not any(key in contradicted for key in keys) else ()


def _denied(condition: Condition, resolved: Mapping[str, Answer]) -> bool:
    key, wanted = condition
    answer = resolved.get(key)
    if answer is None:
        return False
    return wanted not in answer if isinstance(answer, tuple) else answer is False


def _contradiction(
    field: Field, answer: Answer, context: Context, resolved: Mapping[str, Answer], *, as_recorded: bool
) -> str | None:
    """What in the record speaks against an answer. Absence does not, unless the record itself was the answer."""
    if field.against == "modalities":
        return _of_modalities(answer, context, as_recorded=as_recorded)
    if not field.against or answer is not False or any(resolved.get(key) is True for key in field.siblings):
        return None
    found = against(field.against, context)
    if not found:
        return None
    return f"The record speaks against this answer: {_named(found)}."


def _of_modalities(answer: Answer, context: Context, *, as_recorded: bool) -> str | None:
    recorded = modalities(context, "")
    if left_out := [word for word in recorded if isinstance(answer, tuple) and word not in answer]:
        return f"The record states further modalities: {', '.join(left_out)}."
    silent = list(by_source(one for one in context.record.used if not one.modalities()))
    if as_recorded and silent:
        return f"What is recorded may lack a modality, as sources state none: {_named(silent)}."
    return None


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
