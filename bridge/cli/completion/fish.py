"""The script for fish."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.cli.completion.tree import Node

_HEAD = """\
# Completion of claude-bridge for fish. Made by: claude-bridge completion fish
function __claude_bridge_path
    # The command and its subcommands before the cursor.
    set -l path claude-bridge
    for word in (commandline -opc)[2..-1]
        contains -- "$path $word" $__claude_bridge_paths; and set path "$path $word"
    end
    echo $path
end
complete -c claude-bridge -f
"""


def write_fish(tree: Node) -> str:
    """Return the script."""
    nodes = list(tree.walk())
    paths = " ".join(f"'{key}'" for key in tree.list_keys_below())
    return "".join(
        (
            _HEAD,
            f"set -g __claude_bridge_paths {paths}\n",
            *(line for node in nodes for line in _list_lines(node)),
        )
    )


def _list_lines(node: Node) -> Iterator[str]:
    start = f"complete -c claude-bridge -n 'test (__claude_bridge_path) = \"{node.key}\"'"
    for name, below in node.below.items():
        yield f"{start} -a {name} -d '{below.help}'\n"
    for choice in node.choices:
        yield f"{start} -a '{choice}'\n"
    for flag in node.flags:
        spelling = f"-l {flag.name[2:]}" if flag.name.startswith("--") else f"-s {flag.name[1:]}"
        values = f" -xa '{' '.join(flag.choices)}'" if flag.choices else ""
        needs = " -r" if flag.takes_value and not flag.choices else ""
        yield f"{start} {spelling}{needs}{values} -d '{flag.help}'\n"
