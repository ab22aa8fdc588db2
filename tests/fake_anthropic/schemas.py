"""Tool definitions and the schemas of structured output."""

from __future__ import annotations

from typing import Any

from tests.fake_anthropic.blocks import check_tool_name, need

_REFUSED = {
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "oneOf",
    "not",
    "if",
}
_TOOL_FIELDS = {
    "name",
    "description",
    "input_schema",
    "strict",
    "cache_control",
    "eager_input_streaming",
    "type",
    "defer_loading",
    "input_examples",
    "allowed_callers",
}


def check_tools(body: dict[str, Any]) -> None:
    """Every tool, and that no two have one name."""
    names: list[str] = []
    for index, tool in enumerate(body.get("tools") or ()):
        if tool.get("type", "custom") != "custom":
            names.append(tool.get("name") or tool["type"])
            continue
        where = f"tools.{index}.custom"
        extra = set(tool) - _TOOL_FIELDS
        need(not extra, f"{where}.{min(extra, default='')}: Extra inputs are not permitted")
        check_tool_name(tool.get("name"), f"{where}.name")
        names.append(tool["name"])
        _check_input(tool.get("input_schema"), f"{where}.input_schema")
        if tool.get("strict"):
            check_strict_schema(tool["input_schema"], f"{where}.input_schema")
    need(len(set(names)) == len(names), "tools: Tool names must be unique.")


def _check_input(schema: Any, where: str) -> None:
    need(isinstance(schema, dict), f"{where}: Field required")
    need(schema.get("type") == "object", f"{where}.type: Input should be 'object'")
    for combiner in ("anyOf", "oneOf", "allOf"):
        need(
            combiner not in schema,
            f"{where}: input_schema does not support oneOf, allOf, or anyOf at the top level",
        )
    need(isinstance(schema.get("properties", {}), dict), f"{where}.properties: not a dictionary")
    need(isinstance(schema.get("required", []), list), f"{where}.required: not a list")


def check_strict_schema(schema: Any, where: str) -> None:
    """A schema that output must follow to the letter."""
    need(isinstance(schema, dict), f"{where}: Field required")
    _check_node(schema, where)


def _check_node(node: Any, where: str) -> None:
    if not isinstance(node, dict):
        return
    refused = sorted(_REFUSED & set(node))
    need(not refused, f"{where}: For '{node.get('type')}' type, {refused} not supported")
    if node.get("type") == "object" or "properties" in node:
        need(
            node.get("additionalProperties") is False,
            f"{where}: For 'object' type, 'additionalProperties' must be explicitly set to false",
        )
    for key in ("properties", "$defs", "definitions"):
        for name, part in (node.get(key) or {}).items():
            _check_node(part, f"{where}.{key}.{name}")
    for key in ("anyOf", "allOf"):
        for part in node.get(key) or ():
            _check_node(part, f"{where}.{key}")
    _check_node(node.get("items"), f"{where}.items")
