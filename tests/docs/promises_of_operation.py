"""What the pages on running the bridge promise, and the tests that hold it."""

from __future__ import annotations

from collections.abc import Mapping

Tests = tuple[str, ...]

ACCOUNTS: Mapping[str, Tests] = {
    "With several keys": (
        "tests/resilience/test_backend.py::test_another_key_replaces_a_rejected_or_limited_one",
    ),
    "If Anthropic rejects the key": (
        "tests/backends/test_selection.py"
        "::test_a_rejected_key_falls_back_to_claude_code_with_a_notice",
    ),
    "It never falls back from the subscription to a paid key": (
        "tests/backends/test_selection.py::test_a_rejected_sign_in_never_falls_back_to_the_key",
        "tests/server/test_rejected_credential.py"
        "::test_a_rejected_sign_in_never_leads_to_the_paid_key",
    ),
}

CLAUDE_CODE: Mapping[str, Tests] = {
    "The bridge holds turns in which Claude thought": (
        "tests/server/test_thinking.py::test_thinking_is_restored_with_its_signature",
    ),
    "To restore it after a restart, too": (
        "tests/server/test_thinking.py::test_thinking_survives_a_restart",
        "tests/store/test_thinking.py::test_turns_survive_a_restart_in_a_private_file",
    ),
    "Claude Code runs in an empty folder": (
        "tests/backends/claude_code/test_command.py"
        "::test_the_flags_turn_off_tools_settings_and_transcripts",
        "tests/backends/claude_code/test_command.py"
        "::test_the_environment_has_no_key_and_no_configuration",
    ),
    "It does not interpret your text": (
        "tests/backends/test_conformance.py::test_a_prompt_is_sent_as_plain_text",
    ),
}

LIMITATIONS: Mapping[str, Tests] = {
    "Chats are not stored on disk": (
        "tests/server/api/test_stored.py::test_nothing_that_was_said_is_on_disk",
    ),
    "Responses (`/v1/responses`) are, if sent with `store: true`": (
        "tests/store/test_responses.py::test_only_what_is_to_be_on_disk_survives_a_restart",
    ),
    "A response with `store: true` is on disk before": (
        "tests/store/test_responses.py::test_a_response_is_durable_when_it_is_acknowledged",
    ),
    "Usage records are written within 250 ms": (
        "tests/store/test_ledger.py::test_a_killed_process_leaves_a_readable_file",
        "tests/docs/test_promises.py::test_the_limits_on_the_page_are_those_of_the_code",
    ),
}

MONITORING: Mapping[str, Tests] = {
    "It loads nothing from the internet": (
        "tests/server/api/test_pages.py"
        "::test_a_page_loads_nothing_from_elsewhere_and_cannot_be_framed",
    ),
    "If the bridge has an access key, `/usage` and `/metrics` require it": (
        "tests/keys/test_chain.py::test_usage_and_metrics_need_the_access_key",
    ),
    "Every answer has an `x-request-id`": (
        "tests/server/test_metrics.py"
        "::test_upstreams_id_of_a_rejected_request_is_logged_and_returned",
    ),
}

TROUBLESHOOTING: Mapping[str, Tests] = {
    "A request that fails before Claude has started to answer": (
        "tests/resilience/test_backend.py::test_a_transient_failure_is_retried_unseen",
        "tests/resilience/test_policy.py::test_the_delays_never_exceed_the_maximum",
    ),
    "Anthropic's `Retry-After` is respected": (
        "tests/resilience/test_policy.py::test_retry_after_is_respected_if_there_is_time",
        "tests/resilience/test_backend.py::test_a_wait_that_is_too_long_is_passed_on_to_the_client",
    ),
    "After five failures in a row": (
        "tests/resilience/test_backend.py::test_the_breaker_opens_after_failures_in_a_row",
    ),
    "An answer that breaks off ends with an error": (
        "tests/server/api/test_chat.py::test_a_failure_in_the_middle_of_a_stream_is_an_error_event",
        "tests/server/test_odd_events.py::test_an_odd_answer_is_a_right_answer_or_one_right_error",
    ),
    "Another backend or model answers only if you have set": (
        "tests/resilience/test_backend.py::test_a_fallback_model_answers_only_if_it_is_set",
        "tests/resilience/test_backend.py::test_a_fallback_backend_answers_only_if_it_is_set",
    ),
}
