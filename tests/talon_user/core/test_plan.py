"""Tests that a command becomes a plan, or a sentence about its problem."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talon_user.core.plan import (
    DESTINATIONS,
    SOURCES,
    BadPrompt,
    NamedPrompt,
    Plan,
    build_plan,
    find_plan_problem,
    parse_prompt,
)


@pytest.mark.parametrize(
    ("value", "prompt"),
    [
        ("Fix it.", NamedPrompt("Fix it.", "this", "here")),
        ("[this, replace] Fix it.", NamedPrompt("Fix it.", "this", "replace")),
        ("[clip, to clip, code] X", NamedPrompt("X", "clip", "clip", code=True)),
        ("[window, to window] See", NamedPrompt("See", "window", "window")),
        ("[from reply, speech] Say", NamedPrompt("Say", "reply", "speech")),
        ("[none, code] Make", NamedPrompt("Make", "none", "here", code=True)),
    ],
)
def test_a_prompt_list_entry_is_parsed(value: str, prompt: NamedPrompt) -> None:
    assert parse_prompt(value) == prompt


def test_an_unknown_place_is_reported_with_the_valid_ones() -> None:
    with pytest.raises(BadPrompt, match=r"“everywhere” is not a source.*this.*to here"):
        parse_prompt("[this, everywhere] Fix it.")


def test_spoken_words_override_the_prompts_defaults() -> None:
    prompt = NamedPrompt("Fix it.", "this", "replace")
    assert build_plan(prompt) == Plan("Fix it.", "this", "replace", "", False, "prompt")
    plan = build_plan(prompt, "clip", "speech", "claude-opus-5-5")
    assert plan == Plan("Fix it.", "clip", "speech", "claude-opus-5-5", False, "prompt")
    assert build_plan(prompt, "clip").destination == "here"


@given(
    prompt=st.text(max_size=9),
    source=st.sampled_from(SOURCES),
    destination=st.sampled_from(DESTINATIONS),
    terminal=st.booleans(),
)
def test_a_plan_without_a_problem_is_safe(
    prompt: str, source: str, destination: str, terminal: bool
) -> None:
    plan = Plan(prompt, source, destination)
    if find_plan_problem(plan, terminal) is None:
        assert prompt.strip()
        assert destination != "replace" or source in ("this", "that", "all", "line")
        assert not (terminal and destination in ("replace", "above", "below"))
        assert not (terminal and source in ("this", "that", "all", "line"))
    else:
        assert find_plan_problem(plan, terminal) is not None
