"""What the menu shows of a change, until the server's own value is known."""

from __future__ import annotations

from dataclasses import replace

from bridge.wire.computer_status import ComputerHealth
from tests.tray.statuses import OPUS, RUNNING, SONNET
from tray.status import Status
from tray.switches import SwitchChanges

TO_SONNET = {"model": SONNET["id"]}


def test_a_choice_is_shown_before_the_server_replies() -> None:
    switches = SwitchChanges()
    switches.request({"model": SONNET["id"], "backend": "offline"})
    shown = switches.apply_to(RUNNING)
    assert (shown.model, shown.setting) == (SONNET["id"], "offline")
    assert shown.backend == RUNNING.backend, "only the server knows which one it will use"


def test_paused_and_the_mode_of_computer_use_are_shown_once_the_server_accepted_them() -> None:
    switches = SwitchChanges()
    changes = {"paused": True, "computer": "ask"}
    switches.request(changes)
    assert switches.apply_to(RUNNING) == RUNNING, "a request would still be answered"
    switches.accept(changes, now=10.0)
    switches.settle(9.9)
    shown = switches.apply_to(RUNNING)
    assert shown.paused
    assert shown.computer == ComputerHealth(mode="ask")
    switches.settle(10.0)
    assert switches.apply_to(RUNNING) == RUNNING


def test_a_rejected_pause_is_never_shown() -> None:
    switches = SwitchChanges()
    switches.request({"paused": True})
    switches.reject({"paused": True})
    assert switches.apply_to(RUNNING) == RUNNING


def test_a_change_is_shown_for_a_running_server_only() -> None:
    switches = SwitchChanges()
    switches.request(TO_SONNET)
    assert switches.apply_to(Status("stopped")) == Status("stopped")


def test_a_rejected_change_is_reverted() -> None:
    switches = SwitchChanges()
    switches.request(TO_SONNET)
    switches.reject(TO_SONNET)
    assert switches.apply_to(RUNNING) == RUNNING
    assert switches.as_flags() == []


def test_a_report_requested_before_the_change_does_not_undo_it() -> None:
    switches = SwitchChanges()
    switches.request(TO_SONNET)
    switches.settle(5.0)
    switches.accept(TO_SONNET, now=10.0)
    switches.settle(9.9)
    assert switches.apply_to(RUNNING).model == SONNET["id"]


def test_after_the_next_report_the_servers_value_is_shown() -> None:
    switches = SwitchChanges()
    switches.request(TO_SONNET)
    switches.accept(TO_SONNET, now=10.0)
    switches.settle(10.0)
    assert switches.apply_to(RUNNING).model == OPUS["id"]


def test_the_last_of_two_quick_clicks_is_shown() -> None:
    switches = SwitchChanges()
    to_opus = {"model": OPUS["id"]}
    switches.request(TO_SONNET)
    switches.request(to_opus)
    switches.accept(TO_SONNET, now=1.0)
    switches.settle(2.0)
    assert switches.apply_to(replace(RUNNING, model=SONNET["id"])).model == OPUS["id"]
    switches.reject(TO_SONNET)
    assert switches.apply_to(replace(RUNNING, model=SONNET["id"])).model == OPUS["id"]


def test_a_restarted_server_gets_accepted_changes_but_is_not_paused() -> None:
    switches = SwitchChanges()
    changes = {"model": "claude-haiku-5-5", "use_for_everything": True, "paused": True}
    switches.accept({**changes, "computer": "ask"}, now=1.0)
    assert switches.as_flags() == [
        *("--model", "claude-haiku-5-5"),
        *("--use-for-everything", "True"),
    ]
