"""Documents that must not lag behind the code."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import origin.claims
from origin.cli.export import FORMATS
from origin.cli.main import main as run_origin
from origin.licenses.combination import Mode
from origin.licenses.signals import _READERS as SIGNAL_READERS
from origin.licenses.terms import ACTIONS, DUTIES, PROHIBITIONS
from origin.licenses.use import KEYS
from origin.licenses.verdict import Relation
from origin.storage.schema import SCHEMA

ROOT = Path(__file__).parents[1]
PAGES = sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md"))
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

HUMAN = "All of this flags for human review. None of it is legal advice."
# What an example must have said, lest it run through without finding what it is about.
SAID = {
    "cli_workflow": [
        "china.jpg  CC-BY-2.0",
        "CC-BY-NC-4.0 is not present\n",
        "GPL-2.0-or-later and CC-BY-SA-3.0 in session",
        "bom.json (cyclonedx): agrees with the record\nsession.jsonl (jsonl): agrees with the record\n(exit code 0)",
        "was never recorded as delivered to a loop\n(exit code 1)",
        "not anchored: this check cannot show",
        "has the given root, and the file agrees with it\n(exit code 0)",
        HUMAN,
    ],
    "csv_data_pipeline": ["    177  wine-178  value", "wine-075 has 11.96 % of alcohol"],
    "custom_data_loader": ["     12  bisect.insort_right  text", "it is the same sample with the same index"],
    "export_formats": [
        *(f"\n{name:12} root " for name in (*FORMATS, "mlflow", "wandb")),
        "data sets of the Hub: scikit-learn/iris\n",
        "cyclonedx: 1.6, valid, sources without a licence: diabetes\n",
        "diabetes (HTTPDatasetSource), iris (HuggingFaceDatasetSource), wine (OriginDatasetSource)\n",
        "Look at the roots: all are the same.",
    ],
    "huggingface_nlp": [
        "descriptions  GPL-2.0-or-later  ",
        "descriptions: through MIT AND MPL-2.0 of 'MPL-2.0 AND MIT'",
        "missing: no licence is stated",
        "  paragraphs/train  ",
    ],
    "license_conflict_detection": [
        "sources    licomp, networkx/algorithms/bipartite/matching.py",
        "of 'GPL-2.0-only OR BSD-3-Clause' it takes BSD-3-Clause",
        "EUPL-1.2 + CC-BY-SA-3.0\n   may go under: CC-BY-SA-3.0",
        "EUPL-1.2 + CC-BY-SA-3.0 + CC-BY-SA-4.0\n   may go under: no licence",
        HUMAN,
    ],
    "compliance_audit": [
        "python-debian             allowed       allowed       denied        GPL-2.0-or-later",
        "china.jpg                 needs-review  denied        denied        CC-BY-2.0",
        "'CC-BY-4.0' and 'BSD-3-Clause' are not the same licence",
        "the file agrees with it",
        HUMAN,
    ],
    "multi_source_training": [
        "licomp, reuse\n",
        " samples of files that state their own licence)\n    resolved: GPL-3.0-or-later",
        "packaging: through BSD-2-Clause of 'Apache-2.0 OR BSD-2-Clause'",
        "CC-BY-NC-4.0 is not present\n",
        HUMAN,
    ],
}


def test_the_architecture_page_holds_the_schema_as_it_is() -> None:
    assert f"```sql\n{SCHEMA.strip()}\n```\n" in (ROOT / "docs" / "architecture.md").read_text()


def test_the_readme_quick_start_runs_word_for_word_on_real_torch(tmp_path: Path) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    script = tmp_path / "quick_start.py"
    script.write_text(
        "import torch\n"
        "from torch.utils.data import DataLoader, TensorDataset\n"
        "dataloader = DataLoader(TensorDataset(torch.arange(8.0)), batch_size=4)\n"
        "def train_step(batch): return batch[0].sum()\n" + snippet
    )
    subprocess.run([sys.executable, "-W", "error", script], cwd=tmp_path, check=True)
    assert (tmp_path / "provenance.db").stat().st_size > 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", ["README.md", "docs/license-taxonomy.md", "docs/integration-guide.md"])
def test_the_python_sessions_of_a_page_give_what_it_shows(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / page).read_text()
    for name, content in re.findall(r"```toml\n# (\S+\.toml)\n(.*?)```", text, re.DOTALL):
        (tmp_path / name).write_text(f"# {name}\n{content}")
    monkeypatch.chdir(tmp_path)
    session = "".join(re.findall(r"```pycon\n(.*?)```", text, re.DOTALL))
    parsed = doctest.DocTestParser().get_doctest(session, {}, page, page, 0)
    assert len(parsed.examples) >= 5
    failures: list[str] = []
    result = doctest.DocTestRunner().run(parsed, out=failures.append)
    assert result.failed == 0, "".join(failures)
    for command in re.findall(r"^    origin (.*)$", text, re.MULTILINE) if page.endswith("guide.md") else []:
        assert run_origin(shlex.split(command)) in {0, 3}, command


@pytest.mark.parametrize("page", ["integration-guide.md", "autolog.md"])
def test_the_scripts_of_the_guides_print_what_they_show(page: str, tmp_path: Path) -> None:
    guide = (ROOT / "docs" / page).read_text()
    scripts = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", guide, re.DOTALL)
    assert len(scripts) == guide.count("```python\n") > 0
    for code, shown in scripts:
        script = tmp_path / "script.py"
        script.write_text(code)
        command = [sys.executable, "-W", "error", script]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (ran.stderr, ran.stdout) == ("", shown)


def test_the_page_on_licences_names_every_word_that_the_code_knows() -> None:
    page = (ROOT / "docs" / "license-taxonomy.md").read_text()
    readers = [name for name in origin.claims.__all__ if name.startswith("of_") or name == "claims_of"]
    words = [*KEYS, *get_args(Mode), *get_args(Relation), *SIGNAL_READERS, *readers]
    assert [word for word in words if f"`{word}`" not in page] == []
    assert [word for word in (*ACTIONS, *DUTIES, *PROHIBITIONS) if f"| {word} |" not in page] == []


def test_links_from_the_tables_to_the_terms_lead_to_a_heading() -> None:
    headings = re.findall(r"^### (.*)$", (ROOT / "docs" / "license-terms.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert len(anchors) == len(headings) > 200
    for page in ("license-taxonomy.md", "license-terms.md"):
        text = (ROOT / "docs" / page).read_text()
        assert set(re.findall(r"\]\((?:license-terms\.md)?#([^)]+)\)", text)) <= anchors


def test_every_example_is_on_the_page_of_examples() -> None:
    page = (ROOT / "docs" / "examples" / "README.md").read_text()
    assert [example.name for example in EXAMPLES if f"(../../examples/{example.name})" not in page] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_examples_run_offline(example: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error", example], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
    assert [words for words in SAID.get(example.stem, []) if words not in result.stdout] == []
