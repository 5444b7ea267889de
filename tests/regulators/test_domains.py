from __future__ import annotations

import csv
import hashlib
import tracemalloc
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from query.hostile import STRINGS
from query.recordings import listing
from regulators.documents import crawl, document, entries, origin_report, record_sources

from origin import ProvenanceDatabase
from origin.errors import UsageError
from origin.hooks.base import BaseHook, Sample
from origin.regulators.domains import host_of, hosts
from origin.storage.reads import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("https://Example.ORG/a?b#c", "example.org"),
        ("http://user:secret@example.org.:8080/", "example.org"),
        ("ftp://example.org", "example.org"),
        ("HTTPS://[2001:DB8::1]/", "2001:db8::1"),
        ("https://b\u00fccher.example/", "b\u00fccher.example"),
        ("http://=cmd|' /C calc'!A0", "=cmd|' "),
        ("http://[not an address/", None),
        ("https:///path", None),
        ("file:///etc/passwd", None),
        ("example.org/page", None),
        ("row-7", None),
        ("", None),
        (None, None),
    ],
)
def test_the_host_is_what_the_url_says(key: str | None, host: str | None) -> None:
    assert host_of(key) == host


@pytest.mark.parametrize("text", STRINGS.values())
def test_a_hostile_key_gives_a_printable_host_or_none(text: str) -> None:
    host = host_of(f"http://{text}/{text}")
    assert host is None or (host.isprintable() and "\n" not in host)


def keyed(path: Path, batches: Iterable[list[Sample]], category: str | None = "web-crawl", epochs: int = 1) -> None:
    with ProvenanceDatabase(path) as db:
        db.register_source("crawl", category=category)
        session = db.begin_session("keys")
        wrapped = BaseHook(db, session.session_id, "crawl").wrap(list(batches))
        for _ in range(epochs):
            list(wrapped)
        session.end()


def table(path: Path, *, small: bool = False, held: int = 200_000) -> tuple[list[list[str]], int, int]:
    with Reader(path) as reader, hosts(reader, reader.sessions(), small=small, held=held) as found:
        text = "".join(found.csv())
        assert hashlib.sha256(text.encode()).hexdigest() == found.sha256
        return list(csv.reader(text.splitlines())), found.number, found.observations


def test_the_largest_tenth_is_listed_by_distinct_samples(path: Path) -> None:
    # host n has n + 1 samples; each comes twice, in two epochs
    samples = [
        Sample(b"%d %d" % (host, number), None, number, f"https://host-{host}.example/{number}")
        for host in range(25)
        for number in range(host + 1)
    ]
    keyed(path, [samples], epochs=2)
    for held in (1, 7, 200_000):
        rows, number, observations = table(path, held=held)
        assert rows == [
            ["host", "samples", "observations"],
            ["host-24.example", "25", "50"],
            ["host-23.example", "24", "48"],
            ["host-22.example", "23", "46"],
        ]
        assert (number, observations) == (25, 650)
    assert [row[0] for row in table(path, small=True)[0][1:]] == ["host-24.example", "host-23.example"]


def test_a_small_enterprise_lists_no_more_than_a_thousand(path: Path) -> None:
    keyed(path, [[Sample(b"%d" % n, None, n, f"http://{n}.example/") for n in range(20_100)]])
    assert len(table(path, small=True)[0]) == 1001
    assert len(table(path)[0]) == 2011


def test_equal_hosts_are_in_the_order_of_their_names(path: Path) -> None:
    keyed(path, [[Sample(b"%d" % n, None, n, f"http://{n % 20:02}.example/") for n in range(40)]])
    assert [row[0] for row in table(path)[0][1:]] == ["00.example", "01.example"]


def test_samples_without_a_fingerprint_are_observations_only(path: Path) -> None:
    keyed(path, [[Sample(object(), None, 1, "http://a.example/"), Sample(b"x", None, 2, "http://a.example/")]])
    assert table(path)[0][1:] == [["a.example", "1", "2"]]


def test_urls_of_sources_of_another_category_are_left_out_and_counted(path: Path) -> None:
    keyed(path, [crawl(range(10))], category="publicly-available")
    field = entries(document(path, "eu-ai-act"))["crawled_domains"]
    assert field["state"] == "to-be-provided"
    assert field["record"][0]["rows"][0][-1] == 10
    assert document(path, "eu-ai-act")["annexes"] == []


def test_formulas_are_made_harmless(path: Path) -> None:
    for given, cell in {"=cmd()": "'=cmd()", "-1": "'-1", "+1": "'+1", 'a,b"c': 'a,b"c', "\t=1": "'=1"}.items():
        keyed(path, [[Sample(b"a", None, 1, f"http://{given}/")]])
        with Reader(path) as reader, hosts(reader, reader.sessions()[-1:]) as found:
            assert list(csv.reader(found.csv())) == [["host", "samples", "observations"], [cell, "1", "1"]]


def test_the_document_and_its_list_are_written_together_or_not_at_all(path: Path, tmp_path: Path) -> None:
    record_sources(path)
    folder = tmp_path / "out"
    folder.mkdir()
    target, annex = folder / "summary.md", folder / "summary.md.hosts.csv"
    assert "summary.md.hosts.csv was written" in origin_report(path, "eu-ai-act", "latest", "-o", str(target)).out
    assert annex.read_text() == "host,samples,observations\nh0.example.org,12,24\n"
    digest = hashlib.sha256(annex.read_bytes()).hexdigest()
    assert digest in target.read_text()
    before = listing(folder)
    with pytest.raises(UsageError, match="exists already"):
        origin_report(path, "eu-ai-act", "latest", "-o", str(target))
    target.unlink()
    with pytest.raises(UsageError, match=r"summary\.md\.hosts\.csv exists already"):
        origin_report(path, "eu-ai-act", "latest", "-o", str(target))
    origin_report(path, "eu-ai-act", "latest", "-o", str(target), "--force")
    assert set(listing(folder)) == set(before)
    annex.unlink()
    target.unlink()
    target.mkdir()
    with pytest.raises(UsageError, match="is a directory"):
        origin_report(path, "eu-ai-act", "latest", "-o", str(target), "--force")
    assert list(folder.iterdir()) == [target]


def test_where_no_crawlers_are_said_to_be_used_no_list_is_made(path: Path, tmp_path: Path) -> None:
    keyed(path, [crawl(range(10))], category=None)
    answers = tmp_path / "answers.toml"
    answers.write_text("[eu_ai_act]\ncrawlers_used = false\n")
    target = tmp_path / "summary.md"
    origin_report(path, "eu-ai-act", "latest", "--answers", str(answers), "-o", str(target))
    assert not target.with_name("summary.md.hosts.csv").exists()
    answers.write_text("[eu_ai_act]\ncrawlers_used = true\n")
    origin_report(path, "eu-ai-act", "latest", "--answers", str(answers), "-o", str(target), "--force")
    assert target.with_name("summary.md.hosts.csv").exists()


def test_memory_does_not_grow_with_the_keys(path: Path) -> None:
    peaks = []
    for batches in (5, 50):
        keyed(path, (crawl(range(start, start + 500), 10**9) for start in range(0, 500 * batches, 500)))
        with Reader(path) as reader:
            session = reader.latest_session()
            assert session is not None
            tracemalloc.start()
            with hosts(reader, [session], held=1000) as found:
                assert found.number == 500 * batches
                Counter(found.csv())
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_500_000
