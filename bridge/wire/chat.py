"""OpenAI's Chat Completions: the request, with the variants that clients send.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    ModelWrapValidatorHandler,
    StrictBool,
    Tag,
    TypeAdapter,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import from_json

from bridge.wire.chat_from_responses import to_chat_body
from bridge.wire.chat_input.blocks import read_blocks
from bridge.wire.chat_input.effort import ReasoningEffort
from bridge.wire.chat_input.spellings import read_spellings
from bridge.wire.json_bytes import encode_json

MOST_MESSAGES = 20_000
MOST_TOOLS = 2_000
"""Far more than the API accepts; longer lists are refused without validating their items."""


class LenientModel(BaseModel):
    """A frozen model that stores unknown fields, so that translation can report them."""

    model_config = ConfigDict(extra="allow", frozen=True)


class TextPart(LenientModel):
    type: Literal["text"]
    text: str


class ImageUrl(LenientModel):
    url: str
    detail: str | None = None


class ImagePart(LenientModel):
    type: Literal["image_url"]
    image_url: ImageUrl


class FileData(LenientModel):
    file_data: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    filename: str | None = None


class FilePart(LenientModel):
    type: Literal["file"]
    file: FileData


class AudioPart(LenientModel):
    type: Literal["input_audio"]
    input_audio: dict[str, Any]


class RefusalPart(LenientModel):
    type: Literal["refusal"]
    refusal: str


Part = Annotated[
    TextPart | ImagePart | FilePart | AudioPart | RefusalPart, Field(discriminator="type")
]
Content = str | list[Part] | None


def _encode_arguments(arguments: Any) -> Any:
    """Encode a call's arguments, which some clients send as an object or as null."""
    if arguments is None:
        return ""
    return json.dumps(arguments) if isinstance(arguments, dict | list) else arguments


class CalledFunction(LenientModel):
    name: str
    arguments: Annotated[str, BeforeValidator(_encode_arguments)] = ""


class CalledCustom(LenientModel):
    name: str
    input: Annotated[str, BeforeValidator(_encode_arguments)] = ""


class FunctionToolCall(LenientModel):
    id: str
    type: Literal["function"] = "function"
    function: CalledFunction


class CustomToolCall(LenientModel):
    id: str
    type: Literal["custom"] = "custom"
    custom: CalledCustom


# The unions below have explicit discriminators. Without them pydantic would try every member, and
# report the errors of all of them to the client.


def _classify_tool(value: Any) -> str:
    """Return `custom`, `function` or `other`; a tool without a type is a function."""
    # Nearly always a dict; a check for any mapping takes ten times as long.
    if isinstance(value, (dict, Mapping)):
        kind = value.get("type") or ("custom" if "custom" in value else "function")
    else:
        kind = getattr(value, "type", None)
    return str(kind) if kind in ("custom", "function") else "other"


ToolCall = Annotated[
    Annotated[FunctionToolCall, Tag("function")] | Annotated[CustomToolCall, Tag("custom")],
    Discriminator(_classify_tool),
]


class SystemMessage(LenientModel):
    role: Literal["system", "developer"]
    content: Content = None
    name: str | None = None


class UserMessage(LenientModel):
    role: Literal["user"]
    content: Content = None
    name: str | None = None


class AssistantMessage(LenientModel):
    role: Literal["assistant"]
    content: Content = None
    refusal: str | None = None
    name: str | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: CalledFunction | None = None
    thinking_blocks: list[dict[str, Any]] | None = None
    """Claude's thinking with its signatures, from clients that store it."""
    server_blocks: list[dict[str, Any]] | None = None
    """Earlier calls of Anthropic's server tools and their results, as the API sent them."""


class ToolMessage(LenientModel):
    role: Literal["tool"]
    content: Content = None
    tool_call_id: str


class FunctionMessage(LenientModel):
    """The result of a legacy `function_call`."""

    role: Literal["function"]
    name: str
    content: Content = None


ChatMessage = Annotated[
    SystemMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage,
    Field(discriminator="role"),
]


def _read_empty_list(parameters: Any) -> Any:
    """Read `[]` as `{}`, which PHP does not tell apart."""
    return {} if parameters == [] else parameters


class FunctionDefinition(LenientModel):
    name: str
    description: str | None = None
    # `true` and `false` are valid JSON Schemas.
    parameters: Annotated[dict[str, Any] | bool | None, BeforeValidator(_read_empty_list)] = None
    strict: bool | None = None


class FunctionTool(LenientModel):
    type: Literal["function"] = "function"
    function: FunctionDefinition


class CustomDefinition(LenientModel):
    """A tool whose input is text; `format` may contain a grammar for it."""

    name: str
    description: str | None = None
    format: dict[str, Any] | None = None


class CustomTool(LenientModel):
    type: Literal["custom"] = "custom"
    custom: CustomDefinition


class OtherTool(LenientModel):
    """A tool that runs on OpenAI's servers, such as `web_search`."""

    type: str


def _nest_tool(tool: Any) -> Any:
    """Nest the Responses API's flat tools (`{type, name, parameters, …}`), which some IDEs send."""
    kind = _classify_tool(tool) if isinstance(tool, dict) else "other"
    if kind == "other" or kind in tool or "name" not in tool:
        return tool
    flat = {name: value for name, value in tool.items() if name not in ("type", "cache_control")}
    return {**tool, "type": kind, kind: flat}


Tool = Annotated[
    Annotated[FunctionTool, Tag("function")]
    | Annotated[CustomTool, Tag("custom")]
    | Annotated[OtherTool, Tag("other")],
    Discriminator(_classify_tool),
    BeforeValidator(_nest_tool),
]


_ToolList = Annotated[list[Tool], Field(max_length=MOST_TOOLS)]
_CLIENT_TOOLS = ("function", "custom")
_MOST_KNOWN = 16
_LONGEST_KNOWN = 64_000
"""Bytes of a list of tools that is remembered."""
_MOST_SEPARATORS = 3_000
"""In it: an object of two bytes takes a hundred times as much, so that a list could take 6 MB. With
so many separators, also in texts, it takes at most 2 MB.
"""


class KnownTools(list[Tool]):
    """Functions and custom tools that are remembered by their JSON. Must not be changed."""

    def __init__(self, text: bytes, tools: Iterable[Tool]) -> None:
        super().__init__(tools)
        self.text = text


def _recall_tools(tools: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Validate a list of tools once: clients send the same ones with each turn.

    Only tools that the client runs are remembered; others may have the password of a server.
    """
    if not isinstance(tools, list) or not all(
        isinstance(tool, dict) and tool.get("type") in _CLIENT_TOOLS for tool in tools
    ):
        return validate(tools)
    text = encode_json(tools)
    if len(text) <= _LONGEST_KNOWN and sum(map(text.count, b",[{")) <= _MOST_SEPARATORS:
        # Besides a ValidationError, this may be half of a surrogate pair.
        with suppress(ValueError):
            return read_known_tools(text)
    # Again, for the path in this request: what is refused is not remembered.
    return validate(tools)


@functools.lru_cache(_MOST_KNOWN)
def read_known_tools(text: bytes) -> KnownTools:
    """Read a list of tools from its JSON. Raises ValueError, and then remembers nothing."""
    return KnownTools(text, _get_tools_adapter().validate_python(from_json(text)))


@functools.cache
def _get_tools_adapter() -> TypeAdapter[list[Tool]]:
    return TypeAdapter(_ToolList)


Tools = Annotated[_ToolList, WrapValidator(_recall_tools)]


class NamedFunction(LenientModel):
    name: str


class NamedToolChoice(LenientModel):
    type: Literal["function"] = "function"
    function: NamedFunction


class NamedCustomChoice(LenientModel):
    type: Literal["custom"] = "custom"
    custom: NamedFunction


class AllowedTools(LenientModel):
    mode: Literal["auto", "required"]
    tools: list[Tool]


class AllowedToolsChoice(LenientModel):
    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


def _nest_choice(choice: Any) -> Any:
    """Nest the Responses API's flat choices, and read `any` as `required`.

    They are `{type, name}` and `{type: allowed_tools, mode, tools}`.
    """
    if not isinstance(choice, dict):
        return "required" if choice == "any" else choice
    if choice.get("type") == "allowed_tools" and "allowed_tools" not in choice:
        allowed = {name: choice[name] for name in ("mode", "tools") if name in choice}
        return {"type": "allowed_tools", "allowed_tools": allowed}
    return choice if choice.get("type") == "allowed_tools" else _nest_tool(choice)


ToolChoiceOption = Annotated[
    Literal["none", "auto", "required"]
    | Annotated[
        NamedToolChoice | NamedCustomChoice | AllowedToolsChoice, Field(discriminator="type")
    ],
    BeforeValidator(_nest_choice),
]


class TextFormat(LenientModel):
    type: Literal["text"]


class JsonObjectFormat(LenientModel):
    type: Literal["json_object"]


class NamedSchema(LenientModel):
    name: str
    # `schema` is a method of pydantic's BaseModel.
    schema_: dict[str, Any] | None = Field(None, alias="schema")


class JsonSchemaFormat(LenientModel):
    type: Literal["json_schema"]
    json_schema: NamedSchema


ResponseFormat = Annotated[
    TextFormat | JsonObjectFormat | JsonSchemaFormat, Field(discriminator="type")
]


class StreamOptions(LenientModel):
    include_usage: bool | None = None


class Reasoning(LenientModel):
    """The Responses API's form of `reasoning_effort`, which some clients send."""

    effort: ReasoningEffort | None = None
    max_tokens: int | None = Field(None, ge=0)
    """OpenRouter's budget for thinking, in tokens; Anthropic's `budget_tokens`."""
    exclude: bool | None = None
    """OpenRouter: think, but leave the thinking out of the answer."""


class ApproximateLocation(LenientModel):
    city: str | None = None
    country: str | None = None
    region: str | None = None
    timezone: str | None = None


class UserLocation(LenientModel):
    type: Literal["approximate"]
    approximate: ApproximateLocation


class WebSearchOptions(LenientModel):
    search_context_size: Literal["low", "medium", "high"] | None = None
    user_location: UserLocation | None = None


class ChatRequest(LenientModel):
    """`POST /v1/chat/completions`. Other fields are ignored with a notice."""

    model: str
    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_MESSAGES)
    # Strict, because the string "false" would otherwise be accepted as a boolean.
    stream: StrictBool | None = None
    computer_use: StrictBool | None = None
    """The bridge's own field: let Claude use this computer, as far as the user permits it."""
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=0)
    max_completion_tokens: int | None = Field(None, ge=0)
    stop: str | list[str] | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    tools: Tools | None = None
    tool_choice: ToolChoiceOption | None = None
    functions: list[FunctionDefinition] | None = None
    function_call: Literal["none", "auto"] | NamedFunction | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: ReasoningEffort | None = None
    reasoning: Reasoning | None = None
    response_format: ResponseFormat | None = None
    user: str | None = None
    safety_identifier: str | None = None
    # Claude's API has no `n`: each answer is a separate request, so the bridge limits their number.
    n: int | None = Field(None, ge=1, le=8)
    verbosity: Literal["low", "medium", "high"] | None = None
    service_tier: str | None = None
    web_search_options: WebSearchOptions | None = None
    previous_response_id: None = None
    """A parameter of the Responses API; refused, because this endpoint stores no history."""

    prompt_cache_retention: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    speed: str | None = None
    """Anthropic's; `fast` is quicker and costs more."""

    _client_body: Any = None

    @property
    def other_tools(self) -> list[OtherTool]:
        """The tools that are neither functions nor custom tools."""
        if self.tools is None or isinstance(self.tools, KnownTools):
            return []
        # By the type first: `isinstance` is slow for a model that is of another class.
        others = [tool for tool in self.tools if tool.type not in _CLIENT_TOOLS]
        return [tool for tool in others if isinstance(tool, OtherTool)]

    @property
    def client_body(self) -> Any:
        """The body that the client sent, if it is not in the words of this model.

        It is for `find_client_path`; messages and tools that nothing was changed in are left out.
        """
        return self._client_body

    @staticmethod
    def read_variants(body: Any) -> Any:
        """Return a client's body in the words of this model; nearly always the same object."""
        chat = to_chat_body(body)
        # What is decoded from JSON; a check for any mapping takes ten times as long.
        if not isinstance(chat, dict):
            return chat
        chat = read_spellings(chat)
        messages = chat.get("messages")
        read = read_blocks(messages)
        return chat if read is messages else {**chat, "messages": read}

    @model_validator(mode="wrap")
    @classmethod
    def _validate_variants(cls, body: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        read = cls.read_variants(body)
        chat = validate(read)
        if read is not body:
            # For errors that are found later. Of a long body only what was changed is kept.
            same = read.get("messages") is body.get("messages")
            left_out = ("messages", "tools") if same else ()
            chat._client_body = {k: v for k, v in body.items() if k not in left_out}
        return chat
