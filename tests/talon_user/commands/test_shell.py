"""Tests of “claude shell”: a command line is shown, confirmed, and never run."""

from __future__ import annotations

import pytest

from tests.talon_user.commands.conftest import MakeTalk, Talk
from tests.talon_world.apps import App, PasswordSafe, Terminal

NO_SUGGESTION = (
    "There is no suggested command or snippet. Say “claude shell” and what a command should do, or "
    "“claude paste” to insert the last answer."
)
OFFER = "“git log -1” – say “claude insert” to insert it, then press Enter yourself."


@pytest.mark.parametrize("answer", ["git log -1", "```sh\ngit log -1\n```", "\ngit log -1\n"])
async def test_a_command_line_is_shown_and_inserted_when_confirmed(
    make_talk: MakeTalk, answer: str
) -> None:
    talk = make_talk(gui={"canvas"})
    terminal = talk.world.open(Terminal)
    assert isinstance(terminal, Terminal)
    talk.script_answers(answer)
    await talk.say("claude shell show the last commit")
    assert (terminal.text, talk.notes) == ("", [OFFER])
    assert OFFER in talk.world.seen
    await talk.say("claude insert")
    assert (terminal.text, terminal.ran) == ("git log -1", [])
    assert talk.world.seen == []
    assert "The shell: bash on Linux." in talk.read_instructions()
    await talk.say("claude insert")
    assert talk.notes[-1] == NO_SUGGESTION
    assert terminal.text == "git log -1"


async def test_the_shell_is_a_setting(talk: Talk, notes: App) -> None:
    talk.world.set_setting("user.claude_shell", "fish on macOS")
    await talk.say("claude shell show the last commit")
    assert "The shell: fish on macOS." in talk.read_instructions()


@pytest.mark.parametrize("answer", ["cd /\nrm -rf x", "```\na\nb\n```"])
async def test_several_lines_are_not_suggested(talk: Talk, notes: App, answer: str) -> None:
    talk.script_answers(answer)
    await talk.say("claude shell do much")
    await talk.say("claude insert")
    assert notes.text == ""
    assert talk.notes == [
        "Claude wrote more than one line, so nothing is suggested. Ask for a single command.",
        NO_SUGGESTION,
    ]


async def test_a_line_with_a_control_character_is_not_suggested(talk: Talk, notes: App) -> None:
    talk.script_answers("echo \x1b[2J")
    await talk.say("claude shell do it")
    await talk.say("claude insert")
    assert notes.text == ""


async def test_a_suggestion_is_not_inserted_into_a_denied_app(talk: Talk, notes: App) -> None:
    talk.script_answers("git log -1")
    await talk.say("claude shell show the last commit")
    safe = talk.world.open(PasswordSafe)
    await talk.say("claude insert")
    assert safe.text == ""
