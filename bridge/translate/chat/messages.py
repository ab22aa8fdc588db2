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
from bridge.translate.chat.turns import append_turn, as_note, fit_turns
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
    # The API's limit for each image is lower in a request with many of them.
    images = limit_for_count(_count_images(messages), rules.images)
    context = _Context(rules, CallIds(), offer, images, notices, offer.properties)
    speakers = Speakers(messages, notices)
    has_several = speakers.has_several
    extended = [message for message in messages if message.model_extra]
    turns: list[Message] = []
    for index in range(opening, len(messages)):
        message = messages[index]
        turn = _translate_message(message, index, context)
        if has_several:
            turn["content"] = speakers.name_speaker(message, turn["content"])
        if extended:
            turn["content"] = _mark_last_block(turn["content"], message)
        append_turn(turns, turn)
    turns = fit_turns(turns, rules, notices)
    system = [
        block
        for index, message in enumerate(messages[:opening])
        # Always true here; it tells the type checker what `messages[:opening]` contains.
        if isinstance(message, SystemMessage)
        for block in _mark_last_block(_translate_system_text(message, index, context), message)
    ]
    _report_extra_fields(extended, notices)
    return Conversation(tuple(system) or None, tuple(turns))


# Checks of the functions below that hold for most messages come first, and are cheap. Of a long
# conversation the client sends hundreds of messages again with each turn. Hence also the roles:
# they tell the classes apart, and `isinstance` is slow for a model that is of another class.


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


def _count_images(messages: Sequence[ChatMessage]) -> int:
    contents = [message.content for message in messages if isinstance(message.content, list)]
    return sum(isinstance(part, ImagePart) for content in contents for part in content)


def _translate_message(message: ChatMessage, index: int, context: _Context) -> Message:
    if message.role == "user":
        return {"role": "user", "content": _translate_content(message.content, index, context)}
    if message.role == "assistant":
        return {"role": "assistant", "content": _build_assistant_blocks(message, index, context)}
    if message.role == "tool" or message.role == "function":
        return {"role": "user", "content": [_build_tool_result(message, index, context)]}
    if message.role == "system" or message.role == "developer":
        return _translate_late_system(message, index, context)
    assert_never(message)


def _translate_late_system(message: SystemMessage, index: int, context: _Context) -> Message:
    """Translate a system message that is not at the start, in its place.

    Moving it to the system prompt would change the prefix that caches and signatures depend on.
    """
    turn: Message = {"role": "system", "content": _translate_system_text(message, index, context)}
    return turn if context.rules.mid_system else as_note(turn)


def _build_assistant_blocks(
    message: AssistantMessage, index: int, context: _Context
) -> list[Block]:
    context.ids.begin_turn()
    blocks: list[Block] = []
    if message.thinking_blocks:
        blocks += _select_signed_thinking(message.thinking_blocks, context)
    if message.server_blocks:
        blocks += keep_known_blocks(message.server_blocks)
    blocks += _translate_content(message.content, index, context)
    if message.refusal:
        blocks.append({"type": "text", "text": message.refusal})
    if message.function_call is not None:
        called = message.function_call
        blocks.append(
            _build_tool_use(LEGACY_CALL, called.name, parse_input(called.arguments), context)
        )
    if message.tool_calls:
        blocks += [_build_tool_call(call, context) for call in message.tool_calls]
    return blocks


def _select_signed_thinking(blocks: Sequence[Block], context: _Context) -> list[Block]:
    """Return the thinking that can be sent back: Claude refuses thinking without a signature."""
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
    message: ToolMessage | FunctionMessage, index: int, context: _Context
) -> Block:
    call_id = message.tool_call_id if isinstance(message, ToolMessage) else LEGACY_CALL
    block: Block = {"type": "tool_result", "tool_use_id": context.ids.find_call(call_id)}
    if block["tool_use_id"] in context.computer_calls:
        content = _translate_content(message.content, index, replace(context, keep_pixels=True))
        return {**block, "toolset_name": TOOLSET_NAME, "content": content or [OK]}
    content = _translate_content(message.content, index, context)
    return {**block, "content": content} if content else block


def _translate_content(content: Content, index: int, context: _Context) -> list[Block]:
    """Translate content parts to blocks, without blank text, which the API refuses.

    `index`: the position of the message.
    """
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if _has_words(content) else []
    if content is None:
        return []
    blocks: list[Block] = []
    for at, part in enumerate(content):
        block = _translate_part(part, f"messages[{index}].content[{at}]", context)
        if block is not None:
            blocks.append(copy_cache_marker(block, part))
    return blocks


def _has_words(text: str) -> bool:
    # `strip` would copy a long text that ends with a line break.
    return text != "" and not text.isspace()


def _translate_part(part: Part, where: str, context: _Context) -> Block | None:
    match part:
        case TextPart():
            return {"type": "text", "text": part.text} if _has_words(part.text) else None
        case RefusalPart():
            return {"type": "text", "text": part.refusal} if _has_words(part.refusal) else None
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


def _translate_system_text(message: SystemMessage, index: int, context: _Context) -> list[Block]:
    blocks = _translate_content(message.content, index, context)
    if any(block["type"] != "text" for block in blocks):
        raise InvalidRequest(
            "A system message can only contain text.", param=f"messages[{index}].content"
        )
    return blocks
