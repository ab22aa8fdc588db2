"""Tests of “claude help” and “claude doctor”."""

from __future__ import annotations

import platform

from bridge import __version__
from tests.talon_user.commands.conftest import MakeTalk, Talk
from tests.talon_world.apps import App


async def test_help_lists_loaded_commands_and_can_be_searched(make_talk: MakeTalk) -> None:
    talk = make_talk(gui={"canvas"})
    talk.world.open()
    talk.world.add_list("user.claude_my_prompt", make_it_rhyme="Make it rhyme.")
    await talk.say("claude help rhyme")
    assert talk.world.seen == [
        "Commands with “rhyme”", "", "my prompt: make it rhyme – Make it rhyme.",
    ]  # fmt: skip
    await talk.say("claude help forget that")
    assert talk.world.seen == ["Commands with “forget that”", "", "claude forget that"]
    await talk.say("claude help banana")
    assert talk.world.seen[2] == "No command contains “banana”."
    await talk.say("claude help")
    assert "claude again on ‹source›" in talk.world.seen or "…" in talk.world.seen
    await talk.say("claude close")
    assert talk.world.seen == []


async def test_help_without_a_hud_is_a_notification(talk: Talk) -> None:
    talk.world.open()
    await talk.say("claude help undo")
    assert talk.notes == ["claude undo"]


async def test_the_doctor_finds_a_running_bridge(make_talk: MakeTalk) -> None:
    talk = make_talk(community=True, gui={"canvas"})
    talk.world.open()
    await talk.say("claude doctor")
    seen = talk.world.seen
    assert f"Bridge: version {__version__} at {talk.bridge.url}" in seen
    assert "Model: claude-sonnet-5-5" in seen
    assert "community: found" in seen
    assert "Clipboard: found" in seen
    assert "Control token: found" in seen
    assert f"Python: {platform.python_version()}" in seen


async def test_the_doctor_reports_problems_with_hints(talk: Talk, notes: App) -> None:
    await talk.stop_bridge()
    await talk.say("claude doctor")
    (notice,) = talk.notes
    assert "Start it from its tray icon or run claude-bridge." in notice
    assert "community: not loaded" in notice
    assert "Answer window: canvas and imgui not found" in notice
