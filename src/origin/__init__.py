"""Origin records which data an AI training job really consumed."""

from origin.core.fingerprint import fingerprint
from origin.errors import OriginError, OriginWarning
from origin.storage.database import ProvenanceDatabase
from origin.version import VERSION

__version__ = VERSION

__all__ = ["OriginError", "OriginWarning", "ProvenanceDatabase", "__version__", "fingerprint"]
