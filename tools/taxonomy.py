"""The generated tables of docs/license-taxonomy.md."""

from __future__ import annotations

from origin.licenses import parse_claim
from origin.licenses.custom import CUSTOM
from origin.licenses.hub import HUB_TAGS

FEW = 4


def taxonomy() -> str:
    return f"""### Licences outside the SPDX list

{_table(("id", "name", "terms"), [(f"`{row.id}`", row.name, row.url or "-") for row in CUSTOM])}

### Tags of the Hugging Face Hub

{_table(("tag", "status", "expression or candidates"), [_tag(tag) for tag, _, _ in HUB_TAGS])}
"""


def _tag(tag: str) -> tuple[str, str, str]:
    claim = parse_claim(tag)
    if claim.expression is not None:
        return f"`{tag}`", claim.status, f"`{claim.expression}`"
    more = f" and {len(claim.candidates) - FEW} more" if len(claim.candidates) > FEW else ""
    return f"`{tag}`", claim.status, ", ".join(f"`{one}`" for one in claim.candidates[:FEW]) + more or "-"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
