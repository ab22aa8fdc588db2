"""Read the words that follow a named prompt: a source, a destination, and free words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .plan import NamedPrompt


@dataclass(frozen=True)
class ExtraWords:
    """What was said after a prompt; each part may be empty."""

    source: str = ""
    destination: str = ""
    text: str = ""


def read_extra_words(
    words: ExtraWords, sources: Mapping[str, str], destinations: Mapping[str, str]
) -> ExtraWords:
    """Move a source and a destination at the beginning of the free text to their own fields.

    `sources` and `destinations` have the values by spoken form. Where a rule ends with free text,
    Talon may match “this to clip” either as our lists or as text, and its documentation does not
    say which. So both readings must mean the same.
    """
    source, destination, text = words.source, words.destination, words.text
    # After a destination, the rule has no source any more.
    if not source and not destination:
        source, text = _split_form(text, sources)
    if not destination:
        destination, text = _split_form(text, destinations)
    return ExtraWords(source, destination, text)


def read_longer_prompt(value: str, text: str, prompts: Mapping[str, str]) -> tuple[str, str]:
    """Return the value of the longest prompt that was said, and the words after its name.

    “fix” followed by the text “code this” is also the prompt “fix code” followed by “this”.
    """
    for name in [spoken for spoken, prompt in prompts.items() if prompt == value]:
        longer = {
            spoken.removeprefix(f"{name} "): prompt
            for spoken, prompt in prompts.items()
            if spoken.startswith(f"{name} ")
        }
        prompt, rest = _split_form(text, longer)
        if prompt:
            return prompt, rest
    return value, text


def add_to_prompt(prompt: NamedPrompt, words: str) -> NamedPrompt:
    """Return the prompt with the user's additional words."""
    return replace(prompt, text=f"{prompt.text}\nAlso: {words}") if words else prompt


def _split_form(text: str, forms: Mapping[str, str]) -> tuple[str, str]:
    """Return the value of the longest form that the text begins with, and the rest."""
    for form in sorted(forms, key=len, reverse=True):
        if f"{text} ".startswith(f"{form} "):
            return forms[form], text[len(form) :].strip()
    return "", text
