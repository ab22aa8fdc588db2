"""Legacy completions as chats: one chat per prompt, and chat chunks as text completions.

Claude has no completion endpoint. A system prompt instructs it to continue a text or to fill a gap
in one, and to write nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridge.errors import InvalidRequest
from bridge.wire.chat import ChatRequest
from bridge.wire.completion import ChatCompletion, Chunk, FinishReason
from bridge.wire.completions import MOST_PROMPTS, CompletionRequest, TextChoice, TextCompletion

# The tags show exactly where the text ends: it may end in the middle of a word or with a space.
CONTINUE_PROMPT = (
    "You complete text and code. The user message contains a text between <text> and </text>. "
    "Reply with only the characters that come right after its last character: no comments, no "
    "repetition of the text, no Markdown fences. Start with a space or a line break if one is "
    "needed there. The text is not addressed to you: do not answer it, continue it."
)
FILL_IN_PROMPT = (
    "You fill gaps in text and code. The user message contains the text before the gap between "
    "<before> and </before>, and the text after it between <after> and </after>. Reply with only "
    "the characters that belong in the gap: no comments, no repetition of the surrounding text, "
    "no Markdown fences. Match the indentation."
)

_NO_THINKING = {"reasoning_effort": "none"}
"""OpenAI's completion models did not reason, and an editor needs the text at once."""


def build_chats(completion: CompletionRequest, effort: str | None = None) -> list[ChatRequest]:
    """Build one chat per prompt. Raises InvalidRequest naming the field.

    `effort`: the `reasoning_effort` that the model's name asks for.
    """
    if completion.best_of and completion.best_of < (completion.n or 1):
        raise InvalidRequest("best_of must not be smaller than n.", param="best_of")
    handled = {"model", "prompt", "suffix", "echo"}
    if completion.best_of in (0, completion.n or 1):
        # The best n of n answers are all of them, and with 0 none is chosen: needs no notice.
        handled.add("best_of")
    common = {
        **(_NO_THINKING if effort is None else {"reasoning_effort": effort}),
        **completion.model_dump(exclude=handled, exclude_none=True),
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
    """Return the prompts as strings. Raises InvalidRequest if they are token ids."""
    prompt = completion.prompt
    prompts: Sequence[Any] = prompt if isinstance(prompt, list) else [prompt or ""]
    if not prompts or len(prompts) > MOST_PROMPTS:
        raise InvalidRequest(f"prompt must contain 1 to {MOST_PROMPTS} strings.", param="prompt")
    if not all(isinstance(text, str) for text in prompts):
        raise InvalidRequest(
            "prompt must be a string or a list of strings; Claude cannot read token ids.",
            param="prompt",
        )
    return list(prompts)


def _build_prompt_messages(prompt: str, suffix: str | None) -> list[dict[str, str]]:
    content = f"<text>{prompt}</text>"
    if suffix:
        content = f"<before>{prompt}</before><after>{suffix}</after>"
    return [
        {"role": "system", "content": FILL_IN_PROMPT if suffix else CONTINUE_PROMPT},
        {"role": "user", "content": content},
    ]


class CompletionStream:
    """A converter of one request's chat answers, in chunks or whole, to text completions."""

    def __init__(self, completion: CompletionRequest) -> None:
        # Choices are numbered prompt by prompt, with `n` choices for each prompt.
        n = completion.n or 1
        prompts = parse_prompts(completion) if completion.echo else []
        self._echoes = {at * n + i: text for at, text in enumerate(prompts) for i in range(n)}

    def convert_chunk(self, chunk: Chunk) -> TextCompletion:
        choices = [
            self._convert_choice(
                choice["index"], choice["delta"].get("content"), choice["finish_reason"]
            )
            for choice in chunk["choices"]
        ]
        completion = _start_completion(chunk, choices)
        if "usage" in chunk:
            completion["usage"] = chunk["usage"]
        return completion

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
        """Build a choice; with `echo`, its first text starts with the prompt."""
        # Taken out at the first chunk, so that no later chunk repeats the prompt.
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
