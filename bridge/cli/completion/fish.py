"""The script for fish."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.cli.completion.tree import Node

_HEAD = """\
# Completion of claude-bridge for fish. Made by: claude-bridge completion fish
function __claude_bridge_at
    # Whether the words before the cursor, without flags, begin with these and no subcommand.
    set -l words (commandline -opc)
    set -l plain
    for word in $words
        string match -q -- '-*' $word; or set -a plain $word
    end
    set -l depth (count $argv)
    test (count $plain) -ge $depth; or return 1
    test "$plain[1..$depth]" = "$argv"
end
complete -c claude-bridge -f
"""


def write_fish(tree: Node) -> str:
    """Return the script."""
    return _HEAD + "".join(line for node in tree.walk() for line in _list_lines(node))


def _list_lines(node: Node) -> Iterator[str]:
    condition = f"__claude_bridge_at {' '.join(node.path)}"
    if node.below:
        # Only while no subcommand is chosen.
        condition += f"; and not __fish_seen_subcommand_from {' '.join(node.below)}"
    start = f"complete -c claude-bridge -n '{condition}'"
    for name, below in node.below.items():
        yield f"{start} -a {name} -d '{below.help}'\n"
    for choice in node.choices:
        yield f"{start} -a '{choice}'\n"
    for flag in node.flags:
        spelling = f"-l {flag.name[2:]}" if flag.name.startswith("--") else f"-s {flag.name[1:]}"
        values = f" -xa '{' '.join(flag.choices)}'" if flag.choices else ""
        needs = " -r" if flag.takes_value and not flag.choices else ""
        yield f"{start} {spelling}{needs}{values} -d '{flag.help}'\n"
