"""The metadata of a model card that another program wrote anew: any YAML."""

from __future__ import annotations

from typing import Any

import yaml

from origin.export.read_back.reading import UnreadableExportError, mapping


def metadata(block: str) -> dict[str, Any]:
    try:
        return mapping(yaml.safe_load(block))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnreadableExportError(f"has metadata that is no YAML ({' '.join(str(error).split())[:100]})") from error
