"""Resolves what was said into a plan: what to ask, about what, and where the answer goes."""

import re
from dataclasses import dataclass
from typing import Optional

SOURCES = ("none", "this", "clip", "all", "line", "last", "reply", "screen", "window", "cursorless")
PLACES = ("here", "replace", "above", "below", "new file")
DESTINATIONS = (*PLACES, "clip", "window", "speech", "cursorless", "shell")
PICTURES = ("screen", "window")
SELECTING = ("this", "all", "line")
HEAD = re.compile(r"^\[([^\]]*)\]\s*")


class BadPrompt(Exception):
    """A named prompt cannot be used; the message is a sentence for the user."""


@dataclass(frozen=True)
class Plan:
    """One thing to ask; `kind` is ask (goes on in the thread), prompt (begins one) or continue."""

    prompt: str
    source: str = "none"
    destination: str = "here"
    model: str = ""
    code: bool = False
    kind: str = "ask"


@dataclass(frozen=True)
class NamedPrompt:
    """What a line of a list of prompts says: `[this, replace, code] Fix the grammar.`"""

    text: str
    source: str = "this"
    destination: str = "here"
    code: bool = False


def parse_prompt(value: str) -> NamedPrompt:
    """Read a list's value; its words in brackets say where from and where to, if anything."""
    head = HEAD.match(value)
    words = [word.strip() for word in head[1].split(",")] if head else []
    text = value[head.end() :] if head else value
    source, destination, code = "this", "here", False
    for said in filter(None, words):
        prefixed = said.startswith(("to ", "from "))
        word, _, meant = said.partition(" ") if prefixed else ("", "", said)
        if meant == "code":
            code = True
        elif meant in DESTINATIONS and (word == "to" or meant not in SOURCES):
            destination = meant
        elif meant in SOURCES and word != "to":
            source = meant
        else:
            raise BadPrompt(
                f"“[{head[1] if head else ''}]” in a list of prompts: “{meant}” is no place. "
                f"Use {', '.join(SOURCES[:-1])}; to {', '.join(DESTINATIONS[:-2])}; or code."
            )
    return NamedPrompt(text.strip(), source, destination, code)


def resolve(
    prompt: NamedPrompt, source: str = "", destination: str = "", model: str = "", kind: str = ""
) -> Plan:
    """Put together what was said with what the prompt says by itself."""
    where_from = source or prompt.source
    where_to = destination or _default(prompt.destination, where_from)
    return Plan(prompt.text, where_from, where_to, model, prompt.code, kind or "prompt")


def problem_with(plan: Plan, terminal: bool, cursorless: bool = False) -> Optional[str]:
    """Return why a plan cannot be carried out in this app, as a sentence, or None."""
    if not plan.prompt.strip():
        return "Claude heard no question: say it after “claude ask”, in one breath."
    if plan.destination == "replace" and plan.source not in SELECTING:
        return "Claude can replace only what it was asked about: say “this”, “line” or “all”."
    if terminal and plan.source in SELECTING:
        return "A terminal's text cannot be selected by keys: copy it, then say “clip”."
    if terminal and plan.destination in ("replace", "above", "below"):
        return "A terminal has one line to write on: say “here”, “to clip” or “to window”."
    if not cursorless and "cursorless" in (plan.source, plan.destination):
        return "Cursorless is not active here."
    return None


def _default(destination: str, source: str) -> str:
    """A prompt that replaces by itself does so only where there is something to replace."""
    return "here" if destination == "replace" and source not in SELECTING else destination
