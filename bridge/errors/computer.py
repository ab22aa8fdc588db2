"""Failures of computer use."""

from __future__ import annotations

from bridge.errors.base import BridgeError


class DesktopUnavailable(BridgeError):
    """No desktop can be captured or controlled; the message says what to do."""

    status = 503
    type = "server_error"
    code = "desktop_unavailable"
    anthropic_type = "overloaded_error"
    summary = "No desktop is available to see or control."
    hint = (
        "Start the bridge inside a desktop session; `claude-bridge doctor` says what works there."
    )


class RulesUnreadable(BridgeError):
    """The user's rules for computer use are damaged; nothing is allowed without them."""

    # Not 500: it works again once the user has mended the file.
    status = 503
    type = "server_error"
    code = "rules_unreadable"
    anthropic_type = "overloaded_error"
    summary = "Your rules for computer use cannot be read."
    hint = "Correct or delete the file that the error names."


class Stopped(BridgeError):
    """The user stopped computer use; the message says how."""

    status = 409
    type = "permission_error"
    # An old name, but part of the API: clients may compare it.
    code = "stopped_by_person"
    anthropic_type = "api_error"
    summary = "You stopped computer use."
    hint = "Send the request again to continue."


class MouseMoved(Stopped):
    """The user moved the mouse while Claude acted."""


class ComputerOff(BridgeError):
    """Computer use is off; only the user turns it on."""

    status = 403
    type = "permission_error"
    code = "computer_off"
    anthropic_type = "permission_error"
    summary = "A request needed computer use, which is off."
    hint = "Turn computer use on in the tray, on the dashboard or by voice."


class ComputerBusy(BridgeError):
    """Another request is using the desktop; there is only one mouse and keyboard."""

    status = 409
    type = "permission_error"
    code = "computer_busy"
    anthropic_type = "api_error"
    summary = "Another request is already using this computer."
    hint = "Wait until it has finished, or stop it."


class ApprovalChanged(BridgeError):
    """What was shown to the user is not what the approval is for."""

    status = 409
    type = "permission_error"
    code = "approval_changed"
    anthropic_type = "api_error"
    summary = "The request had changed since it was shown to you."
    hint = "Look at the pending approvals again, then decide."


class NotApproved(BridgeError):
    """The user denied the action, or did not respond in time."""

    status = 403
    type = "permission_error"
    code = "not_approved"
    anthropic_type = "permission_error"
    summary = "An action on this computer was not approved."
    hint = "Send the request again, and approve it in the tray or on the dashboard in time."
