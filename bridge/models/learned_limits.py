"""Correct a model's rules from the message of a refused request.

New models and changed limits work without an update: the first refusal corrects the rules, and the
request is sent again. Each pattern matches a message of Anthropic's API.

A refusal teaches something about the model, or only about a schema of this request, or only about
this combination of parameters. The correction is kept for what it is about, and only once the
corrected request was accepted: the mistake of one client must not change the requests of others.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from bridge.models.rules import ModelRules, infer_thinking
from bridge.wire.messages import MessagesRequest

MOST_MODELS = 100
"""Pairs of a backend and a model whose corrections are kept; the oldest is dropped."""

MOST_SCHEMAS = 200
"""Refused schemas of one model that are kept; the oldest is dropped."""

SchemaSet = frozenset[str]
"""Digests of schemas that were refused together, or of one."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The change of a model's rules that one refusal implies."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the model's rules, with their new values."""
    schemas: tuple[SchemaSet, ...] = ()
    """Schemas that are not enforced."""
    general: bool = True
    """False if it is about a combination of parameters: it holds for this request only."""

    def apply(self, rules: ModelRules) -> ModelRules:
        """Return the corrected rules."""
        return replace(
            rules, **self.changes, refused_schemas=(*rules.refused_schemas, *self.schemas)
        )


class LearnedLimits:
    """The corrections of a running server, by backend and model.

    Also those of schemas: a newer model compiles schemas that an older one refuses.
    """

    def __init__(self) -> None:
        self._corrections: OrderedDict[tuple[str, str], Correction] = OrderedDict()

    def apply(self, backend: str, model: str, rules: ModelRules) -> ModelRules:
        """Return the rules with what was learned for this backend and model."""
        correction = self._corrections.get((backend, model))
        return rules if correction is None else correction.apply(rules)

    def keep(self, backend: str, model: str, correction: Correction) -> None:
        """Keep a correction that the repeated request has proved."""
        if not correction.general:
            return
        known = self._corrections.pop((backend, model), Correction())
        schemas = dict.fromkeys((*known.schemas, *correction.schemas))
        self._corrections[backend, model] = Correction(
            {**known.changes, **correction.changes}, tuple(schemas)[-MOST_SCHEMAS:]
        )
        if len(self._corrections) > MOST_MODELS:
            self._corrections.popitem(last=False)


def digest_schema(schema: Any) -> str:
    """Return the digest of a schema as it is sent."""
    try:
        text = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # What orjson refuses: lone surrogates, large integers, deep nesting.
        text = json.dumps(schema, sort_keys=True).encode()
    return hashlib.sha256(text).hexdigest()


Read = Callable[[ModelRules, MessagesRequest, re.Match[str]], Correction | None]


@dataclass(frozen=True, slots=True)
class RefusalRule:
    """A pattern for the message of a 400, and the correction that it implies."""

    pattern: re.Pattern[str]
    read: Read


def _make_rule(pattern: str, read: Read) -> RefusalRule:
    return RefusalRule(re.compile(pattern, re.IGNORECASE | re.DOTALL), read)


def _change(**changes: Any) -> Read:
    return lambda rules, request, match: Correction(changes)


def _limit_output(rules: ModelRules, request: MessagesRequest, match: re.Match[str]) -> Correction:
    return Correction({"max_output": int(match["limit"])})


def _limit_efforts(rules: ModelRules, request: MessagesRequest, match: re.Match[str]) -> Correction:
    # Only known levels, in our order: the message may list levels that OpenAI's API lacks.
    named = tuple(level for level in rules.efforts if level in match["levels"])
    return Correction({"efforts": named})


def _limit_thinking(
    rules: ModelRules, request: MessagesRequest, match: re.Match[str]
) -> Correction:
    types = re.findall(r"[a-z_]+", match["types"])
    return Correction({"thinking": infer_thinking(types, rules.thinking)})


def _refuse_tool(
    rules: ModelRules, request: MessagesRequest, match: re.Match[str]
) -> Correction | None:
    """Learn that the schema of one strict tool is not accepted."""
    tools, index = request.tools or (), int(match["index"])
    if index >= len(tools) or not tools[index].get("strict"):
        return None
    return Correction(schemas=(frozenset([digest_schema(tools[index]["input_schema"])]),))


def _refuse_grammar(
    rules: ModelRules, request: MessagesRequest, match: re.Match[str]
) -> Correction | None:
    """Learn which schemas are too much: those that exceed a limit alone, or else all together."""
    schemas = _list_compiled(request)
    digests = [digest_schema(schema) for schema in schemas]
    count = _find_counter(match.group())
    limit = re.search(r"limit:? *(\d{1,4})", match.string)
    if count is not None and limit is not None:
        too_large = [
            frozenset([digest])
            for digest, schema in zip(digests, schemas, strict=True)
            if count(schema) > int(limit[1])
        ]
        if too_large:
            return Correction(schemas=tuple(dict.fromkeys(too_large)))
    together = frozenset(digests)
    if not together:
        return None
    # A number of tools that is too high says nothing about a schema that several of them share.
    return Correction(schemas=(together,), general=len(together) == len(digests))


def _list_compiled(request: MessagesRequest) -> list[Any]:
    """Return the schemas that the API compiles to a grammar."""
    strict = [tool["input_schema"] for tool in request.tools or () if tool.get("strict")]
    format = (request.output_config or {}).get("format")
    return strict if format is None else [*strict, format.get("schema")]


def _find_counter(refusal: str) -> Callable[[Any], int] | None:
    if "optional" in refusal.lower():
        return count_optional
    return count_unions if "union" in refusal.lower() else None


def count_optional(node: Any) -> int:
    """Count the properties of a schema that are not required, at any depth."""
    if isinstance(node, list):
        return sum(map(count_optional, node))
    if not isinstance(node, Mapping):
        return 0
    properties = node.get("properties")
    optional = 0
    if isinstance(properties, Mapping):
        required = node.get("required")
        optional = len(properties.keys() - set(required if isinstance(required, list) else ()))
    return optional + sum(map(count_optional, node.values()))


def count_unions(node: Any) -> int:
    """Count the parts of a schema that have several types."""
    if isinstance(node, list):
        return sum(map(count_unions, node))
    if not isinstance(node, Mapping):
        return 0
    is_union = isinstance(node.get("type"), list) or isinstance(node.get("anyOf"), list)
    return is_union + sum(map(count_unions, node.values()))


def _refuse_format(
    rules: ModelRules, request: MessagesRequest, match: re.Match[str]
) -> Correction | None:
    """Learn that the schema of the answer is not accepted."""
    format = (request.output_config or {}).get("format")
    if format is None:
        return None
    return Correction(schemas=(frozenset([digest_schema(format.get("schema"))]),))


REFUSAL_RULES: tuple[RefusalRule, ...] = (
    _make_rule(
        r"max_tokens: \d+ > (?P<limit>\d{1,9}), which is the maximum",
        _limit_output,
    ),
    _make_rule(
        r"(temperature|top_p|top_k)`? (is|are) (not supported|deprecated)|"
        r"(temperature|top_p|top_k): Extra inputs",
        _change(sampling=False),
    ),
    _make_rule(
        r"does not support assistant message prefill|must end with a user message",
        _change(prefill=False),
    ),
    _make_rule(
        r"tool_choice.*(not supported|not support|incompatible)",
        _change(forced_tools=False),
    ),
    _make_rule(
        r"role.{0,3}system.*not supported|messages\.\d+\.role.*(input should be|unexpected role)",
        _change(mid_system=False),
    ),
    _make_rule(
        r"does not support effort level.*supported levels: (?P<levels>[a-z, ]+)", _limit_efforts
    ),
    _make_rule(r"does not support the effort parameter", _change(efforts=())),
    _make_rule(
        r"thinking\.type: \w+ is not supported on this model\. Supported: (?P<types>[a-z_, ]+)",
        _limit_thinking,
    ),
    _make_rule(
        r"output_config\.format: Extra inputs|does not support structured output|"
        r"output_config\.format: [^.]*not supported (on|by|for|with) this model",
        # A model without structured output has no strict tools either.
        _change(structured=False, strict_tools=False),
    ),
    _make_rule(r"output_config\.format", _refuse_format),
    _make_rule(
        r"eager_input_streaming.*(Extra inputs|not supported)",
        _change(eager_tools=False),
    ),
    _make_rule(
        r"tools\.\d+\.(custom\.)?strict: (Extra inputs|[^.]*not supported \w+ this model)|"
        r"does not support strict tools|strict tools are not supported",
        _change(strict_tools=False),
    ),
    _make_rule(r"tools\.(?P<index>\d{1,6})\.(custom\.)?(strict|input_schema)", _refuse_tool),
    _make_rule(
        r"too many optional param|param\w* with union|union types?|strict tools|"
        r"compiled grammar|grammar compilation|too complex (for|to) compil",
        _refuse_grammar,
    ),
)

# "… is not supported with thinking", "… when tools are used"; but not "must end with a user
# message", and not "is not supported with this model".
_COMBINATION = re.compile(
    r"(?<!end )\b(with|when|while|together|unless|combin\w+)\b(?! this model)", re.IGNORECASE
)

_TOOL_SCHEMA = re.compile(r"tools\.(?P<index>\d{1,6})\.(custom\.)?input_schema")


def learn_limits(rules: ModelRules, request: MessagesRequest, refusal: str) -> Correction | None:
    """Return the correction of a refused request, or None if it implies no change."""
    for rule in REFUSAL_RULES:
        match = rule.pattern.search(refusal)
        if match is not None:
            correction = rule.read(rules, request, match)
            if correction is None or correction.apply(rules) == rules:
                return None
            about_combination = not correction.schemas and _COMBINATION.search(refusal) is not None
            return replace(correction, general=correction.general and not about_combination)
    return None


def learn_schemas(rules: ModelRules, request: MessagesRequest, refusal: str) -> Correction | None:
    """Return which schemas of a request were refused, strict or not; None if it was not for one.

    For requests that are passed through, whose schemas were not repaired before.
    """
    match = _TOOL_SCHEMA.search(refusal)
    tools = request.tools or ()
    if match is not None and int(match["index"]) < len(tools):
        schema = tools[int(match["index"])].get("input_schema")
        return Correction(schemas=(frozenset([digest_schema(schema)]),))
    correction = learn_limits(rules, request, refusal)
    return correction if correction is not None and correction.schemas else None
