"""What California's AB 2013 asks developers of generative AI to publish (Civil Code, section 3111(a)), in our words."""

from __future__ import annotations

from origin.regulators.fields import Condition, Field, Section, Template
from origin.regulators.record import CRAWL, OTHER, PRIVATE, PUBLIC, SYNTHETIC, USERS

_DEFINITIONS = "Cal. Civ. Code 3110"


def _details(key: str, number: str, about: str, evidence: tuple[str, ...] = (), value: str = "") -> Field:
    when: tuple[Condition, ...] = ((about, True),)
    return Field(
        key,
        number,
        "Details",
        "Which data, and what the answer rests on.",
        mode="confirm" if value else "user",
        value=value,
        evidence=evidence,
        when=when,
    )


AB2013 = Template(
    "ab2013",
    "ab2013",
    "Training data documentation (AB 2013)",
    "Cal. Civ. Code 3111",
    "",
    (
        Section(
            "3110",
            "System and developer",
            (
                Field(
                    "system",
                    "3110",
                    "System",
                    "The generative AI system or service, with its version, that this documentation is for.",
                    cite=_DEFINITIONS,
                ),
                Field("developer", "3110", "Developer", "Who publishes this as its developer.", cite=_DEFINITIONS),
            ),
        ),
        Section(
            "(a)",
            "Summary of the datasets",
            (
                Field(
                    "sources_or_owners",
                    "(a)(1)",
                    "Sources or owners",
                    "The sources or owners of the datasets. Add those that the record does not hold.",
                    mode="record",
                    value="sources",
                    evidence=("sources",),
                ),
                Field(
                    "purpose",
                    "(a)(2)",
                    "Purpose",
                    "How the datasets serve what the system is meant for.",
                ),
                Field(
                    "data_points",
                    "(a)(3)",
                    "Number of data points",
                    "How many data points the datasets hold; general ranges will do, and estimates for datasets that "
                    "change. Add what the record does not hold.",
                    mode="record",
                    value="amount",
                    evidence=("amount", "gaps"),
                ),
                Field(
                    "data_point_types",
                    "(a)(4)",
                    "Types of data points",
                    "The types of labels where there are labels, else the general characteristics of the data.",
                    mode="confirm",
                    value="types",
                    evidence=("types",),
                ),
                Field(
                    "protected",
                    "(a)(5)",
                    "Protected data",
                    "Whether the datasets hold data protected by copyright, trademark or patent.",
                    "boolean",
                    evidence=("licenses",),
                ),
                Field(
                    "public_domain",
                    "(a)(5)",
                    "Public domain",
                    "Whether the datasets are in the public domain entirely.",
                    "boolean",
                    evidence=("licenses",),
                ),
                _details("protected_details", "(a)(5)", "protected"),
                Field(
                    "purchased_or_licensed",
                    "(a)(6)",
                    "Purchased or licensed",
                    "Whether the developer purchased or licensed the datasets.",
                    "boolean",
                    evidence=("licenses", f"category:{PRIVATE}"),
                ),
                _details("purchased_or_licensed_details", "(a)(6)", "purchased_or_licensed"),
                Field(
                    "personal_information",
                    "(a)(7)",
                    "Personal information",
                    "Whether the datasets hold personal information (Civil Code, section 1798.140(v)).",
                    "boolean",
                    evidence=("personal", f"category:{USERS}"),
                    against="personal",
                ),
                _details("personal_information_details", "(a)(7)", "personal_information"),
                Field(
                    "aggregate_consumer_information",
                    "(a)(8)",
                    "Aggregate consumer information",
                    "Whether the datasets hold aggregate consumer information (Civil Code, section 1798.140(b)).",
                    "boolean",
                ),
                _details("aggregate_consumer_information_details", "(a)(8)", "aggregate_consumer_information"),
                Field(
                    "processed",
                    "(a)(9)",
                    "Cleaning and processing",
                    "Whether the developer cleaned, processed or otherwise modified the datasets.",
                    "boolean",
                    evidence=("processing",),
                    against="processing",
                ),
                Field(
                    "processed_details",
                    "(a)(9)",
                    "What was done, and what for",
                    "The steps, and what each is meant to do with regard to the system.",
                    mode="confirm",
                    value="processing",
                    evidence=("processing",),
                    when=(("processed", True),),
                ),
                Field(
                    "collection_period",
                    "(a)(10)",
                    "Period of collection",
                    "The period in which the data were collected.",
                    mode="confirm",
                    value="period",
                    evidence=("period",),
                ),
                Field(
                    "collection_goes_on",
                    "(a)(10)",
                    "Collection goes on",
                    "Whether data are still being collected.",
                    "boolean",
                ),
                Field(
                    "first_used",
                    "(a)(11)",
                    "First used",
                    "When the datasets were first used in the development of the system. Add earlier uses, outside of "
                    "these sessions.",
                    mode="record",
                    value="first",
                    evidence=("first",),
                ),
                Field(
                    "synthetic",
                    "(a)(12)",
                    "Synthetic data",
                    "Whether the system used, or goes on using, generation of synthetic data in its development.",
                    "boolean",
                    evidence=(f"category:{SYNTHETIC}",),
                    against=f"category:{SYNTHETIC}",
                ),
                _details("synthetic_details", "(a)(12)", "synthetic", ("generators",)),
                Field(
                    "other_information",
                    "(a)",
                    "Other information",
                    "What else belongs to the documentation: the list of the law is not exhaustive.",
                    evidence=tuple(f"category:{one}" for one in (PUBLIC, CRAWL, OTHER)),
                    optional=True,
                ),
            ),
        ),
    ),
)
