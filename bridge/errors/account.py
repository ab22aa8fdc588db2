"""Failures of access: no sign-in, no valid key, no permission, or a limit of the account."""

from __future__ import annotations

from bridge.errors.base import BridgeError


class NotSignedIn(BridgeError):
    """No sign-in and no API key was found on this computer; the message says how to connect."""

    status = 401
    type = "authentication_error"
    code = "not_signed_in"
    anthropic_type = "authentication_error"
    summary = "Not connected to Claude."
    hint = "Run `claude-bridge login`, or save an API key with `claude-bridge key set anthropic`."


class KeyRejected(BridgeError):
    """Upstream rejected the API key, or the bridge rejected the client's access key."""

    status = 401
    type = "authentication_error"
    code = "invalid_api_key"
    anthropic_type = "authentication_error"
    summary = "An API key was rejected."
    hint = (
        "Check the Anthropic keys with `claude-bridge key test`. If the bridge requires an access "
        "key, the client must send that one."
    )


class BillingFailed(BridgeError):
    """Upstream rejected the request because of billing."""

    status = 402
    type = "insufficient_quota"
    code = "insufficient_quota"
    anthropic_type = "billing_error"
    summary = "Billing problem at Anthropic."
    hint = "Check the billing page of your Anthropic account."


class Forbidden(BridgeError):
    """The caller, or the account, lacks permission."""

    status = 403
    type = "permission_error"
    code = "forbidden"
    anthropic_type = "permission_error"
    summary = "The client, or your account, is not allowed to do this."
    hint = (
        "If a web page or another computer called the bridge, see allowed_origins and "
        "allowed_hosts. If Anthropic refused, your account may not have access to this model."
    )


class AccountRefused(Forbidden):
    """Anthropic refuses the whole account or its organization; signing in again does not help."""


class RefusedByRule(BridgeError):
    """One of the user's rules forbids the request; the message names the rule."""

    status = 403
    type = "permission_error"
    code = "refused_by_rule"
    anthropic_type = "permission_error"
    summary = "One of your rules refused a request."
    hint = "Change the rule that the error names, on the dashboard or in config.toml."


class RateLimited(BridgeError):
    """Upstream limits the rate; its `Retry-After` header is passed on."""

    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"
    anthropic_type = "rate_limit_error"
    summary = "Your account or plan has reached its rate limit."
    hint = "Wait until the limit resets, or choose a smaller model or another backend."


class ExtraUsageNotAgreed(BridgeError):
    """The plan is used up, and going on would cost money; the user has not agreed to that."""

    status = 429
    type = "insufficient_quota"
    code = "extra_usage_not_agreed"
    anthropic_type = "rate_limit_error"
    summary = "Your plan is used up; going on would cost money."
    hint = (
        "Wait until the plan resets, choose another backend, or agree to extra usage in the tray "
        "menu, on the dashboard, or with `claude-bridge usage allow`."
    )


class BudgetSpent(BridgeError):
    """A budget of the settings is used up, and its `at_limit` is to refuse requests."""

    status = 429
    type = "insufficient_quota"
    code = "budget_spent"
    anthropic_type = "rate_limit_error"
    summary = "A budget in your settings is used up."
    hint = (
        "Wait until it resets, raise it in the setting `budgets`, or set its `at_limit` to a "
        "cheaper model. Restart the bridge after a change."
    )
