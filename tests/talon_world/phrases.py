"""Matches utterances against the rules, and runs the commands' bodies."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.talon_world.community import Phrase
from tests.talon_world.talon_files import Command, arguments, literal, nodes, parse

if TYPE_CHECKING:
    from tests.talon_world.world import TalonWorld

SMALL = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
]  # fmt: skip
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
Names = dict[str, Any]
Match = tuple[int, Names]


@dataclass
class SpokenCommand:
    """One recognized command, with the values of its captures and lists."""

    command: Command
    names: Names


class NotRecognised(AssertionError):
    """No chain of commands matches the whole utterance."""


@dataclass
class Captured:
    """The argument of a capture function: attributes named by the last part of each name."""

    names: Names = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return " ".join(self.words)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.names[name]
        except KeyError:
            raise AttributeError(name) from None


def recognize(world: "TalonWorld", words: list[str]) -> list[SpokenCommand]:
    """Return the chain of commands that matches `words`, longest first; raise NotRecognised."""
    chain = _chain(world, words, 0)
    if chain is None:
        raise NotRecognised(" ".join(words))
    return chain


def run_body(world: "TalonWorld", heard: SpokenCommand) -> None:
    """Run the body of a command."""
    for node in nodes(heard.command.body):
        if node.type_name != "expression_statement":
            continue
        call = node.expression
        if call.type_name == "string":
            world.call_action("insert", (_value(call, heard.names),))
        elif call.type_name == "key_action":
            world.call_action("key", (call.arguments.text,))
        else:
            values = tuple(_value(one, heard.names) for one in arguments(call))
            world.call_action(call.action_name.text, values)


def _chain(world: "TalonWorld", words: list[str], start: int) -> list[SpokenCommand] | None:
    if start == len(words):
        return []
    matches = [
        (end, SpokenCommand(command, names))
        for command in world.commands()
        for end, names in _match(world, command.rule, words, start)
        if end > start
    ]
    for end, heard in sorted(matches, key=lambda one: -one[0]):
        rest = _chain(world, words, end)
        if rest is not None:
            return [heard, *rest]
    return None


def _match(world: "TalonWorld", node: Any, words: list[str], at: int) -> Iterator[Match]:
    """Yield each match of `node` from `at` on: where it ends, and its named values."""
    match node.type_name:
        case "word" | "start_anchor" | "end_anchor":
            yield from _match_plain(node, words, at)
        case "list":
            yield from _match_list(world, node.list_name.text, words, at)
        case "capture":
            yield from _match_capture(world, node.capture_name.text, words, at)
        case "choice":
            for one in node.children:
                yield from _match(world, one, words, at)
        case "optional":
            if world.prefers_text:
                yield at, {}
            yield from _match_all(world, node.children, words, at)
            yield at, {}
        case "repeat" | "repeat1":
            yield from _match_repeat(world, node, words, at, least=node.type_name == "repeat1")
        case _:  # rule, seq, parenthesized_rule
            yield from _match_all(world, node.children, words, at)


def _match_plain(node: Any, words: list[str], at: int) -> Iterator[Match]:
    word = node.text if node.type_name == "word" else ""
    misplaced = {"start_anchor": at > 0, "end_anchor": at < len(words)}
    if word:
        if words[at : at + 1] == [word]:
            yield at + 1, {}
    elif not misplaced.get(node.type_name, False):
        yield at, {}


def _match_all(world: "TalonWorld", rest: list[Any], words: list[str], at: int) -> Iterator[Match]:
    if not rest:
        yield at, {}
        return
    for middle, first in _match(world, rest[0], words, at):
        for end, others in _match_all(world, rest[1:], words, middle):
            yield end, {**first, **others}


def _match_repeat(
    world: "TalonWorld", node: Any, words: list[str], at: int, least: bool
) -> Iterator[Match]:
    for middle, first in _match_all(world, node.children, words, at):
        if middle > at:
            yield middle, first
            for end, others in _match_repeat(world, node, words, middle, least=True):
                yield end, {**first, **others}
    if not least:
        yield at, {}


def _match_list(world: "TalonWorld", name: str, words: list[str], at: int) -> Iterator[Match]:
    items = world.declarations.lists.get(name, {}).items()
    for spoken, value in sorted(items) if world.prefers_text else items:
        form = spoken.split()
        if words[at : at + len(form)] == form:
            yield at + len(form), {_short(name): value}


def _match_capture(world: "TalonWorld", name: str, words: list[str], at: int) -> Iterator[Match]:
    if name in ("phrase", "word"):
        last = len(words) if name == "phrase" else min(at + 1, len(words))
        for end in range(last, at, -1):
            yield end, {name: Phrase(words[at:end])}
        return
    if name == "number_small":
        yield from _match_number(words, at)
        return
    capture = world.declarations.captures.get(name)
    if capture is None:
        return  # as in Talon, the command is then inactive
    rule = parse(f"{capture.rule}: skip()\n")
    root = next(node for node in nodes(rule) if node.type_name == "rule")
    for end, names in _match(world, root, words, at):
        yield end, {_short(name): capture.make(Captured(names, words[at:end]))}


def _match_number(words: list[str], at: int) -> Iterator[Match]:
    """Yield the number from 0 to 99 that begins at `at`."""
    first, second = [*words[at : at + 2], "", ""][:2]
    if first in SMALL:
        yield at + 1, {"number_small": SMALL.index(first)}
    elif first in TENS:
        number = 10 * TENS.index(first) + 20
        yield at + 1, {"number_small": number}
        if second in SMALL[1:10]:
            yield at + 2, {"number_small": number + SMALL.index(second)}


def _value(node: Any, names: Names) -> Any:
    if node.type_name == "variable":
        return names[node.text]
    if node.type_name == "binary_operator" and node.operator.text == "or":
        left = node.left
        given = names.get(left.text) if left.type_name == "variable" else _value(left, names)
        return given or _value(node.right, names)
    value = literal(node)
    look_up: Callable[[re.Match[str]], str] = lambda found: str(names[found[1]])  # noqa: E731
    return re.sub(r"\{(\w+)\}", look_up, value) if isinstance(value, str) else value


def _short(name: str) -> str:
    return name.removeprefix("user.")
