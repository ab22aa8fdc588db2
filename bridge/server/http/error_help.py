"""What each failure means to the person, and what to do; and which was the last."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import NamedTuple

from aiohttp import web

from bridge.errors import UPSTREAM_ID, BridgeError, InternalError
from bridge.server.request_record import Access, path_of
from bridge.server.state import BRIDGE
from bridge.wire.usage import LastFailure

_log = logging.getLogger(__name__)


class Told(NamedTuple):
    words: str
    cure: str


TOLD: Mapping[str, Told] = {
    "invalid_request_error": Told(
        "A client sent something that Claude cannot be asked.",
        "The answer the client got names the field; an update of the client may help.",
    ),
    "context_length_exceeded": Told(
        "The conversation is longer than the model can read.",
        "Begin a new one, leave out large files, or choose a model with a larger context.",
    ),
    "request_too_large": Told(
        "A request was larger than is taken.",
        "Send fewer or smaller images and files; the bridge's own limit is max_body_mb.",
    ),
    "not_signed_in": Told(
        "Nothing on this machine leads to Claude.",
        "Run `claude-bridge login`, or keep a key with `claude-bridge key set anthropic`.",
    ),
    "invalid_api_key": Told(
        "A key was not accepted.",
        "Check Anthropic's key with `claude-bridge key list`; where the bridge has a key of its "
        "own, the client needs that one.",
    ),
    "insufficient_quota": Told(
        "Anthropic asks for payment.", "Look at the billing page of your Anthropic account."
    ),
    "forbidden": Told(
        "A caller, or your account, may not do this.",
        "If it was a program of yours: see allowed_hosts and allowed_origins; if it was Claude: "
        "your account may lack this model.",
    ),
    "not_found": Told(
        "A client asked for something that does not exist here.",
        "Its base URL must end in /v1.",
    ),
    "model_not_found": Told(
        "A client asked for a model that does not exist.",
        "Choose one of the models listed here, or `default`.",
    ),
    "previous_response_not_found": Told(
        "A client went on from a response that is no longer kept.",
        "It has to send the whole conversation again; response_days says how long it is kept.",
    ),
    "method_not_allowed": Told(
        "A client called an address in the wrong way.", "Its base URL must end in /v1."
    ),
    "unsupported_media_type": Told(
        "A client sent a body that is not declared as JSON.",
        "Set its header Content-Type: application/json.",
    ),
    "not_supported": Told(
        "A client asked for something that this backend cannot do.",
        "With a key of Anthropic's it can be done: `claude-bridge key set anthropic`.",
    ),
    "rate_limit_exceeded": Told(
        "The limit of your account or plan is reached.",
        "Wait until it is free again, or choose a smaller model or another backend.",
    ),
    "too_many_streams": Told(
        "More answers were asked for at once than the bridge writes.",
        "Let some end first, or raise max_streams.",
    ),
    "upstream_error": Told(
        "Claude's side failed.", "Try again; the status page of Anthropic may say more."
    ),
    "upstream_unreachable": Told(
        "There was no connection to Claude.", "Check the network, a VPN and the proxy settings."
    ),
    "stream_broken": Told(
        "An answer broke off before its end.", "Ask again; if it goes on, check the network."
    ),
    "promise_not_kept": Told(
        "Claude answered, but not in the form the client was promised.",
        "Ask again, or let the client ask for a simpler schema.",
    ),
    "desktop_unavailable": Told(
        "There was no desktop that could be seen or used.",
        "Start the bridge inside a desktop session (on Linux one of X11).",
    ),
    "stopped_by_person": Told(
        "You stopped what was done on the desktop.", "Ask again when it may go on."
    ),
    "computer_off": Told(
        "Something wanted to use this computer, which is off.",
        "Turn computer use on in the tray, on the dashboard or by voice, if you want it.",
    ),
    "computer_busy": Told(
        "Something wanted to use this computer while it was used already.",
        "Wait until the other work is done, or stop it.",
    ),
    "not_approved": Told(
        "You did not approve what was to be done on this computer.",
        "Ask again, and say yes in the dashboard or the tray within the time given.",
    ),
    "overloaded": Told("Claude is overloaded for the moment.", "Try again in a little while."),
    "shutting_down": Told("The bridge was stopping.", "Ask again when it runs."),
    "paused": Told("The bridge is paused.", "Resume it from the tray's menu."),
    "upstream_timeout": Told(
        "Claude was silent for too long.", "Ask again, or raise upstream_silence_seconds."
    ),
    "embedding_model_missing": Told(
        "The model for embeddings is not on this machine yet, and could not be fetched.",
        "Connect to the network once, or put its files into the folder that the error names.",
    ),
    "embedding_model_broken": Told(
        "The files of the model for embeddings cannot be used.",
        "Remove their folder, or choose another embedding_model.",
    ),
    "internal_error": Told(
        "The bridge itself failed.", "Its log says more under the request's id; please report it."
    ),
}
"""By the error's `code`, or its `type` where it has none."""


def unforeseen(access: Access) -> InternalError:
    """For an exception that is being handled: the log has it, the client hears where to look."""
    _log.exception("%s failed inside the bridge", access.id)
    return InternalError(f"The bridge itself failed; its log says more under {access.id}.")


def remember(request: web.Request, access: Access, error: BridgeError) -> None:
    """Notes it for the access line, and keeps it for `/usage`.

    Its own message stays out, for it may quote what was said.

    Only what programs ask for counts: a browser looks for icons nobody has.
    """
    access.outcome = error.code or error.type
    access.upstream_id = error.headers.get(UPSTREAM_ID, "-")
    if not request.path.startswith("/v1/"):
        return
    told = TOLD.get(access.outcome, TOLD["invalid_request_error"])
    request.app[BRIDGE].last_failure = LastFailure(
        at=time.time(),
        request=access.id,
        path=path_of(request),
        status=error.status,
        code=access.outcome,
        words=told.words,
        cure=told.cure,
    )
