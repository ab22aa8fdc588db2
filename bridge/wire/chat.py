"""OpenAI's Chat Completions: the request as clients really send it.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    Tag,
    model_validator,
)

from bridge.wire.responses_style import as_chat


class _Lenient(BaseModel):
    """Fields we do not know are kept, so that the translation can give notice of them."""

    model_config = ConfigDict(extra="allow", frozen=True)


class TextPart(_Lenient):
    type: Literal["text"]
    text: str


class ImageUrl(_Lenient):
    url: str
    detail: str | None = None


class ImagePart(_Lenient):
    type: Literal["image_url"]
    image_url: ImageUrl


class FileData(_Lenient):
    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class FilePart(_Lenient):
    type: Literal["file"]
    file: FileData


class AudioPart(_Lenient):
    type: Literal["input_audio"]
    input_audio: dict[str, Any]


class RefusalPart(_Lenient):
    type: Literal["refusal"]
    refusal: str


Part = Annotated[
    TextPart | ImagePart | FilePart | AudioPart | RefusalPart, Field(discriminator="type")
]
Content = str | list[Part] | None


def _written(arguments: Any) -> Any:
    """Some clients give a call's arguments back as an object, or none at all."""
    if arguments is None:
        return ""
    return json.dumps(arguments) if isinstance(arguments, dict | list) else arguments


class CalledFunction(_Lenient):
    name: str
    arguments: Annotated[str, BeforeValidator(_written)] = ""


class CalledCustom(_Lenient):
    name: str
    input: Annotated[str, BeforeValidator(_written)] = ""


class FunctionToolCall(_Lenient):
    id: str
    type: Literal["function"] = "function"
    function: CalledFunction


class CustomToolCall(_Lenient):
    id: str
    type: Literal["custom"] = "custom"
    custom: CalledCustom


def _kind(value: Any) -> str:
    """`custom`, `function`, or `other`; what has no type is a function."""
    if isinstance(value, Mapping):
        kind = value.get("type") or ("custom" if "custom" in value else "function")
    else:
        kind = getattr(value, "type", None)
    return str(kind) if kind in ("custom", "function") else "other"


ToolCall = Annotated[
    Annotated[FunctionToolCall, Tag("function")] | Annotated[CustomToolCall, Tag("custom")],
    Discriminator(_kind),
]


class SystemMessage(_Lenient):
    role: Literal["system", "developer"]
    content: Content = None
    name: str | None = None


class UserMessage(_Lenient):
    role: Literal["user"]
    content: Content = None
    name: str | None = None


class AssistantMessage(_Lenient):
    role: Literal["assistant"]
    content: Content = None
    refusal: str | None = None
    name: str | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: CalledFunction | None = None
    thinking_blocks: list[dict[str, Any]] | None = None
    """Claude's own thinking with its signatures, from clients that keep it."""


class ToolMessage(_Lenient):
    role: Literal["tool"]
    content: Content = None
    tool_call_id: str


class FunctionMessage(_Lenient):
    """The old way to answer a `function_call`."""

    role: Literal["function"]
    name: str
    content: Content = None


ChatMessage = Annotated[
    SystemMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage,
    Field(discriminator="role"),
]


class FunctionDefinition(_Lenient):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | bool | None = None
    strict: bool | None = None


class FunctionTool(_Lenient):
    type: Literal["function"] = "function"
    function: FunctionDefinition


class CustomDefinition(_Lenient):
    """A tool whose input is text; `format` may hold it to a grammar."""

    name: str
    description: str | None = None
    format: dict[str, Any] | None = None


class CustomTool(_Lenient):
    type: Literal["custom"] = "custom"
    custom: CustomDefinition


class OtherTool(_Lenient):
    """A tool that OpenAI runs itself, such as `web_search`."""

    type: str


def _nested(tool: Any) -> Any:
    """Some IDEs send the Responses API's flat tools here: `{type, name, parameters, …}`."""
    kind = _kind(tool) if isinstance(tool, dict) else "other"
    if kind == "other" or kind in tool or "name" not in tool:
        return tool
    flat = {name: value for name, value in tool.items() if name not in ("type", "cache_control")}
    return {**tool, "type": kind, kind: flat}


Tool = Annotated[
    Annotated[FunctionTool, Tag("function")]
    | Annotated[CustomTool, Tag("custom")]
    | Annotated[OtherTool, Tag("other")],
    Discriminator(_kind),
    BeforeValidator(_nested),
]


class NamedFunction(_Lenient):
    name: str


class NamedToolChoice(_Lenient):
    type: Literal["function"] = "function"
    function: NamedFunction


class NamedCustomChoice(_Lenient):
    type: Literal["custom"] = "custom"
    custom: NamedFunction


class AllowedTools(_Lenient):
    mode: Literal["auto", "required"]
    tools: list[Tool]


class AllowedToolsChoice(_Lenient):
    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


def _nested_choice(choice: Any) -> Any:
    """The Responses API's flat choices: `{type, name}` and `{type: allowed_tools, mode, tools}`."""
    if not isinstance(choice, dict):
        return "required" if choice == "any" else choice
    if choice.get("type") == "allowed_tools" and "allowed_tools" not in choice:
        allowed = {name: choice[name] for name in ("mode", "tools") if name in choice}
        return {"type": "allowed_tools", "allowed_tools": allowed}
    return choice if choice.get("type") == "allowed_tools" else _nested(choice)


ToolChoiceOption = Annotated[
    Literal["none", "auto", "required"]
    | Annotated[
        NamedToolChoice | NamedCustomChoice | AllowedToolsChoice, Field(discriminator="type")
    ],
    BeforeValidator(_nested_choice),
]


class TextFormat(_Lenient):
    type: Literal["text"]


class JsonObjectFormat(_Lenient):
    type: Literal["json_object"]


class NamedSchema(_Lenient):
    name: str
    schema_: dict[str, Any] | None = Field(None, alias="schema")


class JsonSchemaFormat(_Lenient):
    type: Literal["json_schema"]
    json_schema: NamedSchema


ResponseFormat = Annotated[
    TextFormat | JsonObjectFormat | JsonSchemaFormat, Field(discriminator="type")
]


class StreamOptions(_Lenient):
    include_usage: bool | None = None


ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class Reasoning(_Lenient):
    """The Responses API's way to say it, which some clients send here."""

    effort: ReasoningEffort | None = None


class ApproximateLocation(_Lenient):
    city: str | None = None
    country: str | None = None
    region: str | None = None
    timezone: str | None = None


class UserLocation(_Lenient):
    type: Literal["approximate"]
    approximate: ApproximateLocation


class WebSearchOptions(_Lenient):
    search_context_size: Literal["low", "medium", "high"] | None = None
    user_location: UserLocation | None = None


MOST_MESSAGES = 20_000
MOST_TOOLS = 2_000
"""Far more than upstream would take; what is beyond is not even looked at."""


class ChatRequest(_Lenient):
    """`POST /v1/chat/completions`. What is not a field here is set aside with a notice."""

    model: str
    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_MESSAGES)
    stream: StrictBool | None = None
    computer_use: StrictBool | None = None
    """The bridge's own: Claude does it on this desktop, as far as the person allows."""
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    stop: str | list[str] | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    tools: list[Tool] | None = Field(None, max_length=MOST_TOOLS)
    tool_choice: ToolChoiceOption | None = None
    functions: list[FunctionDefinition] | None = None
    function_call: Literal["none", "auto"] | NamedFunction | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: ReasoningEffort | None = None
    reasoning: Reasoning | None = None
    response_format: ResponseFormat | None = None
    user: str | None = None
    safety_identifier: str | None = None
    n: int | None = Field(None, ge=1, le=8)
    verbosity: Literal["low", "medium", "high"] | None = None
    service_tier: str | None = None
    web_search_options: WebSearchOptions | None = None
    previous_response_id: None = None
    """Of the Responses API: history that this endpoint does not have."""

    _from_responses_style = model_validator(mode="before")(as_chat)
