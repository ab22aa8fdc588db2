"""Why a config file is left as it is."""

from __future__ import annotations


class CannotConnect(Exception):
    """A file cannot be read or changed; the message names it and the reason. Nothing was written.

    It is no BridgeError: the command line and the endpoint each make their own error of it.
    """


class CannotEdit(Exception):
    """A format cannot make this change without touching anything else in the text."""


class NotParsable(Exception):
    """A text is not valid in its format; the message says where."""
