"""The kind of data source that MLflow reads back for a source that only Origin knows of.

MLflow loads this file through the entry point `mlflow.dataset_source`, while it is itself being imported: so nothing
else of MLflow may be imported here.
"""

from __future__ import annotations

from typing import Any, Self

from mlflow.data.dataset_source import DatasetSource

from origin.errors import NotFoundError

TYPE = "origin"


class OriginDatasetSource(DatasetSource):
    """A source as it was declared to Origin. source_id: its name. digest: SHA-256 of the declaration, in hex."""

    def __init__(self, source_id: str, digest: str, uri: str | None = None, revision: str | None = None) -> None:
        self.source_id = source_id
        self.digest = digest
        self.uri = uri
        self.revision = revision

    @staticmethod
    def _get_source_type() -> str:
        return TYPE

    def load(self) -> Any:
        """Raises NotFoundError: a record of provenance holds no samples."""
        place = f" ({self.uri!r:.200})" if self.uri else ""
        raise NotFoundError(
            f"{self.source_id!r:.80} cannot be loaded: Origin records no samples; read it at its origin{place}"
        )

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:  # noqa: ARG004 - MLflow's interface
        return False

    @classmethod
    def _resolve(cls, raw_source: Any) -> Self:
        raise NotFoundError(f"{raw_source!r:.80} is resolved by no rule of Origin: name its kind of source")

    def to_dict(self) -> dict[str, Any]:
        return {"source_id": self.source_id, "digest": self.digest, "uri": self.uri, "revision": self.revision}

    @classmethod
    def from_dict(cls, source_dict: dict[Any, Any]) -> Self:
        return cls(source_dict["source_id"], source_dict["digest"], source_dict.get("uri"), source_dict.get("revision"))
