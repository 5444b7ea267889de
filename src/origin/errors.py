"""Every error that Origin raises on purpose. Each message says what was found, why it matters and what to do."""

import sys
import warnings


class OriginError(Exception):
    """Base of all errors that Origin raises on purpose."""


class UsageError(OriginError, ValueError):
    """An argument cannot be used as given."""


class LicenseExpressionError(OriginError, ValueError):
    """A text is no SPDX licence expression, or one too large to be worked on."""


class UnfingerprintableError(OriginError, TypeError):
    """A value has no canonical bytes, so no fingerprint that would be the same tomorrow."""


class NotFoundError(OriginError, LookupError):
    """Nothing in the record answers to this name or prefix."""


class AmbiguousError(OriginError, LookupError):
    """A prefix fits more than one thing."""


class MissingDatabaseError(OriginError, FileNotFoundError):
    """There is no database at the path."""


class UnreadableDatabaseError(OriginError, ValueError):
    """The file is not an Origin database, is damaged, or was written by a newer Origin."""


class BusyDatabaseError(OriginError, BlockingIOError):
    """Another process records into the file."""


class ReadOnlyError(OriginError, PermissionError):
    """A write was asked of a database opened read-only, or of a process that must not write."""


class StorageError(OriginError, OSError):
    """The disk, or SQLite on it, refused a write or a read."""


class OriginWarning(UserWarning):
    """Something could not be recorded; training goes on and the record holds a gap."""


def shown(value: object) -> str:
    """A value as an error message shows it: short, on one line, whatever it is."""
    try:
        written = repr(value)
    except Exception:  # noqa: BLE001 - a repr may fail in any way (integers beyond 4300 digits do)
        return f"a value of type {type(value).__name__}"
    return written if len(written) <= 60 else f"{written[:57]}..."


def warn(message: str) -> None:
    """Show an OriginWarning; never raise one, even where warnings are errors: training goes on."""
    try:
        warnings.warn(OriginWarning(message), stacklevel=3)
    except OriginWarning as warning:
        print(f"origin: {warning}", file=sys.stderr)  # noqa: T201
