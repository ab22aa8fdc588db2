"""Resolution of model names."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ModelNotFound
from bridge.models.names import _CURRENT, KnownNames, ResolvedModel, resolve, resolve_rules
from bridge.models.retirement import NOTICE_DAYS, RETIREMENTS, index_retirements
from bridge.models.rules import RULES, find_rules
from bridge.models.spelling import index_aliases, normalize_name

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
        ("us-gov.anthropic.claude-opus-4-8-v1", "claude-opus-4-8"),
        ("bedrock/converse/us.anthropic.claude-opus-4-8-v1:0", "claude-opus-4-8"),
        ("vertex_ai/claude-opus-4-5@20251101", "claude-opus-4-5-20251101"),
        ("anthropic:claude-sonnet-4.5", "claude-sonnet-4-5"),
        ("bedrock:us.anthropic.claude-opus-4-8-v1:0", "claude-opus-4-8"),
        ("databricks-claude-opus-4-8", "claude-opus-4-8"),
        ("claude-4.5sonnet", "claude-sonnet-4-5"),
        ("claude-opus-4-5-2025-11-01", "claude-opus-4-5-20251101"),
        ("Bridge-Echo", "bridge-echo"),
        ("claude-opus-5\u20115", "claude-opus-5-5"),
        ('"claude-opus-4-8"', "claude-opus-4-8"),
        ("claude-opus-5-5-20261231", "claude-opus-5-5"),
        ("Claude Opus 5.5 (latest)", "claude-opus-5-5"),
        ("claude-opus-5-5[1m]", "claude-opus-5-5"),
        ("claude-opus-5-5 (1M context)", "claude-opus-5-5"),
        ("claude-sonnet-4.6-1m-context-latest", "claude-sonnet-4-6"),
        ("default[1m]", ACTIVE),
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
        ("sonnet[1m]", "claude-sonnet-5-5"),
        ("haiku[1m]", "claude-haiku-5-5"),
        ("sonnet:free", "claude-sonnet-5-5"),
        ("opusplan", "claude-opus-5-5"),
        ("claude-4.5", ACTIVE),
        ("claude-latest", ACTIVE),
        ("openai:gpt-5.2", ACTIVE),
        ("o4-mini-high", ACTIVE),
        ("codex", ACTIVE),
        ("text-davinci-003", ACTIVE),
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
        ("anthropic.claude-v2:1", "claude-sonnet-5-5"),
        ("anthropic.claude-instant-v1", "claude-haiku-5-5"),
        ("vertex_ai/claude-3-5-sonnet-v2@20241022", "claude-sonnet-5-5"),
    ],
)
def test_another_spelling_of_a_retired_model_is_its_line(name: str, model: str) -> None:
    resolved = resolve(name, ACTIVE)
    assert resolved.model == model
    assert resolved.notices == (f"model: {name} is retired; {model} is used instead",)


@pytest.mark.parametrize(
    ("name", "model", "effort"),
    [
        ("claude-opus-5-5-thinking", "claude-opus-5-5", "medium"),
        ("anthropic/claude-opus-5.5:thinking", "claude-opus-5-5", "medium"),
        ("claude-4.5-sonnet-thinking", "claude-sonnet-4-5", "high"),
        ("claude-sonnet-4.6-thought", "claude-sonnet-4-6", "high"),
        ("claude-sonnet-4-5-thinking-latest", "claude-sonnet-4-5", "high"),
        ("claude-sonnet-4-5-20250929-thinking", "claude-sonnet-4-5-20250929", "high"),
        ("claude-4.6-opus-low-thinking", "claude-opus-4-6", "low"),
        ("claude-opus-5-5-thinking-max", "claude-opus-5-5", "max"),
        ("claude-opus-5-no-thinking", "claude-opus-5", "none"),
        ("default-thinking", ACTIVE, "high"),
    ],
)
def test_an_effort_in_the_name_is_applied(name: str, model: str, effort: str) -> None:
    assert resolve(name, ACTIVE, today=BEFORE) == ResolvedModel(model, (), effort)


@pytest.mark.parametrize(
    ("name", "model", "effort"),
    [
        ("sonnet-thinking", "claude-sonnet-5-5", "high"),
        ("opus-xhigh", "claude-opus-5-5", "xhigh"),
        ("gpt-5-low", ACTIVE, "low"),
    ],
)
def test_an_effort_is_applied_to_another_model_too(name: str, model: str, effort: str) -> None:
    notice = f"model: {model} is used instead of {name}"
    assert resolve(name, ACTIVE, today=BEFORE) == ResolvedModel(model, (notice,), effort)


@pytest.mark.parametrize(
    ("name", "model", "ignored"),
    [
        ("claude-haiku-5-5:free", "claude-haiku-5-5", "free"),
        ("claude-haiku-4-5[1m]", "claude-haiku-4-5", "1m"),
        ("claude-opus-5-5-online", "claude-opus-5-5", "online"),
        ("claude-opus-5-5 (my copy)", "claude-opus-5-5", "my-copy"),
        ("default:extended", ACTIVE, "extended"),
        ("bridge-echo:thinking", "bridge-echo", "thinking"),
    ],
)
def test_what_the_model_does_not_have_is_ignored_with_a_notice(
    name: str, model: str, ignored: str
) -> None:
    notice = f"model: {ignored} in {name} is ignored"
    assert resolve(name, ACTIVE, today=BEFORE) == ResolvedModel(model, (notice,))


def test_a_name_for_embeddings_is_refused_with_their_endpoint() -> None:
    with pytest.raises(ModelNotFound, match="for embeddings: use /v1/embeddings"):
        resolve("openai/text-embedding-3-small", ACTIVE)


@pytest.mark.parametrize(
    "name",
    [
        "gemini-2.5-pro",
        "claude-nobody-9",
        "claude-fast",
        "claude-opus-9-9",
        "my-claude-opus-5-5",
        "llama3:latest",
        "text-embedding-3-small",
        "gptique",
        "-max" * 100_000,
        "/",
        ":",
        "a/",
    ],
)
def test_what_names_no_model_is_refused(name: str) -> None:
    with pytest.raises(ModelNotFound):
        resolve(name, ACTIVE)


def test_dated_and_undated_ids_are_one_model() -> None:
    live = KnownNames({"claude-opus-6-20270301", "claude-opus-6-20270101", "claude-haiku-6"})
    assert resolve("claude-opus-6", ACTIVE, live).model == "claude-opus-6-20270301"
    assert resolve("opus-6", ACTIVE, live).model == "claude-opus-6-20270301"
    assert resolve("claude-haiku-6-20270101", ACTIVE, live).model == "claude-haiku-6"


def test_a_snapshot_that_is_not_listed_is_the_listed_model() -> None:
    live = KnownNames({"claude-opus-5-5", "claude-haiku-4-5-20251001"})
    assert resolve("claude-opus-5-5-20260101", ACTIVE, live) == ResolvedModel("claude-opus-5-5")
    dated = resolve("claude-haiku-4-5-20990101", ACTIVE, live)
    assert dated == ResolvedModel("claude-haiku-4-5-20251001")


def test_a_gateways_older_models_answer_while_it_lists_them() -> None:
    live = KnownNames({"claude-3-haiku-20240307", "anthropic/claude-sonnet-4.5"})
    for name in ("claude-3-haiku-20240307", "claude-3-haiku", "anthropic/claude-3-haiku"):
        assert resolve(name, ACTIVE, live) == ResolvedModel("claude-3-haiku-20240307")
    listed = "anthropic/claude-sonnet-4.5"
    assert resolve(listed, ACTIVE, live) == ResolvedModel(listed)


def own_names(**names: str) -> KnownNames:
    return KnownNames(aliases=index_aliases({key.replace("_", "-"): names[key] for key in names}))


def test_the_users_own_names_win() -> None:
    own = own_names(gpt_4o="claude-opus-5-5", claude_sonnet_5_5="haiku")
    for name in ("gpt-4o", "GPT-4o", "openai/gpt-4o", "gpt-4o:latest", "openai:gpt-4o"):
        assert resolve(name, ACTIVE, own) == ResolvedModel("claude-opus-5-5")
    for name in ("claude-sonnet-5-5", "claude-sonnet-5.5", "claude-sonnet-5-5-20260101"):
        assert resolve(name, ACTIVE, own) == ResolvedModel("claude-haiku-5-5")
    assert resolve("gpt-4o-mini", ACTIVE, own).model == ACTIVE


def test_a_longer_name_of_the_users_own_stands_for_itself() -> None:
    own = KnownNames(aliases=index_aliases({"openai/gpt-4o": "opus", "sonnet[1m]": "haiku"}))
    assert resolve("openai/gpt-4o", ACTIVE, own).model == "claude-opus-5-5"
    assert resolve("gpt-4o", ACTIVE, own).model == ACTIVE
    assert resolve("sonnet[1m]", ACTIVE, own).model == "claude-haiku-5-5"
    assert resolve("sonnet", ACTIVE, own).model == "claude-sonnet-5-5"


def test_an_own_name_may_ask_for_an_effort() -> None:
    own = own_names(deep="opus-max", quick="haiku")
    assert resolve("deep", ACTIVE, own) == ResolvedModel("claude-opus-5-5", (), "max")
    assert resolve("quick:low", ACTIVE, own) == ResolvedModel("claude-haiku-5-5", (), "low")


def test_an_own_name_for_a_retired_model_or_an_odd_wish_is_noticed() -> None:
    own = own_names(old="claude-3-opus", odd="claude-opus-5-5:free")
    assert resolve("old", ACTIVE, own).notices == (
        "model: claude-3-opus is retired; claude-opus-5-5 is used instead",
    )
    assert resolve("odd", ACTIVE, own).notices == (
        "model: free in claude-opus-5-5:free is ignored",
    )


def test_an_own_name_for_no_model_says_what_it_stands_for() -> None:
    with pytest.raises(ModelNotFound, match="Your own name `fast` stands for `claude-nobody`"):
        resolve("fast", ACTIVE, own_names(fast="claude-nobody"))


def test_an_own_name_for_a_model_that_retires_is_noticed() -> None:
    own = own_names(fast="claude-sonnet-4-5")
    gone = "model: claude-sonnet-4-5 is retired; claude-sonnet-5-5 is used instead"
    assert resolve("fast", ACTIVE, own, LAST) == ResolvedModel("claude-sonnet-5-5", (gone,))


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


def test_a_notice_never_names_a_retired_model_as_the_one_in_use() -> None:
    resolved = resolve("claude-sonnet-4-5:free", ACTIVE, today=LAST)
    assert resolved.notices == (
        "model: claude-sonnet-5-5 is used instead of claude-sonnet-4-5:free, as "
        "claude-sonnet-4-5 is retired",
    )


def list_days(**days: date | None) -> KnownNames:
    by_id = {id.replace("_", "-"): day for id, day in days.items()}
    return KnownNames(by_id.keys(), retirements=index_retirements(by_id))


def test_the_live_list_knows_better_when_a_model_retires() -> None:
    later = list_days(claude_sonnet_4_5=LAST + timedelta(30))
    assert resolve("claude-sonnet-4-5", ACTIVE, later, LAST).model == "claude-sonnet-4-5"
    opus = list_days(claude_opus_4_8=LAST)
    assert resolve("claude-opus-4-8", ACTIVE, opus, LAST).model == "claude-opus-5-5"


def test_the_live_day_of_a_snapshot_is_that_of_its_undated_name() -> None:
    later = list_days(claude_sonnet_4_5_20250929=LAST + timedelta(30))
    assert resolve("claude-sonnet-4-5", ACTIVE, later, LAST).model == "claude-sonnet-4-5"
    sooner = list_days(claude_opus_6_20270101=LAST)
    assert resolve("claude-opus-6", ACTIVE, sooner, LAST).model == "claude-opus-5-5"
    newer = list_days(claude_opus_6_20270101=LAST, claude_opus_6_20270601=None)
    assert resolve("claude-opus-6", ACTIVE, newer, LAST).model == "claude-opus-6-20270601"


def test_a_successor_that_has_retired_too_is_not_used() -> None:
    both = list_days(claude_sonnet_5_5=LAST, claude_sonnet_6=None, claude_sonnet_5=None)
    assert resolve("claude-sonnet-5-5", ACTIVE, both, LAST).model == "claude-sonnet-6"
    assert resolve("claude-sonnet-4-5", ACTIVE, both, LAST).model == "claude-sonnet-6"
    assert resolve("sonnet", ACTIVE, both, LAST).model == "claude-sonnet-6"
    whole_line = list_days(claude_haiku_5_5=LAST)
    assert resolve("claude-haiku-5-5", ACTIVE, whole_line, LAST).model == "claude-sonnet-5-5"


@given(st.text(max_size=60))
def test_any_text_is_a_model_or_a_refusal(name: str) -> None:
    with suppress(ModelNotFound):
        assert resolve(name, ACTIVE).model


@given(st.text(max_size=60))
def test_a_normalized_name_stays_as_it_is(name: str) -> None:
    twice = normalize_name(normalize_name(name).name).name
    assert normalize_name(twice).name == twice
