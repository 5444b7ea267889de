"""The one place in code that tells the version; pyproject.toml is checked against it by a test."""

VERSION = "0.1.0"
