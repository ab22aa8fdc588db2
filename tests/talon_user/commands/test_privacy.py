"""What leaves this machine, and where Claude's commands keep out."""

from __future__ import annotations

import json
import platform

import pytest

from tests.talon_user.commands.conftest import Talk
from tests.talon_world.apps import App, PasswordSafe

KEEPS_OUT = "Claude does not work in this app. It is listed in the setting user.claude_deny_apps."


async def test_neither_app_nor_title_is_told(talk: Talk) -> None:
    talk.world.open(App, "Letter to my doctor")
    await talk.say("claude ask hi")
    sent = json.dumps(talk.fake.bodies("/v1/messages")[-1])
    assert "Notes" not in sent
    assert "doctor" not in sent


@pytest.mark.parametrize(
    ("setting", "told", "untold"),
    [("tell_app", "The user's current app: Notes.", "doctor"), ("tell_title", "doctor", "Notes")],
)
async def test_each_is_told_where_its_setting_allows_it(
    talk: Talk, setting: str, told: str, untold: str
) -> None:
    talk.world.set_setting(f"user.claude_{setting}", True)
    talk.world.open(App, "Letter to my doctor")
    await talk.say("claude ask hi")
    assert told in talk.told()
    assert untold not in talk.told()
    assert platform.node() not in talk.told()


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
async def test_in_a_denied_app_nothing_is_read_asked_or_written(talk: Talk, words: str) -> None:
    safe = talk.world.open(PasswordSafe)
    safe.write("hunter2")
    talk.world.clipboard.user_copies("secret")
    await talk.say(words)
    assert (safe.text, safe.keys, talk.world.captured) == ("hunter2", [], [])
    assert talk.fake.bodies("/v1/messages") == []
    assert talk.world.clipboard.text == "secret"
    assert talk.notes == [KEEPS_OUT]


async def test_an_answer_cannot_be_carried_into_a_denied_app(talk: Talk, notes: App) -> None:
    talk.fake.default = {"text": "word " * 50, "delay": 0.02}
    talk.world.say("claude ask hi")
    await talk.until(lambda: notes.text)
    safe = talk.world.open(PasswordSafe)
    talk.world.say("claude here")
    await talk.idle()
    assert (safe.text, talk.notes[-1]) == ("", KEEPS_OUT)


@pytest.mark.parametrize("name", ["Notes", "notes", "NOTES", " slow ,notes", "x,/usr/bin,notes"])
async def test_the_list_is_a_setting(talk: Talk, notes: App, name: str) -> None:
    talk.world.set_setting("user.claude_deny_apps", name)
    await talk.say("claude ask hi")
    assert talk.notes == [KEEPS_OUT]
