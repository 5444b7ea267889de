"""The part of the technical documentation of a high-risk AI system that is about training data, in our words.

Regulation (EU) 2024/1689, Article 11(1) and Annex IV, point 2(d).
"""

from __future__ import annotations

from origin.regulators.fields import Field, Section, Template

ANNEX_IV = Template(
    "annex-iv",
    "annex_iv",
    "Technical documentation: training data",
    "Regulation (EU) 2024/1689, Annex IV",
    ", point ",
    (
        Section(
            "1",
            "System",
            (
                Field(
                    "system",
                    "1(a)",
                    "System",
                    "The AI system with its version, and its provider.",
                ),
            ),
        ),
        Section(
            "2(d)",
            "Data requirements: training and training datasets",
            (
                Field(
                    "methodologies",
                    "2(d)",
                    "Methods of training",
                    "The methodologies and techniques of training.",
                    evidence=("run", "epochs"),
                ),
                Field(
                    "description",
                    "2(d)",
                    "Description of the datasets",
                    "A general description of the training datasets.",
                    evidence=("sources",),
                ),
                Field(
                    "provenance",
                    "2(d)",
                    "Provenance",
                    "Where the datasets come from. Add those that the record does not hold.",
                    mode="record",
                    value="sources",
                    evidence=("sources", "licenses"),
                ),
                Field(
                    "scope",
                    "2(d)",
                    "Scope",
                    "How much data there are. Add what the record does not hold.",
                    mode="record",
                    value="amount",
                    evidence=("amount", "gaps"),
                ),
                Field(
                    "characteristics",
                    "2(d)",
                    "Main characteristics",
                    "What characterises the data, such as modalities, languages, regions, groups of people.",
                    mode="confirm",
                    value="characteristics",
                    evidence=("modalities", "languages", "personal"),
                ),
                Field(
                    "obtained",
                    "2(d)",
                    "How the data were obtained",
                    "From whom, in which way and when.",
                    mode="confirm",
                    value="obtained",
                    evidence=("acquired",),
                ),
                Field("selected", "2(d)", "How the data were selected", "By which criteria, and who decided."),
                Field(
                    "labelling",
                    "2(d)",
                    "Labelling",
                    "How labels were made, such as for supervised learning, or that there are none.",
                    mode="confirm",
                    value="labels",
                    evidence=("labels",),
                ),
                Field(
                    "cleaning",
                    "2(d)",
                    "Cleaning",
                    "How the data were cleaned, such as by detecting outliers, or that they were not.",
                    mode="confirm",
                    value="processing",
                    evidence=("processing",),
                ),
            ),
        ),
    ),
)
