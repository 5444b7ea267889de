"""`make bench`: every number of docs/performance.md, measured now; ratios within one run, since machines differ."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import sys

from common import Result, machine

BENCHES = (
    *("hashing", "loader", "training", "steps", "index", "rows", "storage"),
    *("reports", "merge", "proofs", "impact", "claims", "startup"),
)


def row(result: Result) -> str:
    mark = "yes" if result.reached else "NO"
    return f"| {result.what} | {result.measured} | {result.reach} | {mark} | {result.note} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", nargs="*", help=f"some of: {', '.join(BENCHES)} (default: all)")
    chosen = parser.parse_args().which or list(BENCHES)
    print(f"{machine()}, {dt.datetime.now(dt.UTC):%Y-%m-%d}\n")
    print("| what | measured | reach | reached | note |\n|---|---|---|---|---|")
    for name in chosen:
        for result in importlib.import_module(name).run():
            print(row(result), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
