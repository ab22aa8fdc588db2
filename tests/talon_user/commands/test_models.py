"""Tests of choosing a model by voice."""

from __future__ import annotations

import pytest

from bridge.settings import find_paths
from tests.talon_user.commands.conftest import Talk
from tests.talon_world.apps import App


def read_model(talk: Talk, index: int = -1) -> str:
    return str(talk.fake.bodies("/v1/messages")[index]["model"])


async def test_by_default_the_bridges_model_answers(talk: Talk, notes: App) -> None:
    await talk.say("claude ask hi")
    assert read_model(talk) == "claude-sonnet-5-5"


async def test_a_model_can_be_named_for_one_question(talk: Talk, notes: App) -> None:
    await talk.say("claude opus ask hi")
    await talk.say("claude ask hi")
    assert [read_model(talk, 0), read_model(talk, 1)] == ["claude-opus-5-5", "claude-sonnet-5-5"]


async def test_a_model_can_be_named_for_a_prompt(talk: Talk, notes: App) -> None:
    notes.write("x")
    await talk.say("claude haiku summarize all to clip")
    assert read_model(talk) == "claude-haiku-5-5"


async def test_a_chosen_model_survives_a_restart(talk: Talk, notes: App) -> None:
    await talk.say("claude use opus")
    assert talk.notes == ["Using Opus 5.5 from now on."]
    await talk.say("claude ask hi")
    talk.world.reload()
    await talk.wait_until_idle()
    await talk.say("claude ask hi")
    assert [read_model(talk, 0), read_model(talk, 1)] == ["claude-opus-5-5", "claude-opus-5-5"]


async def test_a_chosen_model_overrides_the_setting(talk: Talk, notes: App) -> None:
    talk.world.set_setting("user.claude_model", "claude-haiku-5-5")
    await talk.say("claude ask one")
    await talk.say("claude use opus")
    await talk.say("claude ask two")
    await talk.say("claude use default")
    await talk.say("claude ask three")
    models = [body["model"] for body in talk.fake.bodies("/v1/messages")]
    assert models == ["claude-haiku-5-5", "claude-opus-5-5", "claude-haiku-5-5"]
    assert talk.notes[-1] == "Using Haiku 5.5 from now on."


async def test_only_the_user_can_read_the_saved_state(talk: Talk, notes: App) -> None:
    await talk.say("claude use opus")
    await talk.say("claude ask about the swordfish")
    state_file = find_paths().data / "talon.json"
    assert state_file.stat().st_mode & 0o777 == 0o600
    saved = state_file.read_text()
    assert "resp_" in saved
    assert "swordfish" not in saved


async def test_model_names_come_from_the_bridge(talk: Talk, notes: App) -> None:
    names = talk.world.declarations.lists["user.claude_model_name"]
    assert set(names) == {"opus", "sonnet", "haiku"}
    await talk.say("claude ask hi")
    names = talk.world.declarations.lists["user.claude_model_name"]
    assert names["opus five point five"] == "claude-opus-5-5"
    assert "echo" in names
    await talk.say("claude echo ask hello")
    assert notes.text.endswith("[bridge-echo, not Claude] hello")


async def test_claude_models_shows_spoken_names(talk: Talk, notes: App) -> None:
    await talk.say("claude models")
    assert "opus: Opus 5.5" in talk.notes[0] or "echo: echo" in talk.notes[0]


async def test_users_can_name_models(talk: Talk, notes: App) -> None:
    talk.world.add_list("user.claude_my_model", big_one="claude-opus-5-5")
    await talk.say("claude big one ask hi")
    assert read_model(talk) == "claude-opus-5-5"


@pytest.mark.parametrize("prefix", ["claude", "cloud", "clawed", "klaud"])
async def test_a_misheard_prefix_is_accepted(talk: Talk, notes: App, prefix: str) -> None:
    await talk.say(f"{prefix} ask hi")
    assert talk.read_question() == "hi"


async def test_users_can_change_the_prefix(talk: Talk, notes: App) -> None:
    talk.world.add_list("user.claude_prefix", "language: en", computer="claude")
    await talk.say("computer ask hi")
    assert talk.read_question() == "hi"
