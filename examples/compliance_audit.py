"""An audit: what did the loop receive, may it be used as we use it, what is owed, and is the record untouched?

The data are real and lie in installed packages: hand-written digits, two photographs, the code of two packages and a
file with material from Wikipedia, with the licences that stand in or beside them. The opt-out signals are written for
this example, in the forms that sites and files really use: no site was asked.

What the checks find stands in their output, a line for each reason with the clause, or the line of the policy, that it
rests on. This flags for human review; it is no legal advice. Runs offline: python examples/compliance_audit.py
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path
from random import Random

from origin import ProvenanceDatabase
from origin.claims import of_distribution
from origin.cli.main import main as origin
from origin.core.record import Claim
from origin.hooks.base import BaseHook, Sample
from origin.licenses import evaluate_signals, load_policy
from origin.query.compliance import check
from origin.query.engine import find_session

READ_AT = "2026-01-15"
SHOWN = 24
"""Lines of the card that are printed."""
NO_TRAINING = {"kind": "content-usage", "value": "train-ai=n"}
"""The HTTP field of the IETF's AIPREF group."""
NOT_RESERVED = {"kind": "tdmrep", "value": "0"}
"""The field of the TDM Reservation Protocol."""
CRAWL_RULE = {"kind": "robots.txt", "text": "User-agent: *\nDisallow: /", "path": "/"}
"""A rule for crawlers, which says nothing of training."""

POLICY = """\
# What our team trains on. `origin check --policy our-policy.toml` reads it.
name = "our team"
description = "Commercial training; the weights are published with a page of credits."

[use]
action = "train"
commercial = true
share = "weights"
attribution_given = true
notice_given = true

[licenses]
allow = [{license = "MPL-2.0", reason = "counsel, 2025-11: weights hold no covered files"}]
deny = [{license = "GPL-*", reason = "product rule 7"}, {license = "CC-BY-NC-*", reason = "we sell it"}]
review = ["CC-BY-SA-*"]
others = "rules"      # licences on no list: their own terms decide

[claims]
missing = "deny"      # nothing is used whose licence nobody stated
ambiguous = "review"

[signals]
denied = "deny"       # a reservation is kept, whatever the licence says
"""


def inside(package: str, path: str) -> Path:
    return Path(str(distribution(package).locate_file(path)))


def digits(db: ProvenanceDatabase) -> list[Sample]:
    """The data set has a licence, and the package that ships it has another one: the claims disagree."""
    db.register_source(
        "uci digits",
        license_id="CC-BY-4.0",
        uri="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
        category="images",
        owner="E. Alpaydin, C. Kaynak",
        claims=of_distribution("scikit-learn", READ_AT).claims[:1],
        metadata={"opt_out_signals": [NOT_RESERVED]},
    )
    lines = gzip.decompress(inside("scikit-learn", "sklearn/datasets/data/digits.csv.gz").read_bytes()).split()
    return [Sample(line, "uci digits", number) for number, line in enumerate(lines[:96])]


def photos(db: ProvenanceDatabase) -> list[Sample]:
    """Two photographs under CC BY 2.0, as the README beside them says; one of them with a signal."""
    directory = inside("scikit-learn", "sklearn/datasets/images")
    page = next(line[4:] for line in (directory / "README.txt").read_text().splitlines() if line.startswith("[1] "))
    found = []
    for name, author, signals in (("china.jpg", "danielbuechele", [NO_TRAINING]), ("flower.jpg", "vultilion", [])):
        db.register_source(
            name,
            license_id="CC-BY-2.0",
            uri=f"https://www.flickr.com/photos/{author}/",
            category="images",
            owner=author,
            claims=[Claim(page, "README.txt beside the photograph", READ_AT)],
            metadata={"opt_out_signals": signals},
        )
        found.append(Sample((directory / name).read_bytes(), name, 0, key=name))
    return found


def packages(db: ProvenanceDatabase) -> list[Sample]:
    """Code with the licences that METADATA states, and one file that holds material from elsewhere."""
    found = []
    for name in ("hypothesis", "python-debian", "sympy"):
        package = distribution(name)
        claims = of_distribution(name, READ_AT).claims
        db.register_source(name, category="code", revision=package.version, claims=claims)
        paths = [file for file in sorted(package.files or []) if file.suffix == ".py"][:24]
        contents = (Path(str(path.locate())).read_bytes() for path in paths)
        found += [
            Sample(content, name, number, path.as_posix())
            for number, (path, content) in enumerate(zip(paths, contents, strict=True))
        ]
    db.register_source(
        "article on Hopcroft-Karp",
        license_id="CC-BY-SA-3.0",
        uri="https://en.wikipedia.org/wiki/Hopcroft%E2%80%93Karp_algorithm",
        category="code",
        owner="Wikipedia contributors",
        acquired_at="2015-01-03",
        claims=[Claim("http://creativecommons.org/licenses/by-sa/3.0/", "comment of matching.py", READ_AT)],
    )
    matching = inside("networkx", "networkx/algorithms/bipartite/matching.py")
    return [*found, Sample(matching.read_bytes(), "article on Hopcroft-Karp", 0)]


def unlicensed(db: ProvenanceDatabase) -> list[Sample]:
    """A page that came without a licence: a real text, whose licence this example does not tell."""
    db.register_source("scraped page", category="text")
    page = inside("scikit-learn", "sklearn/datasets/descr/digits.rst")
    return [Sample(page.read_bytes(), "scraped page", 0)]


def record(database: Path) -> None:
    with ProvenanceDatabase(database) as db:
        samples = [*digits(db), *photos(db), *packages(db), *unlicensed(db)]
        Random(0).shuffle(samples)  # noqa: S311 - the same order every time is wanted
        with db.begin_session(config_hash="compliance_audit") as session:
            hook = BaseHook(db=db, session_id=session.session_id, source_id="everything")
            for _batch in hook.wrap([samples[start : start + 16] for start in range(0, len(samples), 16)]):
                pass  # a training step stands here


def table_of_verdicts(database: Path, policies: list[str]) -> None:
    """Each source under each policy; the last line is the session, its mix included."""
    with ProvenanceDatabase(database, read_only=True) as db, db.reader() as reader:
        session = find_session(reader, "latest")
        found = [check(reader, session, load_policy(policy), {}) for policy in policies]
    names = [load_policy(policy).name for policy in policies]
    print(f"{'source':26}" + "".join(f"{name:14}" for name in names) + "claims")
    for checks in zip(*(one.sources for one in found), strict=True):
        verdicts = "".join(f"{one.evaluation.verdict:14}" for one in checks)
        disagree = any(finding.kind == "disagreement" for finding in checks[0].claims.findings)
        agreed = "disagree" if disagree else checks[0].claims.expression or "come to no one licence"
        print(f"{checks[0].source.source_id:26}{verdicts}{agreed}")
    print(f"{'the session':26}" + "".join(f"{one.verdict:14}" for one in found).rstrip())


def root_of_latest(database: Path) -> str:
    with ProvenanceDatabase(database, read_only=True) as db, db.reader() as reader:
        return find_session(reader, "latest").root().hex()


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        database, policy = Path(directory) / "provenance.db", Path(directory) / "our-policy.toml"
        policy.write_text(POLICY, encoding="utf-8")
        record(database)
        root = root_of_latest(database)

        def run(title: str, *command: str) -> int:
            print(f"\n== {title}\n\n$ origin", *command, flush=True)
            paths = [str(Path(directory) / part) if part in {policy.name, "card.md"} else part for part in command]
            code = origin(["--db", str(database), *paths])
            print(f"(exit code {code})")
            return code

        print("== Three policies: two built in, one of a team\n")
        table_of_verdicts(database, ["research", "commercial", str(policy)])
        run("Why, for the team's own policy", "check", "latest", "--policy", policy.name)
        run("The same as a gate of a pipeline", "check", "latest", "--policy", "commercial", "--quiet")
        run("What is owed once something is passed on", "notice", "latest")
        card = Path(directory) / "card.md"
        run("The card, for people", "card", "latest", "-o", card.name)
        lines = card.read_text(encoding="utf-8").splitlines()
        print("\n".join([*lines[:SHOWN], f"... and {len(lines) - SHOWN} more lines"]))
        code = run("Is the record as it was, by the root kept apart?", "verify", "latest", "--root", root)

    print("\n== What a signal says of commercial training, and by which standard\n")
    for signal in (NO_TRAINING, NOT_RESERVED, CRAWL_RULE):
        found = evaluate_signals([signal], {"action": "train", "commercial": True})
        for reason in found.reasons:
            print(f"{reason.kind}: {found.verdict}: {reason.text} [{reason.authority}]")
    print("\nAll of this flags for human review. None of it is legal advice.")
    return code


if __name__ == "__main__":
    sys.exit(main())
