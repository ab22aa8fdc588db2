"""Failures of the bridge itself: stopping, paused, at a limit, or broken."""

from __future__ import annotations

from bridge.errors.base import BridgeError
from bridge.errors.upstream import Overloaded


class ShuttingDown(BridgeError):
    """The bridge is stopping and accepts no new requests."""

    status = 503
    type = "server_error"
    code = "shutting_down"
    anthropic_type = "overloaded_error"
    summary = "The bridge was stopping."
    hint = "Try again when it is running."


class Paused(BridgeError):
    """The user paused the bridge."""

    status = 503
    type = "server_error"
    code = "paused"
    anthropic_type = "overloaded_error"
    summary = "The bridge is paused."
    hint = "Choose Resume requests in the tray menu."


class SettingsUnusable(BridgeError):
    """The server goes on, because it could not start again with the settings as they are now."""

    status = 409
    type = "invalid_request_error"
    code = "settings_unusable"
    anthropic_type = "invalid_request_error"
    summary = "The server cannot start again with these settings."
    hint = "Correct the setting that the error names, then restart."


class TooManyStreams(Overloaded):
    """The bridge already writes `max_streams` answers."""

    code = "too_many_streams"
    # 529 would blame Claude: it is the bridge that is busy.
    anthropic_status = None
    summary = "Too many requests at the same time."
    hint = "Wait until one has finished, or increase max_streams."


class TooManyBodies(Overloaded):
    """The bodies of all requests together exceed `max_bodies_mb`."""

    code = "too_many_bodies"
    anthropic_status = None
    summary = "Too many large requests at the same time."
    hint = "Wait until one has finished, or increase max_bodies_mb."


class KeyringUnavailable(BridgeError):
    """The saved keys could not be read or written.

    A client gets it only while one of the keys may be an access key.
    """

    # Not 500: it works again once the user has unlocked the keyring.
    status = 503
    type = "server_error"
    code = "keyring_unavailable"
    anthropic_type = "overloaded_error"
    summary = "The saved keys could not be read or written."
    hint = (
        "Unlock the keyring, or start the bridge from your desktop session. If the saved keys are "
        "lost, run `claude-bridge key reset` and save them again."
    )


class InternalError(BridgeError):
    """A bug in the bridge; the log has the details under the request's id."""

    status = 500
    type = "server_error"
    code = "internal_error"
    anthropic_type = "api_error"
    summary = "Internal error of the bridge."
    hint = "Find the details under the request's id in the log, and please report them."


class RoutingRulesUnreadable(BridgeError):
    """The user's saved rules for requests are damaged; a request could be one that they refuse."""

    status = 503
    type = "server_error"
    code = "routing_rules_unreadable"
    anthropic_type = "overloaded_error"
    summary = "Your saved rules for requests cannot be read."
    hint = (
        "Save the rules again on the dashboard, or correct or delete the file that the error "
        "names, and restart the bridge."
    )


class StorageUnavailable(BridgeError):
    """A file of the bridge cannot be read or written: it is locked, or the disk refuses."""

    status = 503
    type = "server_error"
    code = "storage_unavailable"
    anthropic_type = "overloaded_error"
    summary = "The bridge could not read or write one of its files."
    hint = "Check the disk, and whether another program uses the file; then try again."
