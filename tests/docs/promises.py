"""The promises of the pages, and the tests that hold them.

A promise is a sentence or a table row, written here as it begins on its page. The pages in COMPLETE
must have no others, except those in NO_PROMISES: advice, definitions, and what is not protected.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.docs.promises_of_operation import (
    ACCOUNTS,
    CLAUDE_CODE,
    LIMITATIONS,
    MONITORING,
    TROUBLESHOOTING,
)
from tests.docs.promises_of_use import COMPUTER_USE, README, TALON, Tests

COMPLETE = ("SECURITY.md", "docs/privacy.md")

SECURITY: Mapping[str, Tests] = {
    # A web page that you visit
    "The server listens on this computer only": (
        "tests/test_settings.py::test_without_a_file_the_defaults_apply",
        "tests/keys/test_chain.py::test_a_public_address_needs_an_access_key",
    ),
    "The `Host` header and the request target must name": (
        "tests/attacks/test_raw.py::test_a_host_of_another_computer_is_rejected",
        "tests/attacks/test_raw.py::test_an_absolute_request_target_of_another_host_is_rejected",
        "tests/server/http/test_guard.py::test_allowed_hosts_are_accepted",
    ),
    "A DNS name that a page has pointed at this computer": (
        "tests/attacks/test_raw.py::test_a_rebound_dns_name_reads_nothing",
    ),
    "A page's `Origin` must be the bridge's own": (
        "tests/attacks/test_raw.py::test_another_origin_is_rejected",
        "tests/attacks/test_pages.py::test_everything_from_a_page_on_another_port_is_rejected",
        "tests/attacks/test_pages.py::test_a_page_of_an_allowed_origin_gets_answers",
    ),
    "Pages of other origins get no CORS headers": (
        "tests/server/http/test_guard.py::test_a_preflight_of_an_allowed_origin_is_answered",
        "tests/attacks/test_pages.py::test_a_page_reads_nothing_and_sends_claude_nothing",
    ),
    "`Sec-Fetch-Site` must not be another site": (
        "tests/attacks/test_raw.py::test_a_cross_site_request_is_rejected",
    ),
    "Only the page `/open`": (
        "tests/web/test_open.py::test_other_pages_cannot_be_opened_from_another_site",
        "tests/web/test_open.py::test_a_link_on_another_site_leads_nowhere",
    ),
    "A POST must be declared as JSON": (
        "tests/attacks/test_raw.py::test_a_post_that_is_not_declared_as_json_is_rejected",
    ),
    "The bridge's own pages load nothing from other sites": (
        "tests/server/api/test_pages.py::test_a_page_loads_nothing_from_elsewhere_and_cannot_be_framed",
        "tests/web/test_open.py::test_the_page_cannot_be_framed_or_fetched_by_another_site",
    ),
    # Another user of this computer
    "If you create an access key": (
        "tests/keys/test_chain.py::test_a_bridge_with_an_access_key_requires_it",
        "tests/keys/test_chain.py::test_usage_and_metrics_need_the_access_key",
        "tests/server/http/test_access.py::test_a_locked_endpoint_refuses_a_missing_credential",
    ),
    "If the access key cannot be read": (
        "tests/server/test_key_cache.py::test_an_access_key_that_cannot_be_read_lets_nobody_in",
        "tests/cli/test_homes.py::test_where_keys_may_be_hidden_the_server_runs_but_refuses",
    ),
    "Programs of other users cannot use the desktop": (
        "tests/server/http/test_asker.py::test_another_user_and_an_unknown_program_are_refused",
        "tests/server/http/test_asker.py::test_a_real_program_of_another_user_is_refused",
    ),
    "The control token is in a file that only you can read": (
        "tests/server/api/test_control.py::test_only_its_owner_can_read_the_token_file",
        "tests/test_opening.py::test_the_browser_gets_the_name_of_the_file",
    ),
    "A browser never gets the control token": (
        "tests/web/test_open.py::test_the_file_opens_the_page_signed_in",
    ),
    "A page that is open already gets a session for a code": (
        "tests/server/api/accounts/test_codes.py::test_a_code_gets_a_session_once",
        "tests/web/test_unlock.py::test_a_code_unlocks_the_page",
    ),
    "A code works once, within five minutes": (
        "tests/store/test_unlock_codes.py::test_a_code_is_redeemed_once_however_it_is_typed",
        "tests/store/test_unlock_codes.py::test_a_code_expires",
        "tests/server/api/accounts/test_codes.py::test_other_computers_cannot_try_codes",
        "tests/server/api/accounts/test_codes.py::test_five_wrong_codes_make_the_right_one_worthless",
    ),
    "No page can get a code": (
        "tests/server/api/accounts/test_codes.py::test_only_the_control_token_gets_a_code",
        "tests/server/api/accounts/test_codes.py::test_pages_of_other_sites_cannot_try_codes",
    ),
    "For a ticket, which works once": (
        "tests/store/test_tickets.py::test_a_ticket_gets_a_session_once_for_the_page_that_it_is_for",
        "tests/store/test_tickets.py::test_of_two_browsers_that_redeem_a_ticket_at_once_one_gets_a_session",
        "tests/store/test_tickets.py::test_a_ticket_expires",
    ),
    "The session is in the memory of the server": (
        "tests/store/test_page_sessions.py::test_a_session_ends_with_the_server",
    ),
    "It ends with the server, and when you sign": (
        "tests/store/test_page_sessions.py::test_a_session_ends_with_the_server",
        "tests/store/test_page_sessions.py::test_a_session_ends_with_sign_out",
        "tests/web/test_dashboard.py::test_a_page_whose_session_has_ended_is_read_only",
    ),
    "The ticket is not on the browser's command line": (
        "tests/test_opening.py::test_the_browser_gets_the_name_of_the_file",
        "tests/store/test_redirect_files.py::test_only_the_user_can_read_the_file_and_its_folder",
    ),
    "The file is removed when its ticket was used": (
        "tests/store/test_redirect_files.py"
        "::test_a_file_is_made_for_the_token_and_removed_once_its_ticket_is_redeemed",
        "tests/store/test_redirect_files.py::test_a_file_is_removed_when_its_ticket_has_expired",
    ),
    # Another program on the bridge's port
    "Before they send the token, the server proves": (
        "tests/cli/test_client.py::test_a_program_without_the_token_never_receives_it",
        "tests/tray/test_control_client.py::test_a_program_without_the_token_never_receives_it",
        "tests/talon_user/commands/test_computer.py"
        "::test_a_program_that_does_not_prove_to_be_the_bridge_gets_no_token",
        "tests/test_proof.py::test_a_proof_is_for_one_token_nonce_and_address",
    ),
    "So a program on another port cannot pass on": (
        "tests/cli/test_client.py"
        "::test_the_proof_of_the_real_server_cannot_be_forwarded_by_another_port",
        "tests/server/api/test_proof.py::test_the_proof_is_for_the_address_that_was_reached",
    ),
    "They find the server in `running.json`": (
        "tests/test_running.py::test_the_file_has_address_process_and_version_and_is_private",
        "tests/cli/test_locate.py::test_a_server_can_be_found_from_start_to_end",
        "tests/talon_user/test_proof.py::test_the_running_bridge_is_found",
    ),
    # Another program that you run
    "`/control` and `/computer` require the control token": (
        "tests/server/http/test_access.py::test_every_path_declares_the_access_of_its_family",
        "tests/server/api/test_control.py::test_without_the_token_nothing_changes",
    ),
    "`computer_use` on `/v1` requires the control token": (
        "tests/server/http/test_asker.py::test_a_program_is_asked_about_before_it_uses_the_desktop",
        "tests/server/http/test_asker.py::test_the_control_token_is_not_asked_about",
        "tests/server/http/test_asker.py::test_an_access_key_needs_the_right",
    ),
    "The bridge identifies the program by its connection": (
        "tests/server/http/test_asker.py::test_the_log_does_not_believe_the_caller",
        "tests/computer/approval/test_asker.py"
        "::test_the_name_that_a_program_gives_itself_is_only_quoted",
    ),
    "Approvals of programs end when computer use is turned off": (
        "tests/server/http/test_asker.py::test_an_approval_ends_when_computer_use_is_turned_off",
    ),
    # Text that Claude reads
    "Computer use is off at the start": (
        "tests/computer/test_service.py::test_computer_use_is_off_at_first",
        "tests/server/api/computer/test_desktop.py::test_no_api_key_and_no_prompt_can_turn_it_on",
    ),
    "In the modes that ask, every step": (
        "tests/server/api/computer/test_desktop.py::test_nothing_happens_before_the_user_approves",
        "tests/server/api/computer/test_desktop.py::test_only_risky_batches_need_approval",
        "tests/server/api/computer/test_desktop.py::test_an_approval_shows_all_that_is_typed",
        "tests/tray/test_menu.py::test_what_is_not_shown_whole_cannot_be_approved_in_the_menu",
    ),
    "In the mode that asks before risky steps, you are asked at the first input": (
        "tests/server/api/computer/test_apps.py"
        "::test_the_first_contact_is_asked_about_and_once_is_once",
        "tests/server/api/computer/test_apps.py::test_another_programs_class_and_title_get_nothing",
        "tests/computer/native/x11/test_apps.py"
        "::test_class_title_and_process_of_another_program_get_nothing",
    ),
    "What you allow in an app never covers terminals": (
        "tests/computer/apps/test_levels.py"
        "::test_everything_in_a_program_does_not_cover_terminals_and_the_bridge_itself",
        "tests/computer/apps/test_levels.py::test_a_password_asks_at_every_level",
        "tests/computer/apps/test_levels.py::test_the_outcome_by_mode_level_and_risk",
    ),
    "An app that Claude may only look at gets no input": (
        "tests/server/api/computer/test_apps.py"
        "::test_a_program_that_claude_may_only_look_at_gets_nothing_in_any_mode",
        "tests/computer/native/x11/test_apps.py"
        "::test_one_program_is_only_looked_at_and_another_one_is_clicked",
    ),
    "On X11, what is risky is judged by the element": (
        "tests/computer/rules/test_shipped.py::test_a_click_is_judged_by_what_it_hits",
        "tests/computer/test_batch.py"
        "::test_a_risk_that_appears_in_a_batch_is_not_done_without_a_new_approval",
        "tests/computer/elements/test_atspi.py::test_a_page_in_chromium_tells_its_controls",
    ),
    "Another button than the approved one": (
        "tests/computer/test_batch.py::test_another_element_than_the_approved_one_is_not_clicked",
    ),
    "Where a program tells its password fields": (
        "tests/computer/screen/test_capture.py::test_password_fields_are_black_in_every_picture",
        "tests/computer/elements/test_atspi.py::test_password_fields_are_where_the_window_says",
    ),
    "Typing into one always needs your approval": (
        "tests/computer/rules/test_shipped.py"
        "::test_a_password_field_always_asks_whatever_the_users_rules_are",
        "tests/computer/test_batch.py::test_what_is_typed_into_a_password_field_is_shown_to_no_one",
        "tests/computer/test_action_log.py"
        "::test_text_for_a_password_field_is_not_written_whatever_its_window_is",
    ),
    "Windows on the `never` list are black": (
        "tests/computer/test_effects.py::test_no_action_touches_a_window_on_the_never_list",
        "tests/computer/screen/test_capture.py::test_secret_windows_are_black_in_every_picture",
        "tests/computer/screen/test_pictures.py::test_at_any_scale_no_pixel_shows_a_secret",
    ),
    "If another window appears that would get the input": (
        "tests/computer/native/x11/test_changed_window.py"
        "::test_a_terminal_that_opens_while_typing_gets_at_most_eight_characters",
        "tests/computer/test_window_guard.py::test_an_action_stops_when_a_window_opens",
    ),
    "The stop key, the mouse in a corner of the screen": (
        "tests/computer/test_service.py"
        "::test_the_stop_key_ends_the_session_and_turns_computer_use_off",
        "tests/computer/mouse/test_guard.py::test_a_push_into_any_corner_of_any_screen_is_a_stop",
        "tests/server/api/computer/test_desktop.py::test_a_moved_mouse_ends_the_batch",
        "tests/server/api/computer/test_desktop.py::test_a_stop_ends_any_action",
    ),
    "A log has every action that was carried out": (
        "tests/server/api/computer/test_desktop.py::test_the_log_has_the_action_the_caller_and_the_approver",
    ),
    # Someone who gets your disk
    "The log (unless you set `log_content`) and the ledger": (
        "tests/attacks/test_secrets.py::test_content_is_not_in_the_log",
        "tests/attacks/test_secrets.py::test_no_secret_is_in_the_ledger",
        "tests/server/api/test_stored.py::test_nothing_that_was_said_is_on_disk",
    ),
    "Only responses sent with `store: true`": (
        "tests/server/api/test_stored.py::test_nothing_that_was_said_is_on_disk",
        "tests/store/test_responses.py::test_responses_on_disk_are_limited_by_number_and_age",
        "tests/store/test_thinking.py::test_the_file_is_limited_by_number_and_age",
        "tests/computer/test_action_log.py::test_a_full_log_is_rotated",
    ),
    "`claude-bridge forget --all` deletes them": (
        "tests/cli/test_forget.py::test_a_running_bridge_forgets_and_a_killed_one_leaves_no_trace",
    ),
    # A program that sends too much, or does not read
    "The bodies of all requests together are bounded": (
        "tests/server/http/test_body_memory.py"
        "::test_many_bodies_at_once_are_bounded_after_decompression",
    ),
    "Images, and the parsing of large bodies, run in two threads": (
        "tests/resilience/test_heavy_work.py::test_no_more_threads_work_than_allowed",
        "tests/resilience/test_heavy_work.py::test_a_leaving_client_frees_its_thread",
    ),
    "Connections that stop sending or reading are closed": (
        "tests/server/http/test_header_timeout.py"
        "::test_an_incomplete_header_is_aborted_after_the_timeout",
        "tests/server/http/test_body_memory.py::test_a_body_that_stops_arriving_is_given_up",
        "tests/server/http/test_protocol.py::test_a_client_that_does_not_read_is_disconnected",
    ),
    # A key in the wrong place
    "Keys are in the system's keyring, or without one in a file": (
        "tests/keys/test_chain.py::test_with_a_keyring_no_file_contains_the_keys",
        "tests/keys/test_chain.py::test_without_a_keyring_keys_are_stored_in_a_private_file",
    ),
    "No command takes a key as an argument": (
        "tests/cli/test_main.py::test_no_command_takes_a_key_as_an_argument",
        "tests/cli/test_main.py::test_no_setting_is_a_secret",
    ),
    "Keys are redacted in logs and errors": (
        "tests/test_logs.py::test_keys_are_redacted",
        "tests/attacks/test_secrets.py::test_the_users_key_is_neither_logged_nor_returned",
        "tests/attacks/test_secrets.py::test_a_clients_key_is_neither_logged_nor_returned",
    ),
    "Keys of other services, sign-in tokens and access keys": (
        "tests/keys/test_shape.py::test_what_is_no_key_of_anthropic_is_refused_by_name",
    ),
    "Claude Code gets no API key": (
        "tests/backends/claude_code/test_command.py"
        "::test_the_environment_has_no_key_and_no_configuration",
    ),
    "Your API key does not follow a redirect": (
        "tests/server/test_odd_answers.py::test_a_redirect_does_not_take_the_key_along",
    ),
    # Damaged files
    "Without readable rules (`computer.toml`)": (
        "tests/computer/test_policy.py"
        "::test_rules_that_cannot_be_read_are_not_replaced_by_the_built_in_ones",
    ),
    "Without readable settings the bridge does not start": (
        "tests/cli/test_homes.py::test_settings_that_cannot_be_read_are_said",
        "tests/test_settings.py::test_a_file_whose_link_is_broken_is_not_read_as_no_file",
    ),
    "Keys that are saved but cannot be read": (
        "tests/keys/test_chain.py"
        "::test_a_keyring_that_cannot_be_read_does_not_disable_access_control",
        "tests/keys/test_chain.py::test_a_file_that_cannot_be_read_does_not_disable_access_control",
    ),
    "A control token that others may know": (
        "tests/test_private_files.py::test_a_token_that_others_may_know_or_guess_is_replaced",
    ),
    # What is not protected
    "Another program that takes the port gets the page's session": (
        "tests/store/test_page_sessions.py::test_a_session_ends_with_the_server",
    ),
}

PRIVACY: Mapping[str, Tests] = {
    "| [recorded requests](inspect.md)": (
        "tests/inspect/test_recorder.py::test_it_is_off_until_it_is_turned_on_and_again_at_its_end",
        "tests/inspect/test_recorder.py::test_the_oldest_goes_when_there_are_too_many",
        "tests/server/http/recording/test_exchange.py::test_nothing_is_stored_anywhere_while_it_is_off",
    ),
    # What leaves your computer
    "Your requests are sent to Anthropic": (
        "tests/backends/test_conformance.py::test_text_streams_as_it_is_written",
        "tests/backends/anthropic_api/test_transport.py::test_the_sdk_sends_the_same",
    ),
    "Its telemetry and its updates are turned off": (
        "tests/backends/claude_code/test_command.py"
        "::test_the_environment_has_no_key_and_no_configuration",
    ),
    "Addresses in a request": ("tests/translate/chat/test_media.py::test_an_address_is_passed_on",),
    "Embeddings are computed on your computer": (
        "tests/embeddings/test_local.py::test_the_models_own_name_gives_its_own_length",
        "tests/server/api/test_embeddings.py::test_the_model_that_answered_is_reported",
    ),
    "The built-in model is installed with the bridge": (
        "tests/embeddings/test_sources.py::test_the_built_in_model_answers_without_a_download",
        "tests/embeddings/test_sources.py::test_a_new_installation_uses_the_built_in_model",
    ),
    "Another model that you choose (`embedding_model`) is downloaded once": (
        "tests/embeddings/test_local.py::test_a_downloaded_model_is_not_downloaded_again",
        "tests/embeddings/test_local.py::test_the_hub_library_sends_no_telemetry_and_does_not_use_xet",
    ),
    "Nothing checks for updates": (
        "tests/test_house.py::test_no_package_index_is_asked_for_a_newer_version",
    ),
    "An Anthropic API key is sent to Anthropic when you save it": (
        "tests/backends/anthropic_api/test_key_check.py"
        "::test_a_right_key_is_accepted_by_one_request_for_one_model",
        "tests/server/test_rejected_credential.py::test_a_key_is_checked_before_it_is_saved",
    ),
    "While the Anthropic API is the backend": (
        "tests/models/test_catalogue.py"
        "::test_the_list_is_loaded_once_in_ten_minutes_without_retired_models",
        "tests/server/test_rejected_credential.py::test_a_replaced_key_is_ready_without_a_restart",
    ),
    "By that it also sees whether the key works": (
        "tests/server/test_rejected_credential.py"
        "::test_a_wrong_key_in_the_environment_is_noticed_at_the_start",
    ),
    # What is stored, and where
    "Set `CLAUDE_BRIDGE_HOME`": (
        "tests/test_settings.py::test_claude_bridge_home_moves_all_three_folders",
    ),
    "| Linux |": ("tests/test_paths.py::test_the_folders_of_a_platform",),
    "| macOS |": ("tests/test_paths.py::test_the_folders_of_a_platform",),
    "| Windows |": ("tests/test_paths.py::test_the_folders_of_a_platform",),
    "Chats (`/v1/chat/completions`": (
        "tests/server/api/test_stored.py::test_nothing_that_was_said_is_on_disk",
        "tests/store/test_thinking.py::test_with_zero_days_there_is_no_file",
    ),
    "Of `/v1/responses`, only what was sent": (
        "tests/store/test_responses.py::test_only_what_is_to_be_on_disk_survives_a_restart",
        "tests/server/api/responses/test_resource.py"
        "::test_a_response_with_store_false_is_not_stored",
    ),
    "| `config.toml`, `computer.toml` |": (
        "tests/test_autostart.py"
        "::test_the_settings_file_is_made_with_every_setting_and_changes_none",
        "tests/computer/test_policy.py::test_a_users_file_replaces_the_rules",
    ),
    "| `plan.sqlite3` |": (
        "tests/plan/test_storage.py::test_a_record_is_the_same_after_a_restart",
        "tests/plan/test_tracker.py::test_a_restart_forgets_nothing",
    ),
    "| `ledger.sqlite3` |": (
        "tests/store/test_ledger.py::test_rows_are_limited_by_age_and_number",
        "tests/docs/test_promises.py::test_the_limits_on_the_page_are_those_of_the_code",
        "tests/attacks/test_secrets.py::test_no_secret_is_in_the_ledger",
    ),
    "| `responses.sqlite3` |": (
        "tests/store/test_responses.py::test_responses_on_disk_are_limited_by_number_and_age",
        "tests/store/test_responses.py::test_the_state_of_a_job_survives_and_a_killed_one_is_failed",
        "tests/docs/test_promises.py::test_the_limits_on_the_page_are_those_of_the_code",
    ),
    "| `thinking.sqlite3` |": (
        "tests/store/test_thinking.py::test_the_file_is_limited_by_number_and_age",
        "tests/store/test_thinking.py::test_with_zero_days_there_is_no_file",
    ),
    "| `computer-log.jsonl`, `.1` |": (
        "tests/computer/test_action_log.py::test_a_full_log_is_rotated",
        "tests/computer/test_action_log.py::test_thumbnails_are_written_only_if_requested",
        "tests/computer/test_action_log.py::test_what_may_be_a_password_is_left_out_in_every_form",
        "tests/docs/test_promises.py::test_the_limits_on_the_page_are_those_of_the_code",
    ),
    "| `*.sqlite3.damaged-DATE` |": (
        "tests/store/test_database.py::test_few_damaged_files_are_kept",
    ),
    "| `connections/` |": (
        "tests/connect/test_writer.py::test_a_file_with_a_key_is_only_for_the_user_until_undo",
        "tests/connect/test_writer.py::test_connect_and_undo_give_the_same_bytes",
    ),
    "| `control-token` |": ("tests/test_private_files.py::test_the_control_token_stays_the_same",),
    "| `running.json`, `running-PORT.json` |": (
        "tests/test_running.py::test_a_server_removes_its_own_file_only",
        "tests/test_running.py::test_a_second_server_of_the_same_folder_has_a_file_of_its_own",
    ),
    "| `computer-apps.json` |": (
        "tests/computer/apps/test_store.py::test_a_decision_is_remembered_after_a_restart",
        "tests/computer/apps/test_store.py::test_only_the_user_can_read_the_file",
        "tests/server/api/computer/test_apps.py::test_a_decision_is_changed_and_revoked",
    ),
    "| `proofs.json` |": (
        "tests/server/api/test_connections.py::"
        "test_a_proof_outlives_the_server_and_is_forgotten_with_the_connection",
    ),
    "| `portal-token` |": (
        "tests/computer/native/portal/test_session.py"
        "::test_the_permission_is_remembered_in_a_private_file",
    ),
    "| `model-aliases.json` |": (
        "tests/server/api/test_aliases.py::test_a_saved_name_applies_at_once_and_after_a_restart",
    ),
    "| `routing-rules.json` |": (
        "tests/routing/test_table.py::test_saved_rules_come_first_and_are_there_after_a_restart",
    ),
    "| `pages/` |": (
        "tests/store/test_redirect_files.py::test_a_file_is_removed_when_its_ticket_has_expired",
    ),
    "| `claude-code/` |": (
        "tests/backends/claude_code/test_leaks.py::test_requests_of_which_a_third_are_cut_off_leave_nothing",
    ),
    "A Claude Code process has the conversation": (
        "tests/backends/claude_code/test_sessions.py::test_a_session_ends_when_its_time_is_over",
    ),
    "Claude Code also lists its running processes": (
        "tests/backends/claude_code/test_process.py::test_files_of_a_killed_process_are_removed",
    ),
    "| `embedding-models/` |": (
        "tests/embeddings/test_local.py::test_a_downloaded_model_is_not_downloaded_again",
    ),
    "| `keys.json` |": (
        "tests/keys/test_chain.py::test_with_a_keyring_no_file_contains_the_keys",
        "tests/keys/test_chain.py::test_keys_move_from_the_file_into_a_new_keyring",
    ),
    "| `keys-kept`, `key-required` |": (
        "tests/keys/test_chain.py::test_only_removing_the_last_access_key_removes_the_mark",
    ),
    "| `keys.lock`, `.config.toml.lock` |": (
        "tests/keys/test_chain.py::test_two_processes_that_save_at_once_lose_no_key",
        "tests/cli/config/test_command.py"
        "::test_settings_that_are_saved_at_the_same_time_are_all_in_the_file",
    ),
    "| `tray.json` |": (
        "tests/tray/test_preferences.py"
        "::test_preferences_are_stored_and_a_broken_file_counts_as_new",
        "tests/tray/test_preferences.py::test_alerts_are_remembered_after_a_restart",
    ),
    "| `tray.lock`, `tray.port` |": (
        "tests/tray/test_single_instance.py::test_only_the_first_instance_gets_the_lock",
        "tests/tray/test_single_instance.py"
        "::test_a_second_instance_needs_the_secret_to_notify_the_first",
    ),
    "| `talon.json` |": (
        "tests/talon_user/commands/test_models.py::test_only_the_user_can_read_the_saved_state",
        "tests/talon_user/commands/test_models.py::test_a_chosen_model_survives_a_restart",
    ),
    "| `bridge.log`, in the logs folder |": (
        "tests/test_logs.py::test_the_files_are_rotated",
        "tests/test_logs.py::test_messages_of_exceptions_are_logged_on_request",
        "tests/attacks/test_secrets.py::test_content_is_not_in_the_log",
        "tests/docs/test_promises.py::test_the_limits_on_the_page_are_those_of_the_code",
    ),
    "Only you can read these folders and files": (
        "tests/cli/test_homes.py::test_everything_that_is_written_is_private",
    ),
    "Files with wider permissions are restricted": (
        "tests/test_private_modes.py::test_what_an_earlier_version_wrote_becomes_private",
    ),
    "If a folder cannot be written": (
        "tests/cli/test_homes.py::test_the_server_answers_without_a_home",
        "tests/test_log_file.py::test_a_folder_that_cannot_be_made_again_is_said_once",
    ),
    "Keys are in the system's keyring, if there is one": (
        "tests/keys/test_chain.py::test_with_a_keyring_no_file_contains_the_keys",
    ),
    "Claude Code stores your sign-in itself": (
        "tests/cli/test_main.py::test_login_runs_claude_codes_own_sign_in",
        "tests/backends/claude_code/sign_in/test_status.py::test_the_credentials_are_never_read",
    ),
    "They exist only if you turn them on": (
        "tests/end_to_end/test_tray_menu.py"
        "::test_start_at_login_writes_and_removes_the_autostart_entry",
        "tests/cli/test_talon.py::test_removing_the_link_leaves_its_target",
    ),
    "For a browser from a snap": (
        "tests/store/test_redirect_files.py::test_a_browser_from_a_snap_has_a_folder_of_its_own",
    ),
    "Responses carry `Cache-Control: no-store`": (
        "tests/server/http/test_caching.py::test_every_endpoint_forbids_storing",
        "tests/server/http/test_caching.py::test_streams_and_errors_forbid_it_too",
    ),
    "| responses |": (
        "tests/store/test_responses.py::test_memory_is_limited_by_number_size_and_time",
        "tests/docs/test_promises.py::test_the_limits_on_the_page_are_those_of_the_code",
    ),
    "| a WebSocket's responses |": (
        "tests/server/api/test_stored.py::test_a_socket_forgets_what_it_has_remembered",
        "tests/docs/test_promises.py::test_the_limits_on_the_page_are_those_of_the_code",
    ),
    "| turns with thinking and tool calls |": (
        "tests/store/test_thinking.py::test_memory_is_limited_and_the_file_has_the_rest",
        "tests/docs/test_promises.py::test_the_limits_on_the_page_are_those_of_the_code",
    ),
    "Ages are counted while the bridge runs": (
        "tests/store/test_age.py::test_time_that_passes_counts",
    ),
    "The time between two runs counts as 7 days at most": (
        "tests/store/test_age.py::test_time_between_two_runs_counts_up_to_seven_days",
        "tests/store/test_responses.py::test_a_clock_that_jumps_deletes_nothing_that_is_recent",
    ),
    "At most the older half of a file's rows": (
        "tests/store/test_responses.py::test_a_start_deletes_half_at_most",
    ),
    "Deleted rows are overwritten in the file": (
        "tests/store/test_responses.py::test_a_deleted_response_leaves_nothing_in_any_file",
    ),
    # Delete it
    "`claude-bridge forget --all` deletes everything": (
        "tests/cli/test_forget.py::test_a_running_bridge_forgets_and_a_killed_one_leaves_no_trace",
        "tests/server/api/test_stored.py"
        "::test_what_was_stored_is_deleted_for_good_while_the_bridge_runs",
    ),
    "So does *Delete stored content* on the dashboard": (
        "tests/web/test_stored.py::test_the_user_sees_and_deletes_what_is_stored",
    ),
    "`--older-than 7d` deletes what is older": (
        "tests/store/test_responses.py::test_those_older_than_an_age_can_be_deleted",
        "tests/server/api/test_stored.py"
        "::test_the_log_of_computer_use_has_what_was_typed_and_is_deleted_by_age",
    ),
    "If you have set up [clouds](clouds.md), requests may be sent to Amazon": (
        "tests/backends/anthropic_api/clouds/test_backend.py::test_an_answer_streams",
        "tests/backends/anthropic_api/clouds/test_backend.py"
        "::test_a_cloud_takes_over_from_a_limited_key",
    ),
    "`--all --usage` deletes the usage records": (
        "tests/cli/test_forget.py::test_usage_records_are_deleted_with_everything_only",
        "tests/server/api/test_budgets.py"
        "::test_deleting_usage_records_does_not_reset_a_running_budget",
    ),
    "The command works whether the bridge runs or not": (
        "tests/cli/test_forget.py::test_without_a_bridge_the_files_are_cleaned",
        "tests/cli/test_forget.py::test_a_running_bridge_forgets_and_a_killed_one_leaves_no_trace",
    ),
    "It leaves nothing in free pages": (
        "tests/store/test_responses.py::test_a_deleted_response_leaves_nothing_in_any_file",
        "tests/store/test_responses.py"
        "::test_content_that_an_earlier_version_deleted_is_erased_at_the_upgrade",
    ),
    # Your subscription
    "If other computers can reach the bridge": (
        "tests/keys/test_chain.py::test_claude_code_is_not_offered_on_a_public_address",
    ),
}

PROMISES: Mapping[str, Mapping[str, Tests]] = {
    "SECURITY.md": SECURITY,
    "docs/privacy.md": PRIVACY,
    "README.md": README,
    "docs/accounts.md": ACCOUNTS,
    "docs/claude-code.md": CLAUDE_CODE,
    "docs/limitations.md": LIMITATIONS,
    "docs/monitoring.md": MONITORING,
    "docs/troubleshooting.md": TROUBLESHOOTING,
    "docs/computer-use.md": COMPUTER_USE,
    "talon_user/README.md": TALON,
}

NO_PROMISES: Mapping[str, Tests] = {
    "SECURITY.md": (
        "Please report it in private",
        "If you got the bridge from a repository",
        "Send the versions",
        "Each of these sentences has a test",
        "It could ",
        "They could ",
        "Text on the screen or on the web could",
        "Without one, every program on this computer",
        "What is stored on disk",
        "A program that already runs as you",
        "A dashboard that stays open after the bridge has stopped",
        "Enter none while it says",
        "An approved program may forward",
        "Approve a proxy only if",
        "The bridge has no TLS",
        "To reach it from another computer",
        "The rules for risky actions look at",
        "They help a user who watches",
        "Programs choose what they tell",
        "On Windows elements are read by UI Automation",
        "Claude Code and the SDKs are used as published",
    ),
    "docs/privacy.md": (
        "With computer use, this includes screenshots",
        "Claude Code adds the operating system",
        "The bridge uses three folders",
        "Beside a `.sqlite3` file",
        "Some things are in other places",
        "Start at login and the voice commands are entries",
        "Signing in to the unmodified Claude Code",
        "Do not offer it to others",
    ),
}
