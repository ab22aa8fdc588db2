"""Failures caused by the request: what it contains, or what it refers to."""

from __future__ import annotations

from bridge.errors.base import BridgeError


class InvalidRequest(BridgeError):
    """The request has a wrong or missing field; `param` names it."""

    # Without a code, as OpenAI sends it when no special code applies.
    status = 400
    type = "invalid_request_error"
    anthropic_type = "invalid_request_error"
    summary = "The request was invalid."
    hint = (
        "See the error that the client received: it names the field. Updating the client may help."
    )


class ContextTooLong(InvalidRequest):
    """The conversation does not fit the model's context window."""

    code = "context_length_exceeded"
    summary = "The conversation is longer than the model's context window."
    hint = "Start a new conversation, remove large files, or choose a model with a larger context."


class RequestTooLarge(InvalidRequest):
    """The body is larger than the bridge or upstream accepts."""

    status = 413
    code = "request_too_large"
    anthropic_type = "request_too_large"
    summary = "The request was too large."
    hint = "Send fewer or smaller images and files. The bridge's own limit is max_body_mb."


class BodyTimedOut(InvalidRequest):
    """The client stopped sending before its body was complete."""

    status = 408
    code = "body_timeout"
    anthropic_type = "timeout_error"
    summary = "The client did not send the whole request."
    hint = "Try again, or increase body_seconds."


class PreviousResponseNotFound(InvalidRequest):
    """The response that `previous_response_id` names is not stored."""

    code = "previous_response_not_found"
    summary = "The client continued from a response that is no longer stored."
    hint = (
        "Send the whole conversation again. With `store: true`, responses are stored on disk for "
        "response_days; without it, only until the bridge restarts."
    )


class NotFound(BridgeError):
    """No such path or object."""

    status = 404
    type = "invalid_request_error"
    code = "not_found"
    anthropic_type = "not_found_error"
    summary = "The client requested an unknown path or object."
    hint = "Check the client's base URL: it must end in /v1."


class ModelNotFound(NotFound):
    """No model has that name; the message suggests similar ones."""

    code = "model_not_found"
    summary = "The client requested a model that does not exist."
    hint = "Choose a model from the list, or `default`."


class ConfigNotChanged(InvalidRequest):
    """A program's config file is left as it is; the message names it and the reason."""

    status = 409
    code = "config_not_changed"
    summary = "A program's config file was not changed."
    hint = "Repair the file, or make the change by hand: docs/clients.md has the lines."


class MethodNotAllowed(BridgeError):
    """The path exists, but not with this method; the `Allow` header lists the right ones."""

    status = 405
    type = "invalid_request_error"
    code = "method_not_allowed"
    anthropic_type = "invalid_request_error"
    summary = "Wrong HTTP method."
    hint = "Check the client's base URL: it must end in /v1."


class UnsupportedMedia(BridgeError):
    """The body of a POST is not declared as JSON."""

    status = 415
    type = "invalid_request_error"
    code = "unsupported_media_type"
    anthropic_type = "invalid_request_error"
    summary = "The request body was not declared as JSON."
    hint = "Send the header Content-Type: application/json."


class EndpointNotOffered(BridgeError):
    """An endpoint of OpenAI's that neither Claude nor the bridge has."""

    status = 501
    type = "invalid_request_error"
    code = "endpoint_not_offered"
    anthropic_type = "api_error"
    summary = "The bridge does not have this endpoint."
    hint = "Use another service for this."


class NotSupported(BridgeError):
    """The backend in use lacks this feature; another one has it."""

    status = 501
    type = "invalid_request_error"
    code = "not_supported"
    # Anthropic has no type for it, and no status 501.
    anthropic_type = "api_error"
    summary = "Not supported by this backend."
    hint = "Use an Anthropic API key for this: `claude-bridge key set anthropic`."
