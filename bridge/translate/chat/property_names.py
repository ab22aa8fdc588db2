"""Rename property keys that Claude's API refuses, and name them back in the arguments.

The API refuses a tool for a key such as `filter[name]`, `$filter` or `größe`. Such a key gets one
other name for the whole tool, which none of its properties has. Arguments are renamed by position:
a key is named back only where the schema defines the property, since Claude may write any key
into an open object.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from bridge.translate.chat.schema_repair import LISTS, MAPS, SCHEMAS, Schema

MAX_KEY = 64
_LISTED = 3
_SHOWN = 40
_ACCEPTED = re.compile(rf"[a-zA-Z0-9_.-]{{1,{MAX_KEY}}}")
_REFUSED = re.compile(r"[^a-zA-Z0-9_.-]+")

# `contentSchema` is about JSON in a string, which is not read here.
_PARTS = frozenset((*LISTS, *SCHEMAS)) - {"contentSchema"}

Nodes = tuple[Any, ...]
"""The schemas that apply to one value."""

_ANYTHING: Any = object()
"""Stands in `Nodes` for a reference that cannot be followed: any property may be defined there."""

_REFERENCES = ("$dynamicRef", "$recursiveRef")
_IN_PLACE = ("if", "then", "else")
_IN_PLACE_LISTS = ("allOf", "anyOf", "oneOf")


def rename_properties(schema: Any) -> tuple[Any, PropertyNames | None]:
    """Return the schema with keys that the API accepts; the same schema and None if it has them.

    The schema must be one that `SchemaRepair` returned.
    """
    keys = dict.fromkeys(_list_keys(schema))
    refused = [key for key in keys if not _ACCEPTED.fullmatch(key)]
    if not refused:
        return schema, None
    names = PropertyNames(schema, _choose_names(refused, keys.keys() - set(refused)))
    return _Renaming(names).rename(schema), names


def _choose_names(refused: Iterable[str], used: Iterable[str]) -> Mapping[str, str]:
    names: dict[str, str] = {}
    taken = set(used)
    for key in refused:
        plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode()
        base = _REFUSED.sub("_", plain).strip("_")[:MAX_KEY] or "property"
        name, count = base, 1
        while name in taken:
            count += 1
            ending = f"_{count}"
            name = base[: MAX_KEY - len(ending)] + ending
        names[key] = name
        taken.add(name)
    return names


def _list_keys(node: Any) -> Iterator[str]:
    """Yield every property key that a schema names, also those of its parts."""
    if isinstance(node, list):
        for part in node:
            yield from _list_keys(part)
    if not isinstance(node, Mapping):
        return
    yield from _list_own_keys(node)
    for key, value in node.items():
        if key in MAPS and isinstance(value, Mapping):
            for part in value.values():
                yield from _list_keys(part)
        elif key in _PARTS:
            yield from _list_keys(value)


def _list_own_keys(node: Mapping[str, Any]) -> Iterator[str]:
    for keyword in ("properties", "dependentSchemas", "dependentRequired", "required"):
        yield from node.get(keyword) or ()
    for names in (node.get("dependentRequired") or {}).values():
        yield from names


class PropertyNames:
    """The renamed properties of one tool."""

    def __init__(self, schema: Any, upstream: Mapping[str, str]) -> None:
        """`schema`: the client's. `upstream`: the client's keys to Claude's."""
        self._schema = schema
        self._upstream = upstream
        self._client = {name: key for key, name in upstream.items()}

    def describe(self) -> str:
        """Describe what was renamed, for a notice."""
        shown = [f"{key[:_SHOWN]!a} to {name}" for key, name in self._upstream.items()][:_LISTED]
        more = len(self._upstream) - _LISTED
        return ", ".join(shown) + (f" and {more} more" if more > 0 else "")

    def start(self) -> Nodes:
        """Return the schemas of the arguments."""
        return self.expand((self._schema,))

    def expand(self, nodes: Iterable[Any]) -> Nodes:
        """Add the schemas that apply to the same value, such as those of `$ref` and `anyOf`."""
        expanded: dict[int, Any] = {}
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node is _ANYTHING:
                expanded[id(node)] = node
            elif isinstance(node, Mapping) and id(node) not in expanded:
                expanded[id(node)] = node
                waiting.extend(self._list_in_place(node))
        return tuple(expanded.values())

    def _list_in_place(self, node: Mapping[str, Any]) -> Iterator[Any]:
        if isinstance(node.get("$ref"), str):
            yield _resolve(self._schema, node["$ref"])
        if any(name in node for name in _REFERENCES):
            yield _ANYTHING
        yield from (node[key] for key in _IN_PLACE if key in node)
        for key in _IN_PLACE_LISTS:
            yield from node.get(key) or ()
        yield from (node.get("dependentSchemas") or {}).values()

    def enter_property(self, nodes: Nodes, key: str) -> Nodes:
        """Return the schemas of a property's value, by the client's key."""
        return self.expand(part for node in nodes for part in _list_property_schemas(node, key))

    def enter_item(self, nodes: Nodes, index: int) -> Nodes:
        """Return the schemas of an item of an array."""
        return self.expand(part for node in nodes for part in _list_item_schemas(node, index))

    def find_client_key(self, nodes: Nodes, name: str) -> str:
        """Return the client's key for one of Claude's; the same one if it was not renamed."""
        key = self._client.get(name)
        return name if key is None or not _is_defined(nodes, key) else key

    def find_upstream_key(self, key: str) -> str:
        """Return Claude's key for a property that the schema defines."""
        return self._upstream.get(key, key)

    def to_upstream(self, value: Any, nodes: Nodes | None = None) -> Any:
        """Rename the keys of a value, such as a call's arguments, to Claude's."""
        nodes = self.start() if nodes is None else nodes
        if isinstance(value, list):
            return [
                self.to_upstream(part, self.enter_item(nodes, at)) for at, part in enumerate(value)
            ]
        if not isinstance(value, Mapping):
            return value
        renamed = {}
        for key, part in value.items():
            name = self._upstream.get(key, key)
            # A key that Claude made up may have the other name already.
            kept = name in value or not _is_defined(nodes, key)
            inner = self.enter_property(nodes, key)
            renamed[key if kept else name] = self.to_upstream(part, inner)
        return renamed

    def to_client(self, value: Any, nodes: Nodes | None = None) -> Any:
        """Rename the keys of a call's arguments to the client's."""
        nodes = self.start() if nodes is None else nodes
        if isinstance(value, list):
            return [
                self.to_client(part, self.enter_item(nodes, at)) for at, part in enumerate(value)
            ]
        if not isinstance(value, Mapping):
            return value
        renamed = {}
        for name, part in value.items():
            key = self.find_client_key(nodes, name)
            renamed[key] = self.to_client(part, self.enter_property(nodes, key))
        return renamed


def _is_defined(nodes: Nodes, key: str) -> bool:
    return any(node is _ANYTHING or key in _list_own_keys(node) for node in nodes)


def _list_property_schemas(node: Any, key: str) -> Iterator[Any]:
    if node is _ANYTHING:
        yield node
        return
    parts = [part for part in ((node.get("properties") or {}).get(key),) if part is not None]
    for pattern, part in (node.get("patternProperties") or {}).items():
        if _matches(pattern, key):
            parts.append(part)
    names = ("additionalProperties", "unevaluatedProperties")
    yield from parts or (node[name] for name in names if name in node)


def _matches(pattern: str, key: str) -> bool:
    try:
        return re.search(pattern, key) is not None
    except (re.error, OverflowError):
        # JSON Schema uses JavaScript's expressions, of which Python does not know all.
        return True


def _list_item_schemas(node: Any, index: int) -> Iterator[Any]:
    if node is _ANYTHING:
        yield node
        return
    first = node.get("prefixItems") or ()
    if index < len(first):
        yield first[index]
    elif "items" in node:
        yield node["items"]
    yield from (node[name] for name in ("contains", "unevaluatedItems") if name in node)


def _resolve(schema: Any, ref: str) -> Any:
    """Return the schema that a JSON pointer refers to."""
    if ref == "#":
        return schema
    if not ref.startswith("#/"):
        return _ANYTHING
    node = schema
    for part in ref[2:].split("/"):
        key = _decode_pointer(part)
        if isinstance(node, Mapping) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdecimal() and int(key[:9]) < len(node):
            node = node[int(key[:9])]
        else:
            return _ANYTHING
    return node


def _decode_pointer(part: str) -> str:
    return unquote(part).replace("~1", "/").replace("~0", "~")


class _Renaming:
    """The renaming of one schema."""

    def __init__(self, names: PropertyNames) -> None:
        self._names = names

    def rename(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.rename(part) for part in node]
        if not isinstance(node, Mapping):
            return node
        return {key: self._rename_value(key, value, node) for key, value in node.items()}

    def _rename_value(self, key: str, value: Any, node: Mapping[str, Any]) -> Any:
        find = self._names.find_upstream_key
        match key:
            case "properties":
                return {find(name): self._rename_property(name, value[name]) for name in value}
            case "dependentSchemas":
                return {find(name): self.rename(part) for name, part in value.items()}
            case "required":
                return [find(name) for name in value]
            case "dependentRequired":
                return {find(name): [find(other) for other in value[name]] for name in value}
            case "propertyNames":
                return self._rename_enumerated(self.rename(value))
            case "$ref":
                return self._rename_pointer(value)
            case "default" | "const":
                return self._names.to_upstream(value, self._names.expand((node,)))
            case "enum" | "examples":
                nodes = self._names.expand((node,))
                return [self._names.to_upstream(part, nodes) for part in value]
            case _:
                return self._rename_parts(key, value)

    def _rename_parts(self, key: str, value: Any) -> Any:
        if key in MAPS:
            return {name: self.rename(part) for name, part in value.items()}
        return self.rename(value) if key in _PARTS else value

    def _rename_property(self, key: str, part: Any) -> Any:
        """Rename inside a property, and tell Claude the name that a new one stands for."""
        renamed = self.rename(part)
        if part is False or self._names.find_upstream_key(key) == key:
            return renamed
        renamed = {} if renamed is True else renamed
        original = f"(original name: {json.dumps(key, ensure_ascii=not key.isprintable())})"
        description = renamed.get("description")
        text = f"{description} {original}" if description else original
        return {**renamed, "description": text}

    def _rename_enumerated(self, names: Any) -> Any:
        """Rename the keys that `propertyNames` lists."""
        if not isinstance(names, Mapping):
            return names
        find = self._names.find_upstream_key
        changed: Schema = {}
        if isinstance(names.get("enum"), list):
            changed["enum"] = [find(it) if isinstance(it, str) else it for it in names["enum"]]
        if isinstance(names.get("const"), str):
            changed["const"] = find(names["const"])
        return {**names, **changed}

    def _rename_pointer(self, ref: str) -> str:
        """Rename the property keys that a reference leads through."""
        if not ref.startswith("#/"):
            return ref
        parts: list[str] = []
        before = ""
        for part in ref[2:].split("/"):
            key = _decode_pointer(part)
            # The second `properties` of `#/properties/properties` is a key.
            is_key = before in ("properties", "dependentSchemas")
            parts.append(self._names.find_upstream_key(key) if is_key else part)
            before = "" if is_key or before in MAPS else key
        return "#/" + "/".join(parts)
