"""The commands, flags and choices to complete, read from the parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bridge.cli.commands import COMMANDS
from bridge.cli.parsing import PROGRAM, build_parser, list_completions
from bridge.cli.text import clean_line


@dataclass(frozen=True)
class Flag:
    """An option, such as `--model`."""

    name: str
    help: str
    takes_value: bool
    choices: tuple[str, ...] = ()
    """The values that it may have, if they are known."""


@dataclass(frozen=True)
class Node:
    """A command with what may follow it."""

    path: tuple[str, ...]
    """Its words, from `claude-bridge` on."""
    help: str
    flags: tuple[Flag, ...]
    choices: tuple[str, ...] = ()
    """Values of its arguments."""
    below: Mapping[str, Node] = field(default_factory=dict)
    """Its subcommands by name."""

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it."""
        yield self
        for node in self.below.values():
            yield from node.walk()

    def list_keys_below(self) -> list[str]:
        """Return the keys of all nodes below this one."""
        return [node.key for below in self.below.values() for node in below.walk()]

    @property
    def key(self) -> str:
        """Its words as one, by which the scripts look it up."""
        return " ".join(self.path)

    @property
    def words(self) -> tuple[str, ...]:
        """All that may come next, except values of flags."""
        return (*self.below, *self.choices, *(flag.name for flag in self.flags))


def build_tree() -> Node:
    """Return the node of `claude-bridge`, with all commands that `--help` lists below it."""
    hidden = {command.name for command in COMMANDS if not command.listed}
    return _read_parser(build_parser(), (PROGRAM,), "", hidden)


def _read_parser(
    parser: argparse.ArgumentParser, path: tuple[str, ...], words: str, hidden: set[str]
) -> Node:
    flags: list[Flag] = []
    choices: tuple[str, ...] = ()
    below: dict[str, Node] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            below = {
                name: _read_parser(subparser, (*path, name), helps.get(name, ""), set())
                for name, subparser in action.choices.items()
                if name not in hidden
            }
        elif not action.option_strings:
            choices += list_completions(action)
        elif action.help is not argparse.SUPPRESS:
            flags += _read_flags(action)
    return Node(path, _shorten(words), tuple(flags), choices, below)


def _read_flags(action: argparse.Action) -> Iterator[Flag]:
    for name in action.option_strings:
        choices = list_completions(action)
        # A setting's choices are shown as `auto|offline`, and checked with the other settings.
        if not choices and isinstance(action.metavar, str) and "|" in action.metavar:
            choices = tuple(action.metavar.split("|"))
        yield Flag(name, _shorten(action.help or ""), action.nargs != 0, choices)


def _shorten(text: str) -> str:
    """Return the first sentence, without characters that are special in a shell's script."""
    line = clean_line(text).split(". ")[0].split(" (default")[0]
    return "".join(c for c in line if c.isalnum() or c in " ,.;/=+-")[:70].strip()
