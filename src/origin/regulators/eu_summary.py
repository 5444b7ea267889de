"""The public summary of training content: what the AI Office's template asks for, in our words, by its section numbers.

Regulation (EU) 2024/1689, Article 53(1)(d); template published on 24 July 2025, C(2025) 5235 final, adopted on
5 December 2025, C(2025) 8311 final.
"""

from __future__ import annotations

from origin.regulators.fields import Condition, Field, Section, Template
from origin.regulators.record import CRAWL, MODALITIES, OTHER, PRIVATE, PUBLIC, SYNTHETIC, USERS
from origin.regulators.sizes import HOURS, IMAGE, TEXT

_PUBLIC: tuple[Condition, ...] = (("public_used", True),)
_LICENSED: tuple[Condition, ...] = (("licensed_used", True),)
_PRIVATE: tuple[Condition, ...] = (("private_used", True),)
_CRAWLED: tuple[Condition, ...] = (("crawlers_used", True),)
_USERS: tuple[Condition, ...] = (("interactions_used", True), ("services_used", True))
_SYNTHETIC: tuple[Condition, ...] = (("synthetic_used", True),)
_OTHER: tuple[Condition, ...] = (("other_used", True),)


def _comments(key: str, number: str, when: tuple[Condition, ...] = (), what: str = "Further comments") -> Field:
    return Field(
        key, number, what, "Anything that readers should know beyond the fields above.", when=when, optional=True
    )


_NAMES = {"image": "images", "other": "other modalities"}


def _size(modality: str, unit: str, bands: tuple[str, ...]) -> Field:
    name = _NAMES.get(modality, modality)
    return Field(
        f"{modality}_size",
        "1.3",
        f"Amount of {name}",
        f"The band that the amount of {name} for training falls into, in {unit}, after pre-processing.",
        "choice",
        "confirm",
        value=f"size:{modality}",
        evidence=(f"size:{modality}",),
        when=(("modalities", modality),),
        choices=bands,
    )


def _content(modality: str, examples: str) -> Field:
    name = _NAMES.get(modality, modality)
    return Field(
        f"{modality}_content",
        "1.3",
        f"Kinds of {name}",
        f"What kinds of {name} the training data holds: {examples}.",
        when=(("modalities", modality),),
    )


def _modalities(key: str, number: str, category: str, when: tuple[Condition, ...]) -> Field:
    return Field(
        key,
        number,
        "Modalities",
        "The modalities of these data: text, image, audio, video, other.",
        "list",
        "confirm",
        value=f"modalities:{category}",
        evidence=(f"modalities:{category}",),
        when=when,
        choices=(*MODALITIES, "other"),
    )


_HEAD = Section(
    "Head",
    "This summary",
    (
        Field("version", "Head", "Version", "Version of this summary, with links to the earlier ones."),
        Field(
            "last_update",
            "Head",
            "Last update",
            "Day of the last update. Filled in by the clock of this document.",
            mode="record",
            value="today",
            evidence=("clock",),
        ),
    ),
)

_GENERAL = (
    Section(
        "1.1",
        "Provider",
        (
            Field("provider", "1.1", "Provider", "Name of the provider, and how to reach them."),
            Field(
                "representative",
                "1.1",
                "Authorised representative",
                "Name and contact of the representative in the Union (Article 54), or why there is none.",
            ),
            Field(
                "small_enterprise",
                "2.3",
                "Small or medium-sized enterprise",
                "Whether the provider is a small or medium-sized enterprise or a start-up: their list of domain names "
                "in section 2.3 may be shorter.",
                "boolean",
            ),
        ),
    ),
    Section(
        "1.2",
        "Model",
        (
            Field(
                "models",
                "1.2",
                "Models",
                "Names with versions of the models that this summary covers.",
                "list",
                evidence=("run",),
            ),
            Field(
                "base_model",
                "1.2",
                "Base model",
                "If the model is a modification of another general-purpose model: that model, with its version and a "
                "link to its summary; else say that it depends on none.",
            ),
            Field(
                "market_date",
                "1.2",
                "Placed on the market",
                "Day on which the model was placed on the market of the Union.",
                "date",
            ),
        ),
    ),
    Section(
        "1.3",
        "Modalities, amount and other characteristics",
        (
            Field(
                "amount_recorded",
                "1.3",
                "What was recorded",
                "Samples and bytes that the training loop got, as recorded. What was trained on outside of these "
                "sessions is for you to add.",
                mode="record",
                value="amount",
                evidence=("amount", "gaps", "epochs", "uncategorised"),
            ),
            Field(
                "modalities",
                "1.3",
                "Modalities",
                "The modalities that the training data holds: text, image, audio, video, other.",
                "list",
                "confirm",
                value="modalities",
                evidence=("modalities",),
                against="modalities",
                choices=(*MODALITIES, "other"),
            ),
            _size("text", "tokens", TEXT),
            _size("image", "images", IMAGE),
            _size("audio", "hours", HOURS),
            _size("video", "hours", HOURS),
            Field(
                "other_size",
                "1.3",
                "Amount of other modalities",
                "Name each other modality, with its amount and the unit of it.",
                when=(("modalities", "other"),),
            ),
            _content("text", "such as fiction, press, scientific text, law, source code"),
            _content("image", "such as photographs, works of art, diagrams, images from social media"),
            _content("audio", "such as music, audiobooks, radio, private conversations"),
            _content("video", "such as films, television, clips from social media, games"),
            _content("other", "name them"),
            Field(
                "latest_acquisition",
                "1.3",
                "Latest acquisition",
                "Month (MM/YYYY) in which data were last collected or obtained for training.",
                "month",
                "confirm",
                value="latest",
                evidence=("acquired",),
            ),
            Field(
                "continuous_training",
                "1.3",
                "Trained on new data",
                "Whether the model goes on being trained on new data after that month.",
                "boolean",
            ),
            Field(
                "languages",
                "1.3",
                "Languages",
                "The languages in the training data and how they are spread, where text or speech is among them.",
                mode="confirm",
                value="languages",
                evidence=("languages",),
            ),
            Field(
                "other_characteristics",
                "1.3",
                "Other characteristics",
                "What else characterises the data, such as regions or groups of people they come from.",
                optional=True,
            ),
            _comments("size_comments", "1.3"),
        ),
    ),
)

_SOURCES = (
    Section(
        "2.1",
        "Publicly available datasets",
        (
            Field(
                "public_used",
                "2.1",
                "Used",
                "Whether datasets that third parties compiled and made publicly available were used for training.",
                "boolean",
                evidence=(f"category:{PUBLIC}", "uncategorised"),
                against=f"category:{PUBLIC}",
            ),
            _modalities("public_modalities", "2.1", PUBLIC, _PUBLIC),
            Field(
                "public_large",
                "2.1",
                "Large datasets",
                "Each large one (3 % or more): name, link or else a description, and the period of collection.",
                "list",
                "confirm",
                value="large",
                evidence=("large",),
                when=_PUBLIC,
            ),
            Field(
                "public_others",
                "2.1",
                "Other datasets",
                "A general description of the other publicly available datasets.",
                mode="confirm",
                value="smaller",
                evidence=("smaller",),
                when=_PUBLIC,
            ),
            _comments("public_comments", "2.1", _PUBLIC),
        ),
    ),
    Section(
        "2.2.1",
        "Datasets licensed from rightsholders",
        (
            Field(
                "licensed_used",
                "2.2.1",
                "Agreements",
                "Whether commercial licence agreements with rightsholders or their representatives were concluded for "
                "data used for training.",
                "boolean",
                evidence=(f"category:{PRIVATE}", "uncategorised"),
                against=f"category:{PRIVATE}",
                siblings=("private_used",),
            ),
            _modalities("licensed_modalities", "2.2.1", PRIVATE, _LICENSED),
        ),
    ),
    Section(
        "2.2.2",
        "Other private datasets from third parties",
        (
            Field(
                "private_used",
                "2.2.2",
                "Used",
                "Whether private datasets were obtained from third parties in another way.",
                "boolean",
                evidence=(f"category:{PRIVATE}", "uncategorised"),
                against=f"category:{PRIVATE}",
                siblings=("licensed_used",),
            ),
            _modalities("private_modalities", "2.2.2", PRIVATE, _PRIVATE),
            Field(
                "private_known",
                "2.2.2",
                "Known datasets",
                "Those that are publicly known: name, and a link where there is one.",
                "list",
                when=_PRIVATE,
            ),
            Field(
                "private_description",
                "2.2.2",
                "Description",
                "A general description of those that are not publicly known.",
                when=_PRIVATE,
            ),
            _comments("private_comments", "2.2.2", _PRIVATE),
        ),
    ),
    Section(
        "2.3",
        "Data crawled from online sources",
        (
            Field(
                "crawlers_used",
                "2.3",
                "Used",
                "Whether the provider, or somebody for them, used crawlers to collect data for training (datasets that "
                "third parties compiled belong to 2.1).",
                "boolean",
                evidence=(f"category:{CRAWL}", "uncategorised"),
                against=f"category:{CRAWL}",
            ),
            Field("crawler_names", "2.3", "Crawlers", "Their names or identifiers.", "list", when=_CRAWLED),
            Field("crawler_purposes", "2.3", "Purposes", "What the crawlers are for.", when=_CRAWLED),
            Field(
                "crawler_behaviour",
                "2.3",
                "Behaviour",
                "How the crawlers behave, such as towards robots.txt, paywalls and captchas.",
                when=_CRAWLED,
            ),
            Field(
                "crawl_period",
                "2.3",
                "Period",
                "From which month to which the data were collected (MM/YYYY).",
                mode="confirm",
                value=f"period:{CRAWL}",
                evidence=(f"period:{CRAWL}",),
                when=_CRAWLED,
            ),
            Field(
                "crawled_content",
                "2.3",
                "Content and sources",
                "What kinds of content and of online sources were crawled, comprehensively.",
                when=_CRAWLED,
            ),
            _modalities("crawled_modalities", "2.3", CRAWL, _CRAWLED),
            Field(
                "crawled_domains",
                "2.3",
                "Domain names",
                "The most relevant domain names: the top 10 % by volume; for a small or medium-sized enterprise the "
                "top 5 %, or 1,000 if that is fewer. The record has hosts, by samples: look whether they "
                "stand for the domains.",
                mode="confirm",
                value="hosts",
                evidence=("hosts",),
                when=_CRAWLED,
            ),
            _comments("crawl_comments", "2.3", _CRAWLED),
        ),
    ),
    Section(
        "2.4",
        "User data",
        (
            Field(
                "interactions_used",
                "2.4",
                "Interactions with the model",
                "Whether data from what users did with the provider's models (such as prompts) were used for training.",
                "boolean",
                evidence=(f"category:{USERS}", "uncategorised"),
                against=f"category:{USERS}",
                siblings=("services_used",),
            ),
            Field(
                "services_used",
                "2.4",
                "Other services",
                "Whether data from users of the provider's other services and products were used for training.",
                "boolean",
                evidence=(f"category:{USERS}",),
                against=f"category:{USERS}",
                siblings=("interactions_used",),
            ),
            Field(
                "services",
                "2.4",
                "Services",
                "The services and products that the user data come from, in general terms.",
                when=_USERS,
            ),
            _modalities("user_modalities", "2.4", USERS, _USERS),
            _comments("user_comments", "2.4", _USERS),
        ),
    ),
    Section(
        "2.5",
        "Synthetic data",
        (
            Field(
                "synthetic_used",
                "2.5",
                "Used",
                "Whether data made by AI models, by the provider or for them, were used for training.",
                "boolean",
                evidence=(f"category:{SYNTHETIC}", "uncategorised"),
                against=f"category:{SYNTHETIC}",
            ),
            _modalities("synthetic_modalities", "2.5", SYNTHETIC, _SYNTHETIC),
            Field(
                "synthetic_market_models",
                "2.5",
                "Models on the market",
                "The general-purpose models on the market that made the data, with links to their summaries.",
                "list",
                "confirm",
                value="generators",
                evidence=("generators",),
                when=_SYNTHETIC,
            ),
            Field(
                "synthetic_other_models",
                "2.5",
                "Other models",
                "Other models that made the data, such as the provider's own, and what those were trained on, as far "
                "as known.",
                when=_SYNTHETIC,
            ),
            _comments("synthetic_comments", "2.5", _SYNTHETIC),
        ),
    ),
    Section(
        "2.6",
        "Other sources",
        (
            Field(
                "other_used",
                "2.6",
                "Used",
                "Whether data from sources were used that are of none of the kinds above.",
                "boolean",
                evidence=(f"category:{OTHER}", "uncategorised"),
                against=f"category:{OTHER}",
            ),
            Field("other_description", "2.6", "Description", "What these sources and their data are.", when=_OTHER),
            _comments("other_comments", "2.6", _OTHER),
        ),
    ),
)

_PROCESSING = (
    Section(
        "3.1",
        "Reservations of rights against text and data mining",
        (
            Field(
                "code_of_practice",
                "3.1",
                "Code of practice",
                "Whether the provider has signed the code of practice for general-purpose AI, with its commitment to "
                "respect reservations of rights.",
                "boolean",
            ),
            Field(
                "reservation_measures",
                "3.1",
                "Measures",
                "What was done, before and while data were collected, to find and respect reservations of rights "
                "(Directive (EU) 2019/790, Article 4(3)): which protocols, by whom.",
                evidence=("signals",),
            ),
            _comments("reservation_comments", "3.1"),
        ),
    ),
    Section(
        "3.2",
        "Illegal content",
        (
            Field(
                "illegal_content_measures",
                "3.2",
                "Measures",
                "What was done to keep content that is illegal under Union law out of the data, such as lists, key "
                "words, classifiers.",
            ),
        ),
    ),
    Section(
        "3.3",
        "Other information",
        (_comments("other_processing", "3.3", what="Other information on the processing of the data"),),
    ),
)

EU_SUMMARY = Template(
    "eu-ai-act",
    "eu_ai_act",
    "Public summary of training content",
    "Regulation (EU) 2024/1689, Article 53(1)(d), template C(2025) 5235 final, adopted as C(2025) 8311 final",
    ", section ",
    (_HEAD, *_GENERAL, *_SOURCES, *_PROCESSING),
)
