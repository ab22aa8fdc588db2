"""What the README and the page on computer use promise, and the tests that hold it."""

from __future__ import annotations

from collections.abc import Mapping

Tests = tuple[str, ...]

README: Mapping[str, Tests] = {
    "Your requests go to Claude and to no other service": (
        "tests/backends/test_conformance.py::test_text_streams_as_it_is_written",
        "tests/server/api/test_embeddings.py::test_a_service_needs_an_address",
    ),
    "The bridge asks Anthropic whether the key is right": (
        "tests/keys/test_chain.py::test_the_command_checks_a_key_before_it_saves_it",
        "tests/keys/test_chain.py::test_without_a_keyring_keys_are_stored_in_a_private_file",
    ),
    "| neither, and want to test a program |": (
        "tests/backends/test_echo.py::test_the_echo_never_answers_for_claude",
    ),
    "If you have both, `backend": (
        "tests/backends/test_selection.py::test_auto_prefers_a_sign_in_over_a_key",
    ),
    "It never falls back from the subscription to a paid key": (
        "tests/backends/test_selection.py::test_a_rejected_sign_in_never_falls_back_to_the_key",
        "tests/server/test_rejected_credential.py"
        "::test_a_rejected_sign_in_never_leads_to_the_paid_key",
    ),
    "The bridge starts Claude Code's own program": (
        "tests/test_settings.py::test_without_a_file_the_defaults_apply",
        "tests/backends/claude_code/test_command.py::test_the_bundled_program_is_found",
        "tests/backends/claude_code/sign_in/test_status.py::test_the_credentials_are_never_read",
        "tests/attacks/test_secrets.py::test_the_debug_log_of_the_real_program_has_no_secret",
    ),
    "Unsupported parameters are never silently ignored": (
        "tests/server/api/test_chat.py::test_notices_come_in_a_header",
        "tests/server/api/test_completions.py"
        "::test_every_parameter_is_mapped_or_ignored_with_a_reason",
        "tests/server/api/responses/test_resource.py"
        "::test_every_parameter_is_mapped_rejected_or_ignored",
    ),
    "Computer use is **off until you turn it on**": (
        "tests/computer/test_service.py::test_computer_use_is_off_at_first",
    ),
    "No API key, prompt or web page can turn it on": (
        "tests/server/api/computer/test_desktop.py::test_no_api_key_and_no_prompt_can_turn_it_on",
        "tests/attacks/test_raw.py::test_a_page_of_another_site_is_rejected_even_with_the_token",
    ),
    "| off |": (
        "tests/server/api/computer/test_desktop.py::test_nothing_happens_while_computer_use_is_off",
    ),
    "| ask before each step |": (
        "tests/computer/test_permission.py::test_in_mode_ask_each_batch_needs_approval",
        "tests/web/test_computer.py::test_the_user_approves_or_denies_a_batch",
    ),
    "| ask before risky steps |": (
        "tests/computer/test_permission.py::test_in_mode_ask_risky_only_risky_batches_need_approval",
        "tests/computer/test_policy.py::test_risks_of_actions",
    ),
    "| allow for 15 minutes |": (
        "tests/computer/test_permission.py::test_a_timed_grant_ends_automatically",
        "tests/computer/test_service.py::test_a_timed_grant_ends_a_batch_that_is_running",
    ),
    "Each of these stops Claude at once": (
        "tests/computer/test_service.py"
        "::test_the_stop_key_ends_the_session_and_turns_computer_use_off",
        "tests/computer/mouse/test_guard.py::test_a_push_into_any_corner_of_any_screen_is_a_stop",
        "tests/computer/test_performer.py::test_a_stop_at_any_check_leaves_nothing_pressed",
        "tests/web/test_computer.py::test_the_user_stops_claude_while_it_works",
        "tests/talon_user/commands/test_computer.py"
        "::test_stop_ends_the_run_and_switches_computer_use_off",
        "tests/cli/computer/test_commands.py::test_stop_ends_the_action_and_turns_computer_use_off",
        "tests/server/api/computer/test_desktop.py::test_a_moved_mouse_ends_the_batch",
    ),
    "Focus a text field and say": (
        "tests/talon_user/commands/test_focus.py::test_no_text_is_lost_when_the_focus_moves",
        "tests/talon_user/test_voice.py::test_another_window_gets_nothing_and_resume_continues",
    ),
    "The server listens on this computer only": (
        "tests/keys/test_chain.py::test_a_public_address_needs_an_access_key",
        "tests/keys/test_chain.py::test_claude_code_is_not_offered_on_a_public_address",
    ),
    "It refuses calls from web pages": (
        "tests/server/http/test_guard.py::test_who_may_call",
        "tests/attacks/test_pages.py::test_a_page_reads_nothing_and_sends_claude_nothing",
    ),
    "Changing its state needs a token": (
        "tests/server/api/test_control.py::test_without_the_token_nothing_changes",
        "tests/server/api/test_control.py::test_only_its_owner_can_read_the_token_file",
    ),
    "The log contains ids, models, times": (
        "tests/attacks/test_secrets.py::test_content_is_not_in_the_log",
        "tests/test_logs.py::test_keys_are_redacted",
    ),
}

COMPUTER_USE: Mapping[str, Tests] = {
    "The first time a program sends a request with computer use": (
        "tests/server/http/test_asker.py::test_a_program_is_asked_about_before_it_uses_the_desktop",
    ),
    "Requests not approved within 60 seconds are denied": (
        "tests/computer/approval/test_pending.py::test_an_unanswered_approval_is_denied",
    ),
    "While Claude works, a border surrounds the screen": (
        "tests/computer/native/test_service.py::test_the_border_is_shown_and_the_user_can_stop",
        "tests/end_to_end/test_tray_menu.py::test_computer_use_is_shown_approved_and_stopped",
    ),
    "A task ends at `computer_max_steps`": (
        "tests/server/api/computer/test_desktop.py::test_a_limit_ends_the_task_with_an_answer",
    ),
    "It forwards them to the running bridge": (
        "tests/cli/test_mcp.py::test_a_refusal_is_explained",
        "tests/cli/test_mcp.py::test_a_screenshot_and_a_click",
    ),
    "Your `risky` rules replace the built-in ones": (
        "tests/computer/test_policy.py::test_a_users_file_replaces_the_rules",
    ),
    "The `never` list comes first, for every action": (
        "tests/computer/test_effects.py::test_no_action_touches_a_window_on_the_never_list",
        "tests/server/api/computer/test_desktop.py"
        "::test_a_drag_over_two_batches_is_kept_out_of_windows_on_the_never_list",
    ),
    "If another window gets the keyboard while Claude types": (
        "tests/computer/native/x11/test_changed_window.py"
        "::test_a_terminal_that_opens_while_typing_gets_at_most_eight_characters",
    ),
    "Each action is logged in `computer-log.jsonl`": (
        "tests/server/api/computer/test_desktop.py::test_the_log_has_the_action_the_caller_and_the_approver",
    ),
    "Text for a password field, or for a window whose title has": (
        "tests/computer/test_action_log.py::test_what_may_be_a_password_is_left_out_in_every_form",
    ),
    "Screenshots are logged only with": (
        "tests/computer/test_action_log.py::test_thumbnails_are_written_only_if_requested",
    ),
    "| GNOME 43 | screenshots, input": (
        "tests/computer/native/portal/test_form.py::test_claude_fills_in_a_form",
        "tests/computer/native/portal/test_input.py::test_elements_are_used_by_name_and_have_no_place",
    ),
    "| desktops with the Screenshot portal alone": (
        "tests/computer/native/portal/test_session.py"
        "::test_where_only_screenshots_are_offered_claude_sees_and_does_nothing",
    ),
    "A no holds for five minutes": (
        "tests/computer/native/portal/test_session.py::test_a_no_is_remembered_for_a_while",
    ),
    "Where the desktop can remember that": (
        "tests/computer/native/portal/test_session.py"
        "::test_the_permission_is_remembered_in_a_private_file",
    ),
    "| places of windows | unknown": (
        "tests/computer/native/portal/test_service.py"
        "::test_no_action_while_a_never_listed_window_is_open",
    ),
    "| the pointer | known: moving the mouse stops Claude": (
        "tests/computer/native/portal/test_service.py"
        "::test_a_mouse_that_is_moved_by_hand_stops_claude",
    ),
    "| stop key | by the portal GlobalShortcuts": (
        "tests/computer/native/portal/test_service.py"
        "::test_the_stop_key_is_bound_through_the_portal",
    ),
    "| Allow once, or a yes in the tray": (
        "tests/server/api/computer/test_apps.py"
        "::test_the_first_contact_is_asked_about_and_once_is_once",
    ),
    "| Allow clicks |": (
        "tests/server/api/computer/test_apps.py"
        "::test_clicks_are_remembered_and_a_risky_step_still_asks",
        "tests/web/test_computer.py::test_the_user_decides_on_an_app_changes_it_and_removes_it",
    ),
    "| Allow everything |": (
        "tests/computer/apps/test_levels.py::test_the_outcome_by_mode_level_and_risk",
    ),
    "| Look only |": (
        "tests/server/api/computer/test_apps.py"
        "::test_a_program_that_claude_may_only_look_at_gets_nothing_in_any_mode",
    ),
    "An action that reaches several apps": (
        "tests/computer/apps/test_levels.py::test_a_drag_reaches_every_program_on_its_way",
    ),
    "Before each action of a batch the app is looked up again": (
        "tests/server/api/computer/test_apps.py::test_a_batch_that_opens_a_new_program_stops_there",
        "tests/server/api/computer/test_apps.py::test_a_revocation_ends_a_batch_that_is_running",
    ),
    "Return in an address bar is judged by what is in it": (
        "tests/computer/rules/test_shipped.py"
        "::test_return_in_an_address_bar_is_judged_by_what_is_in_it",
        "tests/computer/elements/test_atspi.py"
        "::test_the_address_bar_of_chromium_tells_what_is_in_it",
    ),
    "Unknown is what has no such name": (
        "tests/computer/native/test_app_identity.py::test_what_is_unknown",
    ),
    "Each action is checked again right before": (
        "tests/server/api/computer/test_desktop.py::test_an_action_that_becomes_risky_is_not_executed",
    ),
    "An approval is for the windows that you saw": (
        "tests/server/api/computer/test_desktop.py::test_an_approval_is_for_the_window_that_was_shown",
        "tests/server/api/computer/test_desktop.py"
        "::test_an_approval_is_not_for_a_harmless_other_window_either",
    ),
    "On a change the action stops": (
        "tests/computer/test_window_guard.py"
        "::test_what_is_dragged_goes_back_when_a_window_opens_on_the_way",
    ),
    "A place outside of the last screenshot": (
        "tests/server/api/computer/test_desktop.py"
        "::test_an_action_outside_of_the_picture_is_an_error_and_does_nothing",
    ),
    "An approval names what is hit": (
        "tests/computer/approval/test_shown.py"
        "::test_a_text_is_shown_whole_with_its_lines_and_its_length",
        "tests/computer/approval/test_visible_text.py"
        "::test_nothing_in_a_shown_text_is_hidden_and_two_texts_never_look_the_same",
    ),
    "Menus, notifications and the voice commands offer": (
        "tests/tray/test_menu.py::test_what_is_not_shown_whole_cannot_be_approved_in_the_menu",
        "tests/talon_user/commands/test_computer.py"
        "::test_a_step_that_has_to_be_cut_is_reviewed_on_the_dashboard",
    ),
    "You approve for one window": (
        "tests/server/api/computer/test_desktop.py::test_an_approved_window_is_brought_to_the_front_again",
        "tests/server/api/computer/test_desktop.py::test_an_approved_window_that_was_closed_is_reported",
    ),
    '"Allow for 15 minutes" ends when the computer sleeps': (
        "tests/test_deadline.py::test_a_sleep_ends_it",
        "tests/test_deadline.py::test_a_clock_that_is_set_ends_it_in_both_directions",
        "tests/computer/approval/test_pending.py::test_an_approval_ends_when_the_computer_sleeps",
    ),
    "The question names the program by its path and process": (
        "tests/computer/approval/test_asker.py"
        "::test_the_name_that_a_program_gives_itself_is_only_quoted",
    ),
    "Your answer holds for this program": (
        "tests/computer/approval/test_asker.py::test_an_approval_is_remembered_by_path_and_user",
        "tests/web/test_computer.py::test_a_program_is_approved_and_revoked",
    ),
    "Without a credential, programs of other users": (
        "tests/server/http/test_asker.py::test_another_user_and_an_unknown_program_are_refused",
    ),
    "Closing the connection ends the run": (
        "tests/server/api/computer/test_desktop.py::test_a_client_that_disconnects_ends_the_task",
    ),
    "Typing into a password field is always a risky step": (
        "tests/computer/rules/test_shipped.py"
        "::test_a_password_field_always_asks_whatever_the_users_rules_are",
    ),
    "One that does not is left alone for 4 s, or until it answers again": (
        "tests/computer/elements/atspi/test_passwords.py"
        "::test_a_program_is_asked_again_once_it_answers",
        "tests/computer/elements/test_atspi.py::test_a_program_that_hangs_is_left_alone_for_a_while",
    ),
    "Password fields are black in screenshots": (
        "tests/computer/screen/test_capture.py::test_password_fields_are_black_in_every_picture",
        "tests/computer/test_batch.py::test_what_is_typed_into_a_password_field_is_shown_to_no_one",
    ),
    "This is surer, takes fewer tokens than pictures, and leaves your pointer": (
        "tests/computer/elements/test_by_name.py::test_a_button",
        "tests/computer/elements/test_by_name.py::test_a_page_in_chromium",
    ),
    "An element is an `id` from a list": (
        "tests/computer/element_actions/test_perform.py"
        "::test_an_ambiguous_name_is_refused_with_candidates",
    ),
    "If it has not, the action is refused": (
        "tests/computer/element_actions/test_perform.py::test_a_changed_element_is_refused",
    ),
    "A click by name is judged like a click": (
        "tests/computer/element_actions/test_perform.py"
        "::test_a_click_by_name_is_as_risky_as_one_with_the_pointer",
        "tests/computer/element_actions/test_perform.py"
        "::test_text_that_would_be_run_is_judged_like_typed_text",
    ),
    "After an approval, no window is brought to the front": (
        "tests/server/api/computer/test_desktop.py"
        "::test_an_approved_click_by_name_leaves_the_users_window_in_front",
    ),
    "Windows on your `never` list are in no list": (
        "tests/computer/element_actions/test_perform.py"
        "::test_windows_on_the_never_list_cannot_be_named",
    ),
    "What was read is not in the log": (
        "tests/computer/element_actions/test_perform.py::test_a_text_is_quoted_and_not_in_the_log",
    ),
    "A rule holds for every action and every spelling": (
        "tests/computer/test_effects.py::test_every_rule_holds_for_every_action_with_input",
        "tests/computer/test_policy.py::test_a_rule_holds_for_every_spelling",
    ),
    "Windows on the `never` list, their title bars": (
        "tests/computer/test_effects.py::test_no_action_touches_a_window_on_the_never_list",
        "tests/computer/screen/test_pictures.py"
        "::test_a_secret_window_is_hidden_whole_even_below_another",
    ),
}

TALON: Mapping[str, Tests] = {
    "**Threads** are in the bridge's memory until it restarts": (
        "tests/store/test_responses.py::test_only_what_is_to_be_on_disk_survives_a_restart",
        "tests/talon_user/commands/test_afterwards.py::test_questions_continue_a_thread",
    ),
    "A selection is only replaced if it has not changed": (
        "tests/talon_user/commands/test_destinations.py::test_a_changed_selection_is_not_replaced",
    ),
    "**Privacy.** The clipboard is used": (
        "tests/talon_user/test_voice.py::test_all_clipboard_formats_are_restored",
        "tests/talon_user/test_voice.py::test_a_copy_during_the_stream_survives",
    ),
    "Claude is not sent the app or the window's title": (
        "tests/talon_user/commands/test_privacy.py::test_app_and_title_are_not_sent",
        "tests/talon_user/commands/test_privacy.py"
        "::test_app_and_title_are_sent_if_their_setting_allows_it",
    ),
    "In the apps of `user.claude_deny_apps`": (
        "tests/talon_user/commands/test_privacy.py"
        "::test_in_a_denied_app_nothing_is_read_sent_or_inserted",
        "tests/talon_user/commands/test_privacy.py::test_an_answer_cannot_move_to_a_denied_app",
    ),
    "The log contains only ids and times": (
        "tests/talon_user/commands/test_afterwards.py::test_only_ids_and_times_are_logged",
    ),
    "Questions and answers stay in memory until Talon exits": (
        "tests/talon_user/commands/test_models.py::test_only_the_user_can_read_the_saved_state",
    ),
}
