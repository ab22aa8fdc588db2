"""Any history of items becomes one that Claude's API accepts, and no text in it is lost."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import InvalidRequest
from bridge.models.rules import get_rules
from bridge.translate.chat.request import Translation
from bridge.translate.responses.compact import build_summary_request
from bridge.translate.responses.request import as_chat, translate_response_chat
from bridge.wire.chat import ChatRequest
from bridge.wire.responses import CompactRequest, Item, ResponsesRequest
from tests.fake_anthropic.checks.request import check
from tests.translate.chat.test_turns import PIXEL

MODELS = ("claude-sonnet-5-5", "claude-sonnet-5", "claude-haiku-4-5")
IMAGE = {"type": "input_image", "image_url": PIXEL}
FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object"}}


class Words:
    """Words that occur once each, so that a test sees which one was lost."""

    def __init__(self) -> None:
        self.used: list[str] = []

    def take(self) -> str:
        self.used.append(f"word{len(self.used)}.")
        return self.used[-1]


ids = st.sampled_from(["a", "b", "a:0", "a_2"])
tool_names = st.sampled_from(["f", "g h", "shell"])


@st.composite
def parts(draw: st.DrawFn, words: Words, *kinds: str) -> Any:
    """A text, or a list of parts; `kinds` are those of text."""
    if draw(st.booleans()):
        return words.take()
    chosen = draw(st.lists(st.sampled_from([*kinds, "input_image", "blank"]), max_size=3))
    return [_build_part(kind, kinds[0], words) for kind in chosen]


def _build_part(kind: str, text: str, words: Words) -> Item:
    if kind == "input_image":
        return IMAGE
    return {"type": text, "text": " "} if kind == "blank" else {"type": kind, "text": words.take()}


@st.composite
def items(draw: st.DrawFn, words: Words) -> Item:
    id = draw(ids)
    kind = draw(st.sampled_from(["message", "call", "output", "hosted", "reasoning"]))
    if kind == "message":
        role = draw(st.sampled_from(["user", "assistant", "system", "developer"]))
        if role in ("system", "developer"):
            return {"role": role, "content": words.take()}
        text = "output_text" if role == "assistant" else "input_text"
        return {"type": "message", "role": role, "content": draw(parts(words, text))}
    if kind == "reasoning":
        summary = [{"type": "summary_text", "text": "so"}]
        return {"type": "reasoning", "id": "rs", "summary": summary, "encrypted_content": "x"}
    if kind == "hosted":
        return draw(
            st.sampled_from(
                [
                    {"type": "web_search_call", "id": "ws", "status": "completed"},
                    {"type": "mcp_call", "name": "n", "output": words.take()},
                    {"type": "image_generation_call", "id": "ig", "result": "AAAA"},
                    {"type": "compaction", "id": "cmp", "encrypted_content": "x"},
                    {"type": "new_thing", "id": "x"},
                ]
            )
        )
    return draw(calls(id, words) if kind == "call" else outputs(id, words))


@st.composite
def calls(draw: st.DrawFn, id: str, words: Words) -> Item:
    named = {"call_id": id, "name": draw(tool_names)}
    arguments = json.dumps({"n": words.take()})
    return draw(
        st.sampled_from(
            [
                {"type": "function_call", "arguments": arguments, **named},
                {"type": "custom_tool_call", "input": arguments, **named},
                {"type": "shell_call", "call_id": id, "action": {"commands": [arguments]}},
                {"type": "apply_patch_call", "call_id": id, "operation": {"path": arguments}},
            ]
        )
    )


@st.composite
def outputs(draw: st.DrawFn, id: str, words: Words) -> Item:
    output = draw(parts(words, "input_text"))
    text = output if isinstance(output, str) else words.take()
    return draw(
        st.sampled_from(
            [
                {"type": "function_call_output", "call_id": id, "output": output},
                {"type": "custom_tool_call_output", "call_id": id, "output": output},
                {"type": "shell_call_output", "call_id": id, "output": [{"stdout": text}]},
                {"type": "apply_patch_call_output", "call_id": id, "output": text},
            ]
        )
    )


def translate(request: ResponsesRequest, before: list[Item], model: str) -> Translation | None:
    """Return None for an output without a call, which only `previous_response_id` refuses."""
    try:
        converted = as_chat(request, before)
    except InvalidRequest as error:
        if request.previous_response_id is None or "No tool call found" not in error.message:
            raise
        return None
    chat = ChatRequest.model_validate(converted.body)
    return translate_response_chat(converted, chat, get_rules(model), model)


@given(st.data(), st.sampled_from(MODELS), st.booleans(), st.booleans(), st.booleans())
def test_any_history_is_accepted_by_the_strict_fake(
    data: st.DataObject, model: str, continued: bool, compact: bool, with_tools: bool
) -> None:
    words = Words()
    before = data.draw(st.lists(items(words), max_size=4)) if continued else []
    input = data.draw(st.lists(items(words), min_size=1, max_size=6))
    body: Any = {"model": model, "input": input}
    if continued:
        body["previous_response_id"] = "resp_1"
    if compact:
        request = build_summary_request(CompactRequest.model_validate(body))
    else:
        request = ResponsesRequest.model_validate(
            {**body, **({"tools": [FUNCTION]} if with_tools else {})}
        )
    translation = translate(request, before, model)
    if translation is None:
        return
    sent = json.loads(json.dumps(translation.request.body()))
    headers = {"anthropic-version": "2026-10-21", **translation.request.headers}
    assert check(sent, headers) is None
    drawn = json.dumps([*before, *input])
    text = json.dumps(sent)
    lost = [word for word in words.used if word in drawn and word not in text]
    assert not lost, translation.notices
    assert text.count('"type": "image"') == drawn.count('"input_image"')
