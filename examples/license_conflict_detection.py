"""Find licences that exclude each other in what a loop received, and see what would resolve it.

The data are real: source files of the packages installed beside Origin, under the licences that those files and their
packages state. One file holds material from Wikipedia, under a licence that its package does not mention, and that one
file is in the way.

This flags for human review; it is no legal advice. Runs offline: python examples/license_conflict_detection.py
"""

from __future__ import annotations

import re
import tempfile
from importlib.metadata import distribution
from itertools import combinations
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from origin import ProvenanceDatabase
from origin.claims import of_distribution, of_source_file
from origin.cli.main import main as origin
from origin.core.record import Claim
from origin.hooks.base import BaseHook, Sample
from origin.licenses import combine, compatible

if TYPE_CHECKING:
    from collections.abc import Iterable

LENGTH, PIECES, BATCH = 400, 60, 12
CODE = ("datasets", "hypothesis", "licomp", "python-debian")

WIKIPEDIA = "networkx/algorithms/bipartite/matching.py"
"""Its first comment says that it uses material of a Wikipedia article, and gives the page of that licence."""
INTEL = "torch/include/ittnotify.h"
"""Its header offers a choice of two licences."""


def located(package: str, path: str) -> Path:
    return Path(str(distribution(package).locate_file(path)))


def files(package: str) -> list[Path]:
    return [located(package, str(file)) for file in sorted(distribution(package).files or []) if file.suffix == ".py"]


def named_in(path: Path, pattern: str) -> list[Claim]:
    """A licence that the text of a file names."""
    found = re.findall(pattern, path.read_text(encoding="utf-8"))
    return [Claim(found[0], f"comment of {path.name}")]


def material() -> dict[str, tuple[list[Path], Iterable[Claim]]]:
    """Of each source the files, and what is claimed for them: by the file itself where it says so, else by METADATA."""
    whole = {name: (files(name), of_distribution(name).claims) for name in CODE}
    wikipedia, intel = located("networkx", WIKIPEDIA), located("torch", INTEL)
    return {
        **whole,
        WIKIPEDIA: ([wikipedia], named_in(wikipedia, r"https?://creativecommons\.org/licenses/[^>\s]+")),
        INTEL: ([intel], of_source_file(intel).claims),
    }


def record(db: ProvenanceDatabase, config: str, *sources: str) -> None:
    """One session whose batches mix pieces of the sources."""
    known = material()
    samples = []
    for source in sources:
        paths, claims = known[source]
        db.register_source(source, category="code", claims=claims)
        content = b"".join(path.read_bytes() for path in paths)[: LENGTH * PIECES]
        pieces = [content[start : start + LENGTH] for start in range(0, len(content), LENGTH)]
        samples += [Sample(piece, source=source, index=index) for index, piece in enumerate(pieces)]
    Random(0).shuffle(samples)  # noqa: S311 - the same order every time is wanted
    batches = [samples[start : start + BATCH] for start in range(0, len(samples), BATCH)]
    with db.begin_session(config_hash=config) as session:
        hook = BaseHook(db=db, session_id=session.session_id, source_id="packages")
        for _batch in hook.wrap(batches):
            pass  # a training step stands here


def title(text: str) -> None:
    print(f"\n== {text}\n")


def run(database: Path, *command: str) -> None:
    print("$ origin", *command)
    code = origin(["--db", str(database), *command])
    print(f"(exit code {code})\n")


def what_if(*licenses: str) -> None:
    """Ask the rules about licences that nothing has been recorded under."""
    mix = combine(licenses, "remix")
    print(" + ".join(licenses))
    print("   may go under:", ", ".join(mix.outbound[:4]) or "no licence")
    for claim, branch in mix.choice.items():
        print(f"   of {claim!r} it takes {branch}")
    for finding in mix.findings:
        print(f"   {finding.severity}: {finding.text}")
        print(f"      authority: {finding.authority}")


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        database = Path(directory) / "provenance.db"
        with ProvenanceDatabase(database) as db:
            title("1. Code of four packages, and one file of a fifth that holds material from Wikipedia")
            record(db, "with the file", *CODE, WIKIPEDIA)
            run(database, "conflicts", "latest")
            print("Side by side, each under its own licence, they exclude nothing:\n")
            run(database, "conflicts", "latest", "--mode", "collection")
            print("Whether trained weights are an adaptation is settled nowhere. So this is a review, not a verdict:\n")
            run(database, "conflicts", "latest", "--mode", "share-weights")

            title("2. The remedy: the same without that file. --fail makes it a gate")
            record(db, "without the file", *CODE)
            run(database, "conflicts", "latest", "--fail")
            print("What they may go under together; of an or-later licence the version that fits is taken:")
            what_if("Apache-2.0", "GPL-3.0-or-later", "GPL-2.0-or-later", "MPL-2.0")
            what_if("Apache-2.0", "GPL-2.0-or-later")

            title("3. A choice that resolves: a header file under GPL-2.0-only OR BSD-3-Clause, with Apache-2.0")
            record(db, "with a choice", "datasets", INTEL)
            run(database, "conflicts", "latest")
            what_if("GPL-2.0-only OR BSD-3-Clause", "Apache-2.0")
            print("\nWithout the choice:")
            what_if("GPL-2.0-only", "Apache-2.0")

    title("4. Three licences of which any two go together, and all three do not")
    three = ("EUPL-1.2", "CC-BY-SA-3.0", "CC-BY-SA-4.0")
    print("No package here is under these three: the rules are asked, nothing is recorded.")
    for pair in combinations(three, 2):
        what_if(*pair)
    what_if(*three)

    title("5. Verdicts have a direction")
    for outbound, inbound in (("GPL-3.0-only", "CC-BY-SA-4.0"), ("CC-BY-SA-4.0", "GPL-3.0-only")):
        found = compatible(outbound, inbound, "adaptation")
        print(f"{inbound} into {outbound}: {found.verdict}; {found.reasons[0].text} [{found.reasons[0].authority}]")
    print("\nAll of this flags for human review. None of it is legal advice.")


if __name__ == "__main__":
    main()
