"""What each model accepts, as data (Anthropic's documentation, November 2026)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bridge.models.spelling import remove_date

Line = Literal["fable", "mythos", "opus", "sonnet", "haiku", "echo"]
Thinking = Literal["always", "between_tools", "can_disable", "on_request", "budget", "none"]

ECHO = "bridge-echo"


class ImageSize(NamedTuple):
    """The largest image that a model accepts: pixels of the longer edge, and in total."""

    edge: int
    pixels: int


LARGE = ImageSize(2576, 3_750_000)
SMALL = ImageSize(1568, 1_150_000)


@dataclass(frozen=True, slots=True)
class ModelRules:
    """The rules of one model; the API refuses a request that breaks one of them with a 400."""

    id: str
    line: Line
    thinking: Thinking
    """When it thinks: `always`; by default (`can_disable`, or `between_tools` if it can only be
    limited to the time between tool calls); only if requested (`on_request`); only with a budget
    (`budget`); or never (`none`)."""
    context: int = 1_000_000
    """Tokens of input and output together."""
    max_output: int = 128_000
    efforts: tuple[str, ...] = ("low", "medium", "high", "xhigh", "max")
    default_effort: str = "high"
    sampling: bool = False
    """Accepts temperature or top_p, with anthropic-version 2023-06-01."""
    prefill: bool = False
    """The last message may be the assistant's, and Claude continues it."""
    forced_tools: bool = True
    """Accepts a `tool_choice` of `any` or `tool`."""
    mid_system: bool = False
    """Accepts system messages in the middle of the conversation."""
    thinking_back: bool = True
    """Accepts the thinking of earlier turns."""
    images: ImageSize = LARGE
    own_session: bool = False
    """The backend sets cache markers and the user's id itself."""
    caches_messages: bool = True
    """Whether a first message is cached where the client sets no markers; otherwise only the
    instructions are."""
    image_bytes: int | None = None
    """Longest image in a user turn that the backend passes on as it is; None: any."""
    structured: bool = True
    """Supports structured output (`output_config.format`)."""
    strict_tools: bool = True
    """Supports tools with `strict`."""
    computer: Literal["toolset", "none", "not_here"] = "toolset"
    """Supports `computer_toolset_20260801`; `not_here`: the model does, but not the backend."""
    server_tools: bool = True
    """The backend can request Anthropic's code execution and its MCP connector."""
    eager_tools: bool = True
    """Can stream tool arguments before they are valid JSON."""
    fast: bool = False
    """Has a fast mode (`speed`), which costs more."""
    refused_schemas: tuple[frozenset[str], ...] = ()
    """Digests of schemas that it refused to enforce, together or one alone."""


def infer_thinking(types: Collection[str], known: Thinking) -> Thinking:
    """Infer when a model thinks from the values of `thinking.type` that it accepts.

    `known` decides between `can_disable` and `on_request`, which accept the same values.
    """
    if "adaptive" not in types:
        return "budget" if "enabled" in types else "none"
    if "between_tools" in types:
        return "between_tools"
    if "disabled" not in types:
        return "always"
    return known if known in ("can_disable", "on_request") else "can_disable"


# Models of one generation share their rules; the functions below name what they share.

_EFFORTS_46 = ("low", "medium", "high", "max")


def _build_frontier(
    line: Line, version: str, *, forced_tools: bool, fast: bool = False
) -> ModelRules:
    return ModelRules(
        f"claude-{line}-{version}",
        line,
        "always",
        forced_tools=forced_tools,
        mid_system=True,
        fast=fast,
    )


def _build_4_6(line: Line) -> ModelRules:
    return ModelRules(
        f"claude-{line}-4-6",
        line,
        "on_request",
        efforts=_EFFORTS_46,
        sampling=True,
        images=SMALL,
        computer="none",
    )


def _build_4_5(line: Line, *, efforts: tuple[str, ...] = ()) -> ModelRules:
    return ModelRules(
        f"claude-{line}-4-5",
        line,
        "budget",
        context=200_000,
        max_output=64_000,
        efforts=efforts,
        sampling=True,
        prefill=True,
        images=SMALL,
        computer="none",
    )


RULES: tuple[ModelRules, ...] = (
    _build_frontier("fable", "5-2", forced_tools=False, fast=True),
    _build_frontier("fable", "5-1", forced_tools=False),
    _build_frontier("fable", "5", forced_tools=True),
    _build_frontier("mythos", "5-2", forced_tools=False),
    _build_frontier("mythos", "5-1", forced_tools=False),
    _build_frontier("mythos", "5", forced_tools=True),
    ModelRules(
        "claude-opus-5-5",
        "opus",
        "always",
        default_effort="medium",
        forced_tools=False,
        mid_system=True,
        fast=True,
    ),
    ModelRules("claude-opus-5", "opus", "can_disable", mid_system=True),
    ModelRules("claude-opus-4-8", "opus", "on_request", mid_system=True),
    ModelRules("claude-opus-4-7", "opus", "on_request", computer="none"),
    _build_4_6("opus"),
    _build_4_5("opus", efforts=("low", "medium", "high")),
    ModelRules("claude-sonnet-5-5", "sonnet", "between_tools", forced_tools=False, mid_system=True),
    ModelRules("claude-sonnet-5", "sonnet", "can_disable"),
    _build_4_6("sonnet"),
    _build_4_5("sonnet"),
    ModelRules(
        "claude-haiku-5-5", "haiku", "can_disable", default_effort="medium", mid_system=True
    ),
    _build_4_5("haiku"),
)

# The echo accepts nearly everything, so that a client can be tested with its usual requests.
ECHO_RULES = ModelRules(
    ECHO,
    "echo",
    "none",
    efforts=(),
    sampling=True,
    prefill=True,
    mid_system=True,
    computer="none",
)

SNAPSHOTS = frozenset(
    {"claude-haiku-4-5-20251001", "claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929"}
)
"""The ids with a date that models of the table have; later models have none."""

_BY_ID = {rules.id: rules for rules in (*RULES, ECHO_RULES)}


def find_rules(model: str) -> ModelRules | None:
    """Find the rules of a model id, also of a dated snapshot (`-20251001`)."""
    return _BY_ID.get(model) or _BY_ID.get(remove_date(model))


def get_rules(model: str) -> ModelRules:
    """Return the rules of a model in the table. Raises KeyError for any other."""
    return _BY_ID[model]
