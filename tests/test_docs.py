"""Documents that must not lag behind the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from origin.storage.schema import SCHEMA

ROOT = Path(__file__).parents[1]


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


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")), ids=lambda page: page.name
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda example: example.name)
def test_examples_run_offline(example: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error", example], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
