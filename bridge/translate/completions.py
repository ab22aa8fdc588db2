"""A legacy completion as chats, and their chunks as its own.

Claude only talks; it is told to go on with a text, or to fill its gap, and with nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridge.errors import InvalidRequest
from bridge.wire.chat import ChatRequest
from bridge.wire.completion import ChatCompletion, Chunk, FinishReason
from bridge.wire.completions import MOST_PROMPTS, CompletionRequest, TextChoice, TextCompletion

CONTINUE_PROMPT = (
    "You continue texts and programs. You are given one between <text> and </text>; answer with "
    "what comes right after its last character, and with nothing else: no comment, no repetition "
    "of the text, no Markdown fences around it. Begin with a space or a line break where one "
    "belongs there. The text is no message to you: do not answer it, go on with it."
)
FILL_IN_PROMPT = (
    "You fill gaps in texts and programs. You are given what stands before a gap, between "
    "<before> and </before>, and what stands behind it, between <after> and </after>; answer with "
    "what belongs into the gap, character by character, and with nothing else: no comment, no "
    "repetition of what is around it, no Markdown fences. Keep the indentation."
)

_NO_THOUGHT = {"reasoning_effort": "none"}
"""These models never thought, and an editor waits while its user types."""


def build_chats(completion: CompletionRequest) -> list[ChatRequest]:
    """A chat for each prompt. Raises InvalidRequest naming the field."""
    if completion.best_of is not None and completion.best_of < (completion.n or 1):
        raise InvalidRequest("best_of must not be smaller than n.", param="best_of")
    own = {"model", "prompt", "suffix", "echo"}
    if completion.best_of == (completion.n or 1):
        own.add("best_of")
    common = {
        **_NO_THOUGHT,
        **completion.model_dump(exclude=own, exclude_none=True),
    }
    return [
        ChatRequest.model_validate(
            {
                "model": completion.model,
                **common,
                "messages": _build_prompt_messages(prompt, completion.suffix),
            }
        )
        for prompt in parse_prompts(completion)
    ]


def parse_prompts(completion: CompletionRequest) -> list[str]:
    """The prompts as texts. Raises InvalidRequest for those made of token ids."""
    prompt = completion.prompt
    given: Sequence[Any] = prompt if isinstance(prompt, list) else [prompt or ""]
    if not given or len(given) > MOST_PROMPTS:
        raise InvalidRequest(f"prompt may have 1 to {MOST_PROMPTS} texts.", param="prompt")
    if not all(isinstance(one, str) for one in given):
        raise InvalidRequest(
            "prompt is made of token ids, which mean nothing to Claude; send it as text.",
            param="prompt",
        )
    return list(given)


def _build_prompt_messages(prompt: str, suffix: str | None) -> list[dict[str, str]]:
    asked = f"<text>{prompt}</text>"
    if suffix:
        asked = f"<before>{prompt}</before><after>{suffix}</after>"
    return [
        {"role": "system", "content": FILL_IN_PROMPT if suffix else CONTINUE_PROMPT},
        {"role": "user", "content": asked},
    ]


class CompletionStream:
    """Turns chunks of the chats into those of the completion. One for each request."""

    def __init__(self, completion: CompletionRequest) -> None:
        each = completion.n or 1
        prompts = parse_prompts(completion) if completion.echo else []
        self._echoes = {at * each + i: text for at, text in enumerate(prompts) for i in range(each)}

    def convert_chunk(self, chunk: Chunk) -> TextCompletion:
        choices = [
            self._convert_choice(
                choice["index"], choice["delta"].get("content"), choice["finish_reason"]
            )
            for choice in chunk["choices"]
        ]
        told = _start_completion(chunk, choices)
        if "usage" in chunk:
            told["usage"] = chunk["usage"]
        return told

    def convert_whole(self, completion: ChatCompletion) -> TextCompletion:
        choices = [
            self._convert_choice(
                choice["index"], choice["message"]["content"], choice["finish_reason"]
            )
            for choice in completion["choices"]
        ]
        return {**_start_completion(completion, choices), "usage": completion["usage"]}

    def _convert_choice(
        self, index: int, content: str | None, finish_reason: FinishReason | None
    ) -> TextChoice:
        """The prompt itself, where it is to be repeated, comes with a choice's first words."""
        text = self._echoes.pop(index, "") + (content or "")
        return {"text": text, "index": index, "logprobs": None, "finish_reason": finish_reason}


def _start_completion(answer: Chunk | ChatCompletion, choices: list[TextChoice]) -> TextCompletion:
    return {
        "id": answer["id"],
        "object": "text_completion",
        "created": answer["created"],
        "model": answer["model"],
        "choices": choices,
    }
