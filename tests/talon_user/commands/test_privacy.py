"""Tests of what is sent to Claude, and of denied apps."""

from __future__ import annotations

import json
import platform

import pytest

from tests.talon_user.commands.conftest import Talk
from tests.talon_world.apps import App, PasswordSafe

DENIED = "Claude does not work in this app. It is listed in the setting user.claude_deny_apps."


async def test_app_and_title_are_not_sent(talk: Talk) -> None:
    talk.world.open(App, "Letter to my doctor")
    await talk.say("claude ask hi")
    sent = json.dumps(talk.fake.bodies("/v1/messages")[-1])
    assert "Notes" not in sent
    assert "doctor" not in sent


@pytest.mark.parametrize(
    ("setting", "sent", "not_sent"),
    [("tell_app", "The user's current app: Notes.", "doctor"), ("tell_title", "doctor", "Notes")],
)
async def test_app_and_title_are_sent_if_their_setting_allows_it(
    talk: Talk, setting: str, sent: str, not_sent: str
) -> None:
    talk.world.set_setting(f"user.claude_{setting}", True)
    talk.world.open(App, "Letter to my doctor")
    await talk.say("claude ask hi")
    assert sent in talk.read_instructions()
    assert not_sent not in talk.read_instructions()
    assert platform.node() not in talk.read_instructions()


@pytest.mark.parametrize(
    "words",
    [
        "claude ask hi",
        "claude summarize all",
        "claude explain window",
        "claude explain clip to clip",
        "claude shell list files",
    ],
)
async def test_in_a_denied_app_nothing_is_read_sent_or_inserted(talk: Talk, words: str) -> None:
    safe = talk.world.open(PasswordSafe)
    safe.write("hunter2")
    talk.world.clipboard.user_copies("secret")
    await talk.say(words)
    assert (safe.text, safe.keys, talk.world.captured) == ("hunter2", [], [])
    assert talk.fake.bodies("/v1/messages") == []
    assert talk.world.clipboard.text == "secret"
    assert talk.notes == [DENIED]


async def test_an_answer_cannot_move_to_a_denied_app(talk: Talk, notes: App) -> None:
    talk.fake.default = {"text": "word " * 50, "delay": 0.02}
    talk.world.say("claude ask hi")
    await talk.wait_until(lambda: notes.text)
    safe = talk.world.open(PasswordSafe)
    talk.world.say("claude here")
    await talk.wait_until_idle()
    assert (safe.text, talk.notes[-1]) == ("", DENIED)


@pytest.mark.parametrize("name", ["Notes", "notes", "NOTES", " slow ,notes", "x,/usr/bin,notes"])
async def test_the_denied_apps_are_a_setting(talk: Talk, notes: App, name: str) -> None:
    talk.world.set_setting("user.claude_deny_apps", name)
    await talk.say("claude ask hi")
    assert talk.notes == [DENIED]
