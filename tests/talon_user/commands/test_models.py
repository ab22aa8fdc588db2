"""Which Claude answers, by voice."""

from __future__ import annotations

import pytest

from bridge.settings import find_paths
from tests.talon_user.commands.conftest import Talk
from tests.talon_world.apps import App


def model(talk: Talk, index: int = -1) -> str:
    return str(talk.fake.bodies("/v1/messages")[index]["model"])


async def test_without_a_word_the_bridges_own_answers(talk: Talk, notes: App) -> None:
    await talk.say("claude ask hi")
    assert model(talk) == "claude-sonnet-5-5"


async def test_a_model_is_named_for_one_question(talk: Talk, notes: App) -> None:
    await talk.say("claude opus ask hi")
    await talk.say("claude ask hi")
    assert [model(talk, 0), model(talk, 1)] == ["claude-opus-5-5", "claude-sonnet-5-5"]


async def test_a_model_is_named_for_a_prompt(talk: Talk, notes: App) -> None:
    notes.write("x")
    await talk.say("claude haiku summarize all to clip")
    assert model(talk) == "claude-haiku-5-5"


async def test_a_model_is_chosen_for_good_and_over_a_restart(talk: Talk, notes: App) -> None:
    await talk.say("claude use opus")
    assert talk.notes == ["Using Opus 5.5 from now on."]
    await talk.say("claude ask hi")
    talk.world.reload()
    await talk.idle()
    await talk.say("claude ask hi")
    assert [model(talk, 0), model(talk, 1)] == ["claude-opus-5-5", "claude-opus-5-5"]


async def test_the_settings_model_answers_until_another_is_chosen(talk: Talk, notes: App) -> None:
    talk.world.set_setting("user.claude_model", "claude-haiku-5-5")
    await talk.say("claude ask one")
    await talk.say("claude use opus")
    await talk.say("claude ask two")
    await talk.say("claude use default")
    await talk.say("claude ask three")
    models = [body["model"] for body in talk.fake.bodies("/v1/messages")]
    assert models == ["claude-haiku-5-5", "claude-opus-5-5", "claude-haiku-5-5"]
    assert talk.notes[-1] == "Using Haiku 5.5 from now on."


async def test_what_is_kept_for_that_is_for_this_person_only(talk: Talk, notes: App) -> None:
    await talk.say("claude use opus")
    kept = find_paths().data / "talon.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "hi" not in kept.read_text()


async def test_the_names_come_from_the_bridge_once_it_answers(talk: Talk, notes: App) -> None:
    names = talk.world.declarations.lists["user.claude_model_name"]
    assert set(names) == {"opus", "sonnet", "haiku"}
    await talk.say("claude ask hi")
    names = talk.world.declarations.lists["user.claude_model_name"]
    assert names["opus five point five"] == "claude-opus-5-5"
    assert "echo" in names
    await talk.say("claude echo ask hello")
    assert notes.text.endswith("[bridge-echo, not Claude] hello")


async def test_models_are_shown_by_name(talk: Talk, notes: App) -> None:
    await talk.say("claude models")
    assert "opus: Opus 5.5" in talk.notes[0] or "echo: echo" in talk.notes[0]


async def test_a_name_of_ones_own(talk: Talk, notes: App) -> None:
    talk.world.add_list("user.claude_my_model", big_one="claude-opus-5-5")
    await talk.say("claude big one ask hi")
    assert model(talk) == "claude-opus-5-5"


@pytest.mark.parametrize("prefix", ["claude", "cloud", "clawed", "klaud"])
async def test_the_prefix_is_understood_when_it_is_misheard(
    talk: Talk, notes: App, prefix: str
) -> None:
    await talk.say(f"{prefix} ask hi")
    assert talk.asked() == "hi"


async def test_the_prefix_may_be_another_word(talk: Talk, notes: App) -> None:
    talk.world.add_list("user.claude_prefix", computer="claude")
    await talk.say("computer ask hi")
    assert talk.asked() == "hi"
