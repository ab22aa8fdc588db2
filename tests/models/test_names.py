"""Resolution of model names."""

from __future__ import annotations

import pytest

from bridge.errors import ModelNotFound
from bridge.models.names import _CURRENT, resolve, resolve_rules
from bridge.models.rules import RULES, find_rules

ACTIVE = "claude-opus-5"


@pytest.mark.parametrize("name", [rules.id for rules in RULES] + ["bridge-echo"])
def test_an_exact_id_answers_itself_without_a_notice(name: str) -> None:
    resolved = resolve(name, ACTIVE)
    assert (resolved.model, resolved.notice) == (name, None)


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
    assert resolved.notice == f"model: {ACTIVE} is used instead of {name}"


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
    assert resolved.notice == f"model: {retired} is retired; {current} is used instead"


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
    assert resolve("claude-opus-6", ACTIVE, {"claude-opus-6"}).model == "claude-opus-6"
    assert resolve_rules("claude-opus-6").forced_tools is False
    assert resolve_rules("claude-opus-6").id == "claude-opus-6"


def test_every_current_model_is_in_the_table() -> None:
    assert all(find_rules(model) for model in _CURRENT.values())
