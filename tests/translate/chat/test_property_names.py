"""Property keys that Claude's API refuses: renamed in the schema, named back in the arguments."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.translate.chat.property_names import PropertyNames, rename_properties
from bridge.translate.chat.tool_schema import ToolSchema
from bridge.translate.stream.argument_names import KeyRenamer, NameFilter
from bridge.wire.messages import MessageEvent
from tests import scripts

PROPERTY_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")


def rename(schema: Any) -> tuple[Any, PropertyNames]:
    renamed, names = rename_properties(schema)
    assert names is not None
    return renamed, names


def build(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def stream(names: PropertyNames, *pieces: str) -> str:
    renamer = KeyRenamer(names)
    return "".join(map(renamer.feed, pieces)) + renamer.finish()


def test_a_schema_whose_keys_are_accepted_stays_as_it_is() -> None:
    schema = build(**{"a.b-c_1": {"required": ["x"]}, "a" * 64: True})
    assert rename_properties(schema) == (schema, None)
    assert rename_properties(None) == (None, None)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("filter[name]", "filter_name"),
        ("$filter", "filter"),
        ("@type", "type"),
        ("my key", "my_key"),
        ("größe", "groe"),
        ("日本", "property"),
        ("", "property"),
        ("a" * 65, "a" * 64),
    ],
)
def test_a_refused_key_gets_a_name_and_keeps_its_meaning(key: str, name: str) -> None:
    renamed, _ = rename({**build(**{key: {"description": "What."}}), "required": [key]})
    told = f"What. (original name: {json.dumps(key, ensure_ascii=False)})"
    assert renamed == {**build(**{name: {"description": told}}), "required": [name]}


def test_names_never_collide() -> None:
    keys = ["filter", "$filter", "filter[]", "_filter$", "filter_2", "x" * 64, "x" * 64 + "!"]
    renamed, names = rename(build(**{key: {} for key in keys}))
    upstream = list(renamed["properties"])
    assert upstream[:5] == ["filter", "filter_3", "filter_4", "filter_5", "filter_2"]
    assert upstream[5:] == ["x" * 64, "x" * 62 + "_2"]
    assert list(names.to_client(dict.fromkeys(upstream))) == keys


def test_names_are_the_same_everywhere_in_a_schema() -> None:
    part = {"properties": {"$a": {}}, "required": ["$a"]}
    schema = {
        **build(**{"$a": part, "list": {"type": "array", "items": part}, "odd key": {}}),
        "$defs": {"My[int]": part},
        "anyOf": [{"required": ["$a"]}, {"$ref": "#/properties/$a"}],
        "dependentRequired": {"$a": ["odd key"]},
        "dependentSchemas": {"odd key": part},
        "propertyNames": {"enum": ["$a", "list", "odd key"]},
        "default": {"$a": {"$a": 1}, "other": {"$a": 2}},
        "examples": [{"list": [{"$a": 1}]}],
    }
    renamed, _ = rename(schema)
    inner = {"properties": {"a": {"description": '(original name: "$a")'}}, "required": ["a"]}
    assert renamed["properties"]["a"] == {**inner, "description": '(original name: "$a")'}
    assert renamed["properties"]["list"]["items"] == inner
    assert renamed["$defs"] == {"My[int]": inner}
    assert renamed["anyOf"] == [{"required": ["a"]}, {"$ref": "#/properties/a"}]
    assert renamed["dependentRequired"] == {"a": ["odd_key"]}
    assert renamed["dependentSchemas"] == {"odd_key": inner}
    assert renamed["propertyNames"] == {"enum": ["a", "list", "odd_key"]}
    assert renamed["default"] == {"a": {"a": 1}, "other": {"$a": 2}}
    assert renamed["examples"] == [{"list": [{"a": 1}]}]


@pytest.mark.parametrize(
    ("ref", "renamed"),
    [
        ("#/properties/a%20b", "#/properties/a_b"),
        ("#/properties/a~1b", "#/properties/a_b_2"),
        ("#/$defs/properties/properties/a b", "#/$defs/properties/properties/a_b"),
        ("#/$defs/a b", "#/$defs/a b"),
        ("#/properties/properties/properties/a b", "#/properties/properties/properties/a_b"),
        ("#", "#"),
        ("#anchor", "#anchor"),
    ],
)
def test_a_reference_leads_to_the_renamed_property(ref: str, renamed: str) -> None:
    schema = build(**{"a b": {}, "a/b": {}, "properties": build(**{"a b": {}}), "r": {"$ref": ref}})
    assert rename(schema)[0]["properties"]["r"] == {"$ref": renamed}


def test_a_key_is_named_back_only_where_the_schema_defines_it() -> None:
    node = build(**{"$name": {"type": "string"}, "next": {"$ref": "#/$defs/node"}})
    schema = {
        **build(open={"type": "object"}, tree={"$ref": "#/$defs/node"}, **{"odd key": {}}),
        "$defs": {"node": node},
    }
    _, names = rename(schema)
    arguments = {
        "odd_key": {"name": 1},
        "open": {"name": 1, "odd_key": 2},
        "tree": {"name": "a", "next": {"name": "b", "odd_key": 1}},
    }
    expected = {
        "odd key": {"name": 1},
        "open": {"name": 1, "odd_key": 2},
        "tree": {"$name": "a", "next": {"$name": "b", "odd_key": 1}},
    }
    assert names.to_client(arguments) == expected
    assert names.to_upstream(expected) == arguments
    assert json.loads(stream(names, json.dumps(arguments))) == expected


def test_items_of_a_tuple_are_named_by_their_place() -> None:
    schema = build(pair={"prefixItems": [build(**{"$x": {}}), {"type": "object"}], "items": False})
    _, names = rename(schema)
    assert names.to_client({"pair": [{"x": 1}, {"x": 1}]}) == {"pair": [{"$x": 1}, {"x": 1}]}
    assert stream(names, '{"pair": [{"x": 1}, {"x": 1}]}') == '{"pair": [{"$x": 1}, {"x": 1}]}'


def test_a_reference_that_leads_nowhere_may_define_every_property() -> None:
    _, names = rename(build(**{"$x": {}, "far": {"$ref": "https://example.com/schema"}}))
    assert names.to_client({"far": {"a": [{"x": 1}]}}) == {"far": {"a": [{"$x": 1}]}}


def test_a_key_that_claude_made_up_is_not_lost() -> None:
    _, names = rename(build(**{"$x": {}}))
    assert names.to_upstream({"$x": 1, "x": 2}) == {"$x": 1, "x": 2}


@pytest.mark.parametrize(
    "arguments",
    ['{"x', '{"x": "a\\', '{"x": [1,', "]}", '"x"', "", '{"\\ud800": 1}', '{"x" "x": }', "x"],
)
def test_arguments_that_are_not_json_pass(arguments: str) -> None:
    _, names = rename(build(**{"$y": {}}))
    assert stream(names, *arguments) == arguments


def test_escaped_keys_and_quotes_in_strings_are_read() -> None:
    _, names = rename(build(**{"$x": {}, "\ud800": {}, "text": {}}))
    arguments = '{"\\u0078" : "\\"x\\":{", "property": "}", "text": "\\\\"}'
    named = '{"$x" : "\\"x\\":{", "\\ud800": "}", "text": "\\\\"}'
    assert stream(names, *arguments) == named


# --- Any schema with odd keys


@dataclass
class Sample:
    """A schema, and a value that it accepts."""

    schema: Any
    value: Any
    definitions: dict[str, Any] = field(default_factory=dict)


KEYS = st.one_of(
    st.sampled_from(["a", "$a", "a[]", "a b", "a_b", "a_2", "größe", "properties", "", "x" * 65]),
    st.text(max_size=4),
)


@st.composite
def samples(draw: st.DrawFn, depth: int = 3) -> Sample:
    kinds = ["text", "open"] if depth == 0 else ["object", "object", "list", "tuple", "any", "ref"]
    kind = draw(st.sampled_from(kinds))
    if kind == "text":
        return Sample({"type": "string"}, draw(st.text(max_size=5)))
    if kind == "open":
        return Sample({"type": "object"}, draw(st.dictionaries(KEYS, st.integers(), max_size=3)))
    if kind == "object":
        return draw(objects(depth))
    inner = draw(samples(depth - 1))
    if kind == "list":
        schema = {"type": "array", "items": inner.schema}
        return Sample(schema, [inner.value] * draw(st.integers(0, 2)), inner.definitions)
    if kind == "tuple":
        first = draw(samples(0))
        schema = {"type": "array", "prefixItems": [first.schema], "items": inner.schema}
        return Sample(schema, [first.value, inner.value], inner.definitions)
    if kind == "any":
        schema = {"anyOf": [inner.schema, {"type": "null"}]}
        return Sample(schema, draw(st.sampled_from([inner.value, None])), inner.definitions)
    name = draw(st.text("ab/~% []", min_size=1, max_size=3)) + str(len(inner.definitions))
    pointer = name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
    definitions = {**inner.definitions, name: inner.schema}
    return Sample({"$ref": f"#/$defs/{pointer}"}, inner.value, definitions)


@st.composite
def objects(draw: st.DrawFn, depth: int = 3) -> Sample:
    keys = draw(st.lists(KEYS, unique=True, max_size=4))
    parts: dict[str, Sample] = {}
    definitions: dict[str, Any] = {}
    for key in keys:
        part = draw(samples(depth - 1))
        if not part.definitions.keys() & definitions.keys():
            parts[key] = part
            definitions |= part.definitions
    used = draw(st.lists(st.sampled_from(list(parts)), unique=True)) if parts else []
    schema = {
        "type": "object",
        "properties": {key: part.schema for key, part in parts.items()},
        "required": used,
        "additionalProperties": False,
    }
    return Sample(schema, {key: parts[key].value for key in used}, definitions)


def cut(text: str, places: Sequence[int]) -> list[str]:
    edges = sorted({0, len(text), *(min(place, len(text)) for place in places)})
    return [text[a:b] for a, b in itertools.pairwise(edges)]


def list_keys(schema: Any) -> list[str]:
    """Every property key of a schema, at any depth."""
    if isinstance(schema, list):
        return [key for part in schema for key in list_keys(part)]
    if not isinstance(schema, dict):
        return []
    own = list(schema.get("properties") or {}) + list(schema.get("required") or ())
    parts = [
        *(schema.get("properties") or {}).values(),
        *(schema.get("$defs") or {}).values(),
        *(schema[key] for key in ("items", "prefixItems", "anyOf") if key in schema),
    ]
    return own + [key for part in parts for key in list_keys(part)]


@given(objects(), st.lists(st.integers(0, 200), max_size=12), st.booleans())
@example(Sample(build(**{"$a": {"$ref": "#"}}), {"$a": {"$a": {}}}), [3, 4, 5], True)
def test_arguments_come_back_with_the_clients_names(
    sample: Sample, places: list[int], ascii: bool
) -> None:
    schema = {**sample.schema, "$defs": sample.definitions}
    jsonschema.validate(sample.value, schema)
    read = ToolSchema(schema)
    sent = read.input_schema
    jsonschema.Draft202012Validator.check_schema(sent)
    assert all(PROPERTY_KEY.fullmatch(key) for key in list_keys(sent))
    if read.names is None:
        return
    # As Claude writes them: what the schema that it sees accepts.
    written = read.names.to_upstream(sample.value)
    jsonschema.validate(written, sent)
    assert read.names.to_client(written) == sample.value
    filter = NameFilter({"f": read.names})
    pieces = cut(json.dumps(written, ensure_ascii=ascii), places)
    events: list[MessageEvent] = [
        passed for event in scripts.tool(0, "t", "f", *pieces) for passed in filter.feed(event)
    ]
    text = "".join(
        event["delta"]["partial_json"] for event in events if event["type"] == "content_block_delta"
    )
    assert json.loads(text) == sample.value
    assert (events[0], events[-1]["type"]) == (scripts.tool(0, "t", "f")[0], "content_block_stop")
