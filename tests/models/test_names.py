"""Resolution of model names."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ModelNotFound
from bridge.models.names import _CURRENT, KnownNames, ResolvedModel, resolve, resolve_rules
from bridge.models.retirement import NOTICE_DAYS, RETIREMENTS
from bridge.models.rules import RULES, find_rules
from bridge.models.spelling import normalize_name

ACTIVE = "claude-opus-5"
BEFORE = date(2026, 7, 1)
"""A day on which no model of the table retires soon."""


@pytest.mark.parametrize("name", [rules.id for rules in RULES] + ["bridge-echo"])
def test_an_exact_id_answers_itself_without_a_notice(name: str) -> None:
    assert resolve(name, ACTIVE, today=BEFORE) == ResolvedModel(name)


def test_a_dated_snapshot_keeps_its_date_and_has_its_models_rules() -> None:
    assert resolve("claude-haiku-4-5-20251001", ACTIVE).model == "claude-haiku-4-5-20251001"
    rules = find_rules("claude-haiku-4-5-20251001")
    assert rules is not None
    assert rules.id == "claude-haiku-4-5"


@pytest.mark.parametrize("name", ["default", "", " default "])
def test_default_is_the_active_model(name: str) -> None:
    assert resolve(name, ACTIVE).model == ACTIVE


@pytest.mark.parametrize("name", ["gpt-5.4", "gpt-4o-mini", "o3", "chatgpt-4o-latest", "o4-mini"])
def test_an_openai_name_is_answered_by_the_active_model_with_a_notice(name: str) -> None:
    resolved = resolve(name, ACTIVE)
    assert resolved.model == ACTIVE
    assert resolved.notices == (f"model: {ACTIVE} is used instead of {name}",)


@pytest.mark.parametrize(
    ("retired", "current"),
    [
        ("claude-3-5-sonnet-20241022", "claude-sonnet-5-5"),
        ("claude-3-5-haiku-20241022", "claude-haiku-5-5"),
        ("claude-3-opus-20240229", "claude-opus-5-5"),
        ("claude-3-sonnet-20240229", "claude-sonnet-5-5"),
        ("claude-3-haiku-20240307", "claude-haiku-5-5"),
        ("claude-3-7-sonnet-latest", "claude-sonnet-5-5"),
        ("claude-sonnet-4-20250514", "claude-sonnet-5-5"),
        ("claude-sonnet-4-0", "claude-sonnet-5-5"),
        ("claude-opus-4-1", "claude-opus-5-5"),
        ("claude-opus-4-1-20250805", "claude-opus-5-5"),
        ("claude-2.1", "claude-sonnet-5-5"),
        ("claude-instant-1.2", "claude-haiku-5-5"),
        ("claude-mythos-preview", "claude-mythos-5-2"),
    ],
)
def test_a_retired_model_is_answered_by_its_line_with_a_notice(retired: str, current: str) -> None:
    resolved = resolve(retired, ACTIVE)
    assert resolved.model == current
    assert resolved.notices == (f"model: {retired} is retired; {current} is used instead",)


def test_an_unknown_name_is_refused_with_similar_names() -> None:
    with pytest.raises(ModelNotFound, match="claude-opus-5-5") as caught:
        resolve("claude-opus-55", ACTIVE)
    assert (caught.value.status, caught.value.code, caught.value.param) == (
        404,
        "model_not_found",
        "model",
    )


def test_without_similar_names_the_error_points_to_the_list() -> None:
    with pytest.raises(ModelNotFound, match="GET /v1/models"):
        resolve("zzz", ACTIVE)


def test_a_model_known_only_upstream_has_its_lines_rules() -> None:
    assert resolve("claude-opus-6", ACTIVE, KnownNames({"claude-opus-6"})).model == "claude-opus-6"
    assert resolve_rules("claude-opus-6").forced_tools is False
    assert resolve_rules("claude-opus-6").id == "claude-opus-6"


def test_every_current_model_is_in_the_table() -> None:
    assert all(find_rules(model) for model in _CURRENT.values())


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("Claude-Sonnet-5-5", "claude-sonnet-5-5"),
        ("Claude Sonnet 5.5", "claude-sonnet-5-5"),
        ("claude-sonnet-5.5", "claude-sonnet-5-5"),
        ("claude-opus-4.8", "claude-opus-4-8"),
        ("claude_opus_4_8", "claude-opus-4-8"),
        ("claude-4.5-sonnet", "claude-sonnet-4-5"),
        ("claude-4-5-sonnet-20250929", "claude-sonnet-4-5-20250929"),
        ("opus-4.8", "claude-opus-4-8"),
        ("claude-opus5.5", "claude-opus-5-5"),
        ("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"),
        ("openrouter/anthropic/claude-haiku-5.5", "claude-haiku-5-5"),
        ("models/claude-opus-5-5", "claude-opus-5-5"),
        ("anthropic.claude-opus-5-5", "claude-opus-5-5"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"),
        ("global.anthropic.claude-opus-4-8-v1:0:200k", "claude-opus-4-8"),
        (
            "arn:aws:bedrock:us-east-1:1:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0",
            "claude-haiku-4-5-20251001",
        ),
        ("claude-opus-4-5@20251101", "claude-opus-4-5-20251101"),
        ("claude-opus-5-5@default", "claude-opus-5-5"),
        ("claude-haiku-5-5:latest", "claude-haiku-5-5"),
        ("claude-haiku-5-5-latest", "claude-haiku-5-5"),
    ],
)
def test_another_spelling_of_a_model_is_that_model(name: str, model: str) -> None:
    assert resolve(name, ACTIVE, today=BEFORE) == ResolvedModel(model)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("sonnet", "claude-sonnet-5-5"),
        ("Opus", "claude-opus-5-5"),
        ("claude-sonnet", "claude-sonnet-5-5"),
        ("claude-sonnet-latest", "claude-sonnet-5-5"),
        ("claude-haiku-5", "claude-haiku-5-5"),
        ("claude-opus-5-5[1m]", "claude-opus-5-5"),
        ("sonnet[1m]", "claude-sonnet-5-5"),
        ("claude-opus-5-5-thinking", "claude-opus-5-5"),
        ("claude-4.5-sonnet-thinking", "claude-sonnet-4-5"),
        ("anthropic/claude-opus-5.5:thinking", "claude-opus-5-5"),
        ("claude-haiku-5-5:free", "claude-haiku-5-5"),
        ("claude", ACTIVE),
        ("openai/gpt-4o", ACTIVE),
        ("azure/gpt-5.6-sol:latest", ACTIVE),
        ("gpt4", ACTIVE),
        ("ft:gpt-4o:company::id", ACTIVE),
    ],
)
def test_a_name_that_says_more_or_less_than_a_model_is_noticed(name: str, model: str) -> None:
    notice = f"model: {model} is used instead of {name}"
    assert resolve(name, ACTIVE, today=BEFORE) == ResolvedModel(model, (notice,))


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("anthropic/claude-3.5-sonnet", "claude-sonnet-5-5"),
        ("anthropic/claude-3-5-haiku:beta", "claude-haiku-5-5"),
        ("claude-3.7-sonnet-thinking", "claude-sonnet-5-5"),
        ("us.anthropic.claude-3-opus-20240229-v1:0", "claude-opus-5-5"),
        ("claude-opus-4-1@20250805", "claude-opus-5-5"),
        ("claude-4-sonnet", "claude-sonnet-5-5"),
    ],
)
def test_another_spelling_of_a_retired_model_is_its_line(name: str, model: str) -> None:
    resolved = resolve(name, ACTIVE)
    assert resolved.model == model
    assert resolved.notices == (f"model: {name} is retired; {model} is used instead",)


@pytest.mark.parametrize(
    "name",
    ["gemini-2.5-pro", "claude-nobody-9", "claude-opus-9-9", "llama3:latest", "/", ":", "a/"],
)
def test_what_names_no_model_is_refused(name: str) -> None:
    with pytest.raises(ModelNotFound):
        resolve(name, ACTIVE)


def test_dated_and_undated_ids_are_one_model() -> None:
    live = KnownNames({"claude-opus-6-20270301", "claude-opus-6-20270101", "claude-haiku-6"})
    assert resolve("claude-opus-6", ACTIVE, live).model == "claude-opus-6-20270301"
    assert resolve("opus-6", ACTIVE, live).model == "claude-opus-6-20270301"
    assert resolve("claude-haiku-6-20270101", ACTIVE, live).model == "claude-haiku-6"


def test_the_users_own_names_win() -> None:
    own = KnownNames(aliases={"gpt-4o": "claude-opus-5-5", "claude-sonnet-5-5": "haiku"})
    assert resolve("GPT-4o", ACTIVE, own) == ResolvedModel("claude-opus-5-5")
    assert resolve("claude-sonnet-5-5", ACTIVE, own).model == "claude-haiku-5-5"
    assert resolve("gpt-4o-mini", ACTIVE, own).model == ACTIVE


LAST = RETIREMENTS["claude-sonnet-4-5"]


@pytest.mark.parametrize("name", ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929"])
def test_a_model_that_retires_is_noticed_before_and_replaced_from_that_day(name: str) -> None:
    def resolve_on(day: date) -> ResolvedModel:
        return resolve(name, ACTIVE, today=day)

    assert resolve_on(LAST - timedelta(NOTICE_DAYS + 1)) == ResolvedModel(name)
    soon = f"model: {name} retires on 2026-11-30; claude-sonnet-5-5 answers from then on"
    assert resolve_on(LAST - timedelta(NOTICE_DAYS)) == ResolvedModel(name, (soon,))
    assert resolve_on(LAST - timedelta(1)) == ResolvedModel(name, (soon,))
    gone = f"model: {name} is retired; claude-sonnet-5-5 is used instead"
    assert resolve_on(LAST) == ResolvedModel("claude-sonnet-5-5", (gone,))


def test_the_active_model_is_replaced_when_it_retires() -> None:
    assert resolve("default", "claude-sonnet-4-5", today=LAST).model == "claude-sonnet-5-5"
    assert resolve("gpt-4o", "claude-sonnet-4-5", today=LAST).model == "claude-sonnet-5-5"


def test_the_live_list_knows_better_when_a_model_retires() -> None:
    later = KnownNames(
        {"claude-sonnet-4-5"}, retirements={"claude-sonnet-4-5": LAST + timedelta(30)}
    )
    assert resolve("claude-sonnet-4-5", ACTIVE, later, LAST).model == "claude-sonnet-4-5"
    opus = KnownNames({"claude-opus-4-8"}, retirements={"claude-opus-4-8": LAST})
    assert resolve("claude-opus-4-8", ACTIVE, opus, LAST).model == "claude-opus-5-5"


@given(st.text(max_size=60))
def test_any_text_is_a_model_or_a_refusal(name: str) -> None:
    with suppress(ModelNotFound):
        assert resolve(name, ACTIVE).model


@given(st.text(max_size=60))
def test_a_normalized_name_stays_as_it_is(name: str) -> None:
    once, _ = normalize_name(name)
    twice, _ = normalize_name(once)
    assert normalize_name(twice)[0] == twice
