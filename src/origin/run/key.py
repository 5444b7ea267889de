"""The key of keyed fingerprints, from the file that was named."""

from __future__ import annotations

from pathlib import Path


def read_key(path: str | None) -> bytes | None:
    """The file's bytes; of a text file, without the white space around it. None where no file was named."""
    if path is None:
        return None
    content = Path(path).read_bytes()
    is_text = all(byte in b"\t\n\r\f\v" or 0x20 <= byte < 0x7F for byte in content)
    return content.strip() if is_text else content
