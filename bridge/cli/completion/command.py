"""`claude-bridge completion SHELL`: print a script for the tab key, made from the parsers."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from bridge.cli.completion.bash import write_bash
from bridge.cli.completion.fish import write_fish
from bridge.cli.completion.powershell import write_powershell
from bridge.cli.completion.tree import Node, build_tree
from bridge.cli.completion.zsh import write_zsh
from bridge.cli.exit_codes import ExitCode

_WRITERS: Mapping[str, Callable[[Node], str]] = {
    "bash": write_bash,
    "zsh": write_zsh,
    "fish": write_fish,
    "powershell": write_powershell,
}
_INSTALL = """\
to use it in each new shell:
  bash        claude-bridge completion bash >> ~/.bashrc
  zsh         claude-bridge completion zsh > "${fpath[1]}/_claude-bridge"
  fish        claude-bridge completion fish > ~/.config/fish/completions/claude-bridge.fish
  powershell  claude-bridge completion powershell >> $PROFILE
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `completion`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _INSTALL
    parser.add_argument("shell", choices=tuple(_WRITERS))


def run(arguments: argparse.Namespace) -> int:
    """Print the script; return the exit code."""
    print(_WRITERS[arguments.shell](build_tree()), end="")
    return ExitCode.OK
