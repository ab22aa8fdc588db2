"""Blocks of server tools on their way through a client."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from bridge.wire.response_items.server_calls import list_open_calls, pack_blocks, unpack_blocks

CALL = {"type": "server_tool_use", "id": "s1", "name": "code_execution", "input": {"code": "1"}}
RESULT = {"type": "code_execution_tool_result", "tool_use_id": "s1", "content": {"stdout": "1"}}


def test_blocks_come_back_without_fields_that_nobody_knows() -> None:
    packed = pack_blocks([{**CALL, "caller": {"type": "direct"}}, RESULT])
    assert unpack_blocks(packed) == [CALL, RESULT]


def forge(value: Any) -> str:
    return (
        pack_blocks([]).split(".1.")[0]
        + ".1."
        + base64.b64encode(json.dumps(value).encode()).decode()
    )


@pytest.mark.parametrize(
    "content",
    [
        None,
        3,
        "gAAAA",
        pack_blocks([CALL])[:-7],
        forge({}),
        forge([3]),
        forge([{"type": "tool_use", "id": "t", "name": "add", "input": {}}]),
        forge([{**CALL, "input": "x"}]),
    ],
)
def test_what_the_bridge_did_not_pack_is_left_alone(content: Any) -> None:
    assert unpack_blocks(content) == []


def test_a_call_without_a_result_is_open() -> None:
    other = {**CALL, "id": "s2"}
    message = {"role": "assistant", "content": [CALL, other, RESULT]}
    assert list_open_calls([message]) == [other]
