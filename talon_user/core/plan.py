"""Turn a spoken command into a plan: the prompt, its source and its destination."""

import re
from dataclasses import dataclass
from typing import Optional

NO_SOURCE = "none"
SOURCES = (NO_SOURCE, "this", "that", "clip", "all", "line", "last", "reply", "screen", "window")
# Destinations in the focused window, at or near the caret.
WINDOW_DESTINATIONS = ("here", "replace", "above", "below", "new file")
DESTINATIONS = (
    *WINDOW_DESTINATIONS,
    "clip",
    "append",
    "window",
    "browser",
    "speech",
    "snippet",
    "shell",
)
PICTURE_SOURCES = ("screen", "window")
# Sources that are read by selecting and copying text in the focused window.
SELECTION_SOURCES = ("this", "that", "all", "line")
HEAD = re.compile(r"^\[([^\]]*)\]\s*")


class BadPrompt(Exception):
    """A named prompt cannot be used; the message is a sentence for the user."""


@dataclass(frozen=True)
class Plan:
    """One question to Claude.

    `kind` is `ask` (continues the thread), `prompt` (starts a thread) or `continue` (continues the
    last answer). With `code`, only the code of an answer with fences is inserted; with
    `code_if_asked`, Claude decides whether the answer is code or prose. A `movable` answer goes to
    the answer window if it is long. `with_context` sends what is remembered, whatever the setting.
    """

    prompt: str
    source: str = "none"
    destination: str = "here"
    model: str = ""
    code: bool = False
    kind: str = "ask"
    movable: bool = False
    code_if_asked: bool = False
    with_context: bool = False

    @property
    def needs_window(self) -> bool:
        """Whether the plan reads from or writes to the focused window."""
        return self.destination in WINDOW_DESTINATIONS or self.source in (
            *SELECTION_SOURCES,
            "window",
        )


@dataclass(frozen=True)
class NamedPrompt:
    """One entry of a prompt list, such as `[this, replace, code] Fix the grammar.`"""

    text: str
    source: str = "this"
    destination: str = "here"
    code: bool = False


def parse_prompt(value: str, default_destination: str = "here") -> NamedPrompt:
    """Parse a prompt list's value; raise BadPrompt for an unknown word in its brackets."""
    head = HEAD.match(value)
    words = [word.strip() for word in head[1].split(",")] if head else []
    text = value[head.end() :] if head else value
    source, destination, code = "this", default_destination, False
    for word in filter(None, words):
        has_preposition = word.startswith(("to ", "from "))
        preposition, _, place = word.partition(" ") if has_preposition else ("", "", word)
        if place == "code":
            code = True
        # “clip” and “window” are both: without “to” they are sources.
        elif place in DESTINATIONS and (preposition == "to" or place not in SOURCES):
            destination = place
        elif place in SOURCES and preposition != "to":
            source = place
        else:
            raise BadPrompt(
                f"In the prompt “[{head[1] if head else ''}]”, “{place}” is not a source or a "
                f"destination. Use {', '.join(SOURCES)}; to {', '.join(DESTINATIONS[:-1])}; "
                "or code."
            )
    return NamedPrompt(text.strip(), source, destination, code)


def build_plan(
    prompt: NamedPrompt, source: str = "", destination: str = "", model: str = "", kind: str = ""
) -> Plan:
    """Combine a prompt with what the user said; spoken words override the prompt's defaults."""
    actual_source = source or prompt.source
    actual_destination = destination or _choose_destination(prompt.destination, actual_source)
    # A snippet is inserted as it is, so its fences must go.
    code = prompt.code or actual_destination == "snippet"
    return Plan(prompt.text, actual_source, actual_destination, model, code, kind or "prompt")


def find_plan_problem(plan: Plan, terminal: bool) -> Optional[str]:
    """Return why a plan cannot be carried out in this app, as a sentence, or None."""
    if not plan.prompt.strip():
        return "No question heard. Say it right after “claude ask”, without a pause."
    if plan.destination == "replace" and plan.source not in SELECTION_SOURCES:
        return "“replace” needs text to replace. Say “this”, “that”, “line” or “all”."
    if terminal and plan.source in SELECTION_SOURCES:
        return "Text in a terminal cannot be selected by keyboard. Copy it, then say “clip”."
    if terminal and plan.destination in ("replace", "above", "below", "new file"):
        here = "Say “here”, “to clip” or “to window”."
        return f"“{plan.destination}” does not work in a terminal. {here}"
    return None


def _choose_destination(destination: str, source: str) -> str:
    """Return “here” for a prompt that replaces by default but has no selection to replace."""
    if destination == "replace" and source not in SELECTION_SOURCES:
        return "here"
    return destination
