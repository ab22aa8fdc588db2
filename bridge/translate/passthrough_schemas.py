"""Change the schemas of a request to `/v1/messages` that Claude's API refuses; leave all others.

Property keys are known to be refused, so they are renamed at once. Of a schema that was refused
for another reason, the learned limits have the digest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.models.learned_limits import SchemaSet, digest_schema
from bridge.translate.chat.property_names import PropertyNames
from bridge.translate.chat.response_format import ExpectedJson, emulate_format
from bridge.translate.chat.tool_schema import read_tool_schema
from bridge.translate.notices import Notices
from bridge.wire.messages import Block, Message, MessagesRequest

# All keys of an object at once, with a separator that keys do not have.
_ACCEPTED_KEYS = re.compile(r"(?:[a-zA-Z0-9_.-]{1,64}(?:\0|\Z))*")
_FORMAT = "output_config.format"


@dataclass(frozen=True, slots=True)
class FittedRequest:
    """A request whose schemas the API accepts, and what its answer needs."""

    request: MessagesRequest
    notices: tuple[str, ...] = ()
    properties: Mapping[str, PropertyNames] = field(default_factory=dict)
    expected_json: ExpectedJson | None = None


def fit_schemas(request: MessagesRequest, refused: Sequence[SchemaSet] = ()) -> FittedRequest:
    """Return the request with schemas that the API accepts; nearly always the same request.

    `refused`: schemas that the API refused before. Raises InvalidRequest for a schema that cannot
    be repaired.
    """
    notices = Notices()
    properties: dict[str, PropertyNames] = {}
    wrong = {at for at, tool in enumerate(request.tools or ()) if _has_refused_key(tool)}
    if wrong:
        request = _rename_tools(request, wrong, properties, notices)
    expected_json = None
    if refused:
        wrong, wrong_format = _find_refused(request, refused)
        if wrong:
            tools = enumerate(request.tools or ())
            fitted = [_loosen_tool(it, at, notices) if at in wrong else it for at, it in tools]
            request = replace(request, tools=tuple(fitted))
        if wrong_format:
            request, expected_json = _move_format(request, notices)
    return FittedRequest(request, notices.lines(), properties, expected_json)


def _has_refused_key(tool: Block) -> bool:
    schema = tool.get("input_schema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not properties:
        return False
    return "" in properties or _ACCEPTED_KEYS.fullmatch("\0".join(properties)) is None


def _find_refused(request: MessagesRequest, refused: Iterable[SchemaSet]) -> tuple[set[int], bool]:
    """Return the positions of the tools to change, and whether the format has to be."""
    digests = {
        at: digest_schema(tool["input_schema"])
        for at, tool in enumerate(request.tools or ())
        if "input_schema" in tool
    }
    format = _get_format(request)
    of_format = digest_schema(format.get("schema")) if format is not None else None
    wrong: set[int] = set()
    wrong_format = False
    for schemas in refused:
        if not schemas <= {*digests.values(), of_format}:
            continue
        of_tools = {at for at, digest in digests.items() if digest in schemas}
        wrong |= of_tools
        wrong_format = wrong_format or (not of_tools and of_format in schemas)
        digests = {at: digest for at, digest in digests.items() if at not in of_tools}
    return wrong, wrong_format


def _get_format(request: MessagesRequest) -> Mapping[str, Any] | None:
    format = (request.output_config or {}).get("format")
    return format if isinstance(format, Mapping) else None


def _rename_tools(
    request: MessagesRequest,
    wrong: set[int],
    properties: dict[str, PropertyNames],
    notices: Notices,
) -> MessagesRequest:
    """Rename the properties of these tools, also in earlier calls; add their names."""
    tools = [
        _rename_tool(tool, at, properties, notices) if at in wrong else tool
        for at, tool in enumerate(request.tools or ())
    ]
    messages = tuple(_rename_calls(turn, properties) for turn in request.messages)
    return replace(request, tools=tuple(tools), messages=messages)


def _rename_tool(
    tool: Block, at: int, properties: dict[str, PropertyNames], notices: Notices
) -> Block:
    name = str(tool.get("name"))
    schema = read_tool_schema(tool["input_schema"], name, f"tools[{at}].input_schema")
    renamed = {**tool, "input_schema": schema.input_schema}
    if schema.names is not None:
        properties[name] = schema.names
        notices.add(f"tools: {schema.names.describe()} of {name} renamed for Claude")
        examples = tool.get("input_examples")
        if isinstance(examples, list):
            renamed["input_examples"] = [schema.names.to_upstream(it) for it in examples]
    return renamed


def _loosen_tool(tool: Block, at: int, notices: Notices) -> Block:
    """Return a refused tool with its schema repaired, and not strict."""
    name = str(tool.get("name"))
    schema = read_tool_schema(tool["input_schema"], name, f"tools[{at}].input_schema")
    loose = {**tool, "input_schema": schema.input_schema}
    if loose.pop("strict", False):
        notices.add(f"tools: `strict` of {name} cannot be enforced; Claude sees the schema")
    if schema.input_schema != tool["input_schema"]:
        notices.add(f"tools: schema of {name} repaired")
    return loose


def _rename_calls(turn: Message, properties: Mapping[str, PropertyNames]) -> Message:
    if turn["role"] != "assistant":
        return turn
    return {**turn, "content": [_rename_call(block, properties) for block in turn["content"]]}


def _rename_call(block: Block, properties: Mapping[str, PropertyNames]) -> Block:
    names = properties.get(str(block.get("name"))) if block["type"] == "tool_use" else None
    if names is None:
        return block
    return {**block, "input": names.to_upstream(block.get("input"))}


def _move_format(
    request: MessagesRequest, notices: Notices
) -> tuple[MessagesRequest, ExpectedJson | None]:
    """Move the format of the answer to the system prompt."""
    config = dict(request.output_config or {})
    plan = emulate_format(config.pop("format")["schema"], _FORMAT, notices)
    instruction: Block = {"type": "text", "text": plan.instruction}
    moved = replace(
        request,
        output_config=config or None,
        system=(*(request.system or ()), instruction),
    )
    return moved, plan.expected_json
