"""What a use needs of a licence: the actions that must be permitted and the events that make duties due.

The words are those of terms.py. An evaluation flags for human review; it is no legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from origin.licenses.terms import Terms
    from origin.licenses.use import Use


@dataclass(frozen=True, slots=True)
class Requirements:
    """commercial: the action that asks whether money may be made, if any does."""

    actions: tuple[str, ...]
    events: frozenset[str]
    commercial: str = "commercial-use"


def requirements(use: Use, record: Terms) -> Requirements:
    """The licence has a say in this, since some name works (produced works, results) that others do not know."""
    if trains_on_outputs(use, record):
        return _of_outputs(use)
    actions, events = _of_action(use, record)
    if use.share == "weights":
        actions, events = (*actions, "share-model"), events | {"share-model"}
    commercial = "commercialize-output" if use.action == "publish-outputs" else "commercial-use"
    return Requirements(tuple(dict.fromkeys(actions)), events | {"use"}, commercial)


def _of_outputs(use: Use) -> Requirements:
    """A model trained on outputs of the licensed one is bound as the texts say for outputs; as that model's derivative
    where it is made to perform like it (distilled).
    """
    shared = use.share == "weights" and use.distillation is not False
    actions = ("train-on-outputs", "share-model") if shared else ("train-on-outputs",)
    events = {"use", "train-on-outputs"} | ({"share-model"} if shared and use.distillation else set())
    return Requirements(actions, frozenset(events))


_ACTIONS: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "internal-use": (("reproduce", "private-use"), frozenset()),
    "train": (("reproduce", "train"), frozenset()),
    "tdm": (("reproduce", "train"), frozenset()),
    "publish-dataset": (("reproduce", "distribute"), frozenset({"distribute"})),
    "display": (("reproduce", "distribute"), frozenset({"distribute"})),
}
_ADAPTED = ("reproduce", "distribute", "derive", "share-derivative")


def _of_action(use: Use, record: Terms) -> tuple[tuple[str, ...], frozenset[str]]:
    model_alone = covers_model(record) and "contents" not in record.facts["covers"].value.split()
    if use.action == "publish-outputs" or (use.action == "publish-produced-work" and model_alone):
        return ("reproduce",) if model_alone else ("train",), frozenset({"share-outputs"})
    if use.action == "publish-produced-work":
        return _of_produced_work(use, record)
    if use.action == "publish-dataset" and use.adapted:
        return _ADAPTED, frozenset({"distribute", "share-derivative"})
    return _ACTIONS[use.action]


def _of_produced_work(use: Use, record: Terms) -> tuple[tuple[str, ...], frozenset[str]]:
    """A work made from the data (a map, a chart, a text): to a licence of the database alone it is a produced work
    (ODbL-1.0, sections 1 and 4.3), to one that frees results a result, to a licence of the content an adaptation.
    """
    if makes_no_adaptation(record):
        # Made from a derivative database, it counts as the public use of that database (ODbL-1.0, section 4.4 c).
        behind = {"share-derivative"} if use.adapted and not frees_results(record) else set()
        return ("reproduce", "derive"), frozenset({"share-produced-work", *behind})
    if use.adapted is False:
        return ("reproduce", "distribute"), frozenset({"share-produced-work", "distribute"})
    return _ADAPTED, frozenset({"share-produced-work", "distribute", "share-derivative"})


def makes_no_adaptation(record: Terms) -> bool:
    """Whether the licence tells works made from the data apart from the data, and leaves them alone."""
    covers = record.facts.get("covers")
    notice = record.duties.get("produced-work-notice")
    return (
        (notice is not None and "share-produced-work" in notice.on)
        or (covers is not None and covers.value == "database")
        or frees_results(record)
    )


def frees_results(record: Terms) -> bool:
    fact = record.facts.get("results-free")
    return fact is not None and fact.value == "yes"


def covers_model(record: Terms) -> bool:
    fact = record.facts.get("covers")
    return fact is not None and "model" in fact.value.split()


def trains_on_outputs(use: Use, record: Terms) -> bool:
    """Said so, or the licence is a model's and what is trained is another family of models."""
    if not use.trains:
        return False
    return use.uses == "model-outputs" or (use.target_model_family is not None and covers_model(record))
