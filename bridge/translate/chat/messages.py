"""Translate chat messages to Anthropic's system prompt and messages; `turns` orders them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from bridge.errors import InvalidRequest
from bridge.models.rules import ImageSize, ModelRules
from bridge.translate.chat.caching import copy_cache_marker
from bridge.translate.chat.computer_toolset import TOOLSET_NAME, parse_member
from bridge.translate.chat.custom_tools import INPUT_FIELD
from bridge.translate.chat.images import (
    LOW_DETAIL,
    check_screenshot_size,
    fit_image,
    limit_for_count,
)
from bridge.translate.chat.media import build_document_block, build_image_block
from bridge.translate.chat.names import CallIds
from bridge.translate.chat.property_names import PropertyNames
from bridge.translate.chat.speakers import Speakers
from bridge.translate.chat.tools import ToolOffer
from bridge.translate.chat.turns import (
    answer_every_call,
    append_turn,
    as_note,
    begin_with_user,
    end_with_user,
    move_images,
    pair_server_calls,
    place_systems,
)
from bridge.translate.notices import Notices
from bridge.translate.stream.content_blocks import parse_input
from bridge.wire.chat import (
    AssistantMessage,
    AudioPart,
    ChatMessage,
    Content,
    CustomToolCall,
    FilePart,
    FunctionMessage,
    ImagePart,
    Part,
    RefusalPart,
    SystemMessage,
    TextPart,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from bridge.wire.messages import Block, Message
from bridge.wire.response_items.server_calls import keep_known_blocks

# Fields that need no notice: cache markers are used, annotations repeat links of the text.
_HARMLESS = frozenset({"cache_control", "annotations"})
_IGNORED_FIELDS = {
    "reasoning_content": "Claude accepts its thinking only with a signature",
    "audio": "Claude does not accept audio",
}

OK: Block = {"type": "text", "text": "OK"}
"""The result of a computer action that returns no screenshot."""

LEGACY_CALL = "function_call"
"""The id used for a legacy `function_call`, which has no id."""


@dataclass(frozen=True, slots=True)
class _Context:
    """What the translation of each message depends on."""

    rules: ModelRules
    ids: CallIds
    offer: ToolOffer
    images: ImageSize
    notices: Notices
    properties: Mapping[str, PropertyNames]
    """The renamed properties of tools, by Claude's names for the tools."""
    computer_calls: set[str] = field(default_factory=set)
    """Ids of the computer toolset's calls so far; their results need `toolset_name`."""
    keep_pixels: bool = False
    """Images are screenshots that Claude clicks in, so they must not be scaled."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation in Anthropic's format."""

    system: tuple[Block, ...] | None
    messages: tuple[Message, ...]


def build_conversation(
    messages: Sequence[ChatMessage], offer: ToolOffer, rules: ModelRules, notices: Notices
) -> Conversation:
    """Translate all messages. Raises InvalidRequest naming the field.

    Leading system and developer messages become the system prompt; later ones stay in place.
    """
    opening = _count_leading_systems(messages)
    turns: list[Message] = []
    # The API's limit for each image is lower in a request with many of them.
    images = limit_for_count(sum(map(_count_images, messages)), rules.images)
    context = _Context(rules, CallIds(), offer, images, notices, offer.properties)
    speakers = Speakers(messages, notices)
    for index, message in enumerate(messages[opening:], start=opening):
        turn = _translate_message(message, f"messages[{index}]", context)
        turn["content"] = speakers.name_speaker(message, turn["content"])
        append_turn(
            turns, {"role": turn["role"], "content": _mark_last_block(turn["content"], message)}
        )
    turns = place_systems(turns)
    begin_with_user(turns, notices)
    move_images(turns, notices)
    if any(isinstance(message, AssistantMessage) and message.server_blocks for message in messages):
        pair_server_calls(turns, notices)
    answer_every_call(turns, notices)
    end_with_user(turns, rules, notices)
    system = [
        block
        for index, message in enumerate(messages[:opening])
        # Always true here; it tells the type checker what `messages[:opening]` contains.
        if isinstance(message, SystemMessage)
        for block in _mark_last_block(
            _translate_system_text(message, f"messages[{index}]", context), message
        )
    ]
    _report_extra_fields(messages, notices)
    return Conversation(tuple(system) or None, tuple(turns))


def _mark_last_block(blocks: list[Block], message: ChatMessage) -> list[Block]:
    """Move a message's cache marker to its last block."""
    return [*blocks[:-1], copy_cache_marker(blocks[-1], message)] if blocks else blocks


def _report_extra_fields(messages: Sequence[ChatMessage], notices: Notices) -> None:
    for message in messages:
        for name, value in (message.model_extra or {}).items():
            if value and name not in _HARMLESS:
                why = _IGNORED_FIELDS.get(name, "unknown field")
                notices.add(f"messages.{name} ignored: {why}")


def _count_leading_systems(messages: Sequence[ChatMessage]) -> int:
    count = 0
    while count < len(messages) and isinstance(messages[count], SystemMessage):
        count += 1
    return count


def _count_images(message: ChatMessage) -> int:
    content = message.content if isinstance(message.content, list) else []
    return sum(isinstance(part, ImagePart) for part in content)


def _translate_message(message: ChatMessage, where: str, context: _Context) -> Message:
    match message:
        case UserMessage():
            return {"role": "user", "content": _translate_content(message.content, where, context)}
        case AssistantMessage():
            return {
                "role": "assistant",
                "content": _build_assistant_blocks(message, where, context),
            }
        case ToolMessage() | FunctionMessage():
            return {"role": "user", "content": [_build_tool_result(message, where, context)]}
        case SystemMessage():
            return _translate_late_system(message, where, context)
        case _:
            assert_never(message)


def _translate_late_system(message: SystemMessage, where: str, context: _Context) -> Message:
    """Translate a system message that is not at the start, in its place.

    Moving it to the system prompt would change the prefix that caches and signatures depend on.
    """
    turn: Message = {"role": "system", "content": _translate_system_text(message, where, context)}
    return turn if context.rules.mid_system else as_note(turn)


def _build_assistant_blocks(
    message: AssistantMessage, where: str, context: _Context
) -> list[Block]:
    context.ids.begin_turn()
    thoughts = _select_signed_thinking(message, context)
    calls = keep_known_blocks(message.server_blocks or ())
    blocks = [*thoughts, *calls, *_translate_content(message.content, where, context)]
    if message.refusal:
        blocks.append({"type": "text", "text": message.refusal})
    if message.function_call is not None:
        called = message.function_call
        blocks.append(
            _build_tool_use(LEGACY_CALL, called.name, parse_input(called.arguments), context)
        )
    return blocks + [_build_tool_call(call, context) for call in message.tool_calls or ()]


def _select_signed_thinking(message: AssistantMessage, context: _Context) -> list[Block]:
    """Return the thinking that can be sent back: Claude refuses thinking without a signature."""
    blocks = message.thinking_blocks or []
    signed = [
        block
        for block in blocks
        if (block.get("type") == "thinking" and block.get("signature"))
        or (block.get("type") == "redacted_thinking" and block.get("data"))
    ]
    if len(signed) < len(blocks):
        context.notices.add("messages.thinking_blocks ignored where they have no signature")
    if signed and not context.rules.thinking_back:
        context.notices.add(
            "messages.thinking_blocks ignored: this backend cannot send thinking back to "
            f"{context.rules.id}"
        )
        return []
    return signed if context.rules.thinking != "none" else []


def _build_tool_call(call: ToolCall, context: _Context) -> Block:
    if isinstance(call, CustomToolCall):
        return _build_tool_use(call.id, call.custom.name, {INPUT_FIELD: call.custom.input}, context)
    return _build_tool_use(
        call.id, call.function.name, parse_input(call.function.arguments), context
    )


def _build_tool_use(id: str, name: str, input: dict[str, Any], context: _Context) -> Block:
    unique_id = context.ids.add_call(id)
    member = parse_member(name) if context.offer.toolset else None
    block: Block = {"type": "tool_use", "id": unique_id, "input": input}
    if member is None:
        upstream = context.offer.names.to_claude(name)
        properties = context.properties.get(upstream)
        # As Claude wrote them, so that it sees the names that the tool has.
        renamed = block if properties is None else {**block, "input": properties.to_upstream(input)}
        return {**renamed, "name": upstream}
    context.computer_calls.add(unique_id)
    return {**block, "name": member, "toolset_name": TOOLSET_NAME}


def _build_tool_result(
    message: ToolMessage | FunctionMessage, where: str, context: _Context
) -> Block:
    call_id = message.tool_call_id if isinstance(message, ToolMessage) else LEGACY_CALL
    block: Block = {"type": "tool_result", "tool_use_id": context.ids.find_call(call_id)}
    if block["tool_use_id"] in context.computer_calls:
        content = _translate_content(message.content, where, replace(context, keep_pixels=True))
        return {**block, "toolset_name": TOOLSET_NAME, "content": content or [OK]}
    content = _translate_content(message.content, where, context)
    return {**block, "content": content} if content else block


def _translate_content(content: Content, where: str, context: _Context) -> list[Block]:
    """Translate content parts to blocks, without blank text, which the API refuses."""
    if content is None:
        return []
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content.strip() else []
    blocks: list[Block] = []
    for index, part in enumerate(content):
        block = _translate_part(part, f"{where}.content[{index}]", context)
        if block is not None:
            blocks.append(copy_cache_marker(block, part))
    return blocks


def _translate_part(part: Part, where: str, context: _Context) -> Block | None:
    match part:
        case TextPart():
            return {"type": "text", "text": part.text} if part.text.strip() else None
        case RefusalPart():
            return {"type": "text", "text": part.refusal} if part.refusal.strip() else None
        case ImagePart():
            size = LOW_DETAIL if part.image_url.detail == "low" else context.images
            block = build_image_block(part.image_url.url, f"{where}.image_url.url")
            if context.keep_pixels:
                check_screenshot_size(block, context.images, f"{where}.image_url.url")
                return block
            return fit_image(block, size, f"{where}.image_url.url", context.notices)
        case FilePart():
            return build_document_block(part.file, f"{where}.file")
        case AudioPart():
            raise InvalidRequest(
                "Claude does not accept audio; send a transcript as text.", param=where
            )
        case _:
            assert_never(part)


def _translate_system_text(message: SystemMessage, where: str, context: _Context) -> list[Block]:
    blocks = _translate_content(message.content, where, context)
    if any(block["type"] != "text" for block in blocks):
        raise InvalidRequest("A system message can only contain text.", param=f"{where}.content")
    return blocks
