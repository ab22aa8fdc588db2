"""The bound on the length of a list does not limit a text in its place."""

from __future__ import annotations

import pkgutil
import types
import typing
from collections.abc import Iterator
from importlib import import_module
from typing import Any, get_args, get_origin

import pytest
from annotated_types import MaxLen, MinLen
from pydantic import BaseModel

import bridge.wire
from bridge.translate.responses.compact import build_summary_request
from bridge.wire.chat import MOST_MESSAGES
from bridge.wire.responses import CompactRequest, ResponsesRequest


def list_models() -> Iterator[type[BaseModel]]:
    for module in pkgutil.iter_modules(bridge.wire.__path__, "bridge.wire."):
        for value in vars(import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, BaseModel):
                yield value


def list_sized_members(annotation: Any) -> set[type]:
    """Return which of text and list a union has."""
    if get_origin(annotation) not in (typing.Union, types.UnionType):
        return set()
    kinds = {get_origin(member) or member for member in get_args(annotation)}
    return kinds & {str, list, dict}


def test_no_bound_on_a_union_is_meant_for_one_of_its_members() -> None:
    shared = {
        f"{model.__name__}.{name}"
        for model in list_models()
        for name, field in model.model_fields.items()
        if len(list_sized_members(field.annotation)) > 1
        and any(isinstance(bound, MaxLen | MinLen) for bound in field.metadata)
    }
    assert shared == set()


@pytest.mark.parametrize("model", [ResponsesRequest, CompactRequest])
def test_a_long_text_is_accepted_and_a_long_list_is_not(model: type[BaseModel]) -> None:
    item = {"type": "message", "role": "user", "content": "a"}
    model.model_validate({"model": "m", "input": "x" * 1_000_000})
    model.model_validate({"model": "m", "input": [item] * MOST_MESSAGES})
    with pytest.raises(ValueError, match=f"at most {MOST_MESSAGES} items"):
        model.model_validate({"model": "m", "input": [item] * (MOST_MESSAGES + 1)})


def test_the_longest_input_can_be_compacted() -> None:
    item = {"type": "message", "role": "user", "content": "a"}
    request = CompactRequest(model="m", input=[item] * MOST_MESSAGES)
    assert len(build_summary_request(request).input or ()) == MOST_MESSAGES + 1
