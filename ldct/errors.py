"""Errors that tell a user what was found, what was expected and what to do."""

from __future__ import annotations

from pathlib import Path


class LdctError(Exception):
    """Base of every error that is the input's or the configuration's fault, shown without a traceback."""


class ConfigError(LdctError):
    """The configuration cannot be run as written."""


class InputError(LdctError):
    """A file or series cannot be used.

    The message names the file (relative to the user's folder, never a DICOM attribute value that
    could identify a patient), what was found, what was expected and what to do.
    """

    def __init__(self, path: str | Path, found: str, expected: str, action: str):
        self.path, self.found, self.expected, self.action = str(path), found, expected, action
        super().__init__(f"{path}: found {found}; expected {expected}. {action}")


class UnavailableError(LdctError):
    """Something optional (weights, a package) is not on this machine."""

    def __init__(self, name: str, missing: str, command: str):
        self.name, self.missing, self.command = name, missing, command
        super().__init__(f"{name} is unavailable: {missing}. To get it: {command}")
