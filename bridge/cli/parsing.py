"""The parser of one command: errors are one line, and name what was meant."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from bridge import __version__
from bridge.cli.commands import COMMANDS, Command
from bridge.cli.exit_codes import ExitCode
from bridge.cli.text import clean_line

PROGRAM = "claude-bridge"
_UNKNOWN_ARGUMENTS = "unrecognized arguments: "
_MISSING_ARGUMENTS = "the following arguments are required: "
_LONGEST_QUOTE = 60
_USUAL_WIDTH = 80
_LEAST_WIDTH = 30
_KEY_PREFIXES = ("sk-", "cb-")
_FLAGS_WITHOUT_VALUE = ("-h", "--help", "--version")


class _HelpFormatter(argparse.HelpFormatter):
    """argparse's formatter, which it also makes for each argument that is added."""

    def __init__(self, prog: str, **options: Any) -> None:
        # Its own way to find the width loads the modules for archives.
        super().__init__(prog, **{"width": _find_width() - 2, **options})


def _find_width() -> int:
    """Return the columns of the terminal."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns[:5]) > _LEAST_WIDTH:
        return int(columns[:5])
    try:
        return max(os.get_terminal_size().columns, _LEAST_WIDTH)
    except OSError:
        return _USUAL_WIDTH


class CommandParser(argparse.ArgumentParser):
    """argparse's parser, whose errors are one line on stderr with the exit code 2."""

    def __init__(self, **options: Any) -> None:
        # Otherwise a command's `--all` is taken for an abbreviation of `--allowed-hosts`.
        super().__init__(**{"allow_abbrev": False, "formatter_class": _HelpFormatter, **options})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse the arguments; what is unknown is an error here, and not in the parser above.

        So a subcommand names itself and its own flags.
        """
        namespace, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"{_UNKNOWN_ARGUMENTS}{' '.join(unknown)}")
        return namespace, unknown

    def error(self, message: str) -> NoReturn:
        """Print the message and where to find help, and exit."""
        names, is_unknown, words = message.partition(_UNKNOWN_ARGUMENTS)
        if is_unknown and not names:
            message = self._explain_unknown(words)
        elif message.startswith(_MISSING_ARGUMENTS):
            message = self._explain_missing(message.removeprefix(_MISSING_ARGUMENTS).split(", "))
        self.exit(ExitCode.USAGE, f"{self.prog}: {_add_help(clean_line(message), self.prog)}\n")

    def _explain_unknown(self, words: str) -> str:
        word = words.split()[0] if words.split() else words
        flag = word.partition("=")[0]
        if word.startswith(_KEY_PREFIXES):
            # It is not repeated: terminals are recorded, and shown to others.
            return "a key is never an argument; leave it out, and type it when you are asked"
        if flag.startswith("--") and _is_setting(flag):
            name = flag.removeprefix("--").replace("-", "_")
            return (
                f"{flag} is a setting: use it with `{PROGRAM} serve`, or save it with "
                f"`{PROGRAM} config set {name} VALUE`"
            )
        known = [text for action in self._actions for text in action.option_strings]
        return f"unknown argument {quote(word)}{suggest(flag, known)}"

    def _explain_missing(self, names: Iterable[str]) -> str:
        """Return what is missing, each with the words to choose from."""
        actions = {argparse._get_action_name(action): action for action in self._actions}
        return f"missing: {', '.join(_describe_argument(name, actions[name]) for name in names)}"

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = [str(choice) for choice in action.choices or ()]
        if action.choices is None or value in action.choices:
            return
        is_command = isinstance(action, argparse._SubParsersAction)
        kind = "no command" if is_command else "not a choice:"
        meant = suggest(str(value), choices) or f" (choose from {', '.join(choices)})"
        raise argparse.ArgumentError(
            None if is_command else action, f"{kind} {quote(str(value))}{meant}"
        )


def _describe_argument(name: str, action: argparse.Action) -> str:
    kind = "a command" if isinstance(action, argparse._SubParsersAction) else name
    choices = ", ".join(map(str, action.choices or ()))
    return f"{kind} ({choices})" if choices else kind


def build_command_parser(command: Command) -> CommandParser:
    """Build the parser of one command, without loading the others."""
    name = PROGRAM if command.name == "start" else f"{PROGRAM} {command.name}"
    parser = CommandParser(prog=name, description=_as_sentence(command.summary))
    command.load().add_arguments(parser)
    _describe_subcommands(parser)
    return parser


def _describe_subcommands(parser: argparse.ArgumentParser) -> None:
    """Begin the help of each subcommand with its summary, where it has no description."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            summaries = {choice.dest: choice.help for choice in action._choices_actions}
            for name, subparser in action.choices.items():
                if subparser.description is None and (summary := summaries.get(name)):
                    subparser.description = _as_sentence(summary)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands, for the reference and for completion in shells."""
    parser = CommandParser(prog=PROGRAM)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog=PROGRAM)
    for command in COMMANDS:
        subparser = commands.add_parser(
            command.name, help=command.summary, description=_as_sentence(command.summary)
        )
        command.load().add_arguments(subparser)
    return parser


def complete_with(action: argparse.Action, words: Iterable[str]) -> None:
    """Offer words for an argument in shells, without rejecting others.

    argparse's `choices` would list them all in the usage and in errors.
    """
    vars(action)["completions"] = tuple(words)


def list_completions(action: argparse.Action) -> tuple[str, ...]:
    """Return the words that shells offer for an argument or the value of a flag."""
    return vars(action).get("completions") or tuple(map(str, action.choices or ()))


def split_words(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """Return the command and its arguments; those before it count as well, such as `--port`.

    The command is None if there is none, or if the first word asks for help or the version.
    """
    for index, word in enumerate(words):
        if word in _FLAGS_WITHOUT_VALUE:
            return None, list(words)
        is_value = index > 0 and _takes_value(words[index - 1])
        if not word.startswith("-") and not is_value:
            return word, [*words[:index], *words[index + 1 :]]
    return None, list(words)


def _takes_value(word: str) -> bool:
    # Before the command there are only settings, and each takes a value.
    return word.startswith("-") and "=" not in word


def reject_command(name: str, names: Iterable[str]) -> int:
    """Print that there is no such command, with the nearest name; return the exit code."""
    # Other programs have commands for these flags.
    message = f"no command {quote(name)}{suggest(name, [*names, '--help', '--version'])}"
    print(f"{PROGRAM}: {_add_help(message, PROGRAM)}", file=sys.stderr)
    return ExitCode.USAGE


def suggest(word: str, choices: Iterable[str]) -> str:
    """Return `. Did you mean …?` for the nearest choice; empty if none is near."""
    # Imported on use: only a mistake needs it.
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), list(choices), n=1)
    return f". Did you mean {quote(near[0])}?" if near else ""


def _add_help(message: str, program: str) -> str:
    # A question for the right name is enough.
    return message if message.endswith("?") else f"{message}. See: {program} --help"


def quote(word: str) -> str:
    """Return a word of the user in quotation marks, shortened and without control characters."""
    text = clean_line(word)
    return f"“{text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + '…'}”"


def _is_setting(flag: str) -> bool:
    # Imported on use: the settings take longer to load than most commands run.
    from bridge.settings import Settings

    return flag.removeprefix("--").replace("-", "_") in Settings.model_fields


def _as_sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}."
