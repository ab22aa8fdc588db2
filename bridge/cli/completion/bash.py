"""The script for bash, from 3.2 on."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.cli.completion.tree import Node

_HEAD = """\
# Completion of claude-bridge for bash. Made by: claude-bridge completion bash
_claude_bridge() {
    local word="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
    local path="claude-bridge" words="" index
    for ((index = 1; index < COMP_CWORD; index++)); do
        case "$path ${COMP_WORDS[index]}" in
"""
_MIDDLE = """\
                path="$path ${COMP_WORDS[index]}" ;;
        esac
    done
    case "$path $previous" in
"""
_LATER = """\
    esac
    if [ -z "$words" ]; then
        case "$path" in
"""
_TAIL = """\
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _claude_bridge claude-bridge
"""


def write_bash(tree: Node) -> str:
    """Return the script."""
    nodes = list(tree.walk())
    paths = "|".join(f'"{key}"' for key in tree.list_keys_below())
    return "".join(
        (
            _HEAD,
            f"            {paths})\n",
            _MIDDLE,
            *_list_values(nodes),
            _LATER,
            *(f'            "{node.key}") words="{" ".join(node.words)}" ;;\n' for node in nodes),
            _TAIL,
        )
    )


def _list_values(nodes: list[Node]) -> Iterator[str]:
    """Yield the cases in which the last word is a flag that takes a value."""
    for node in nodes:
        for flag in node.flags:
            if flag.choices:
                yield f'        "{node.key} {flag.name}") words="{" ".join(flag.choices)}" ;;\n'
        free = [flag for flag in node.flags if flag.takes_value and not flag.choices]
        if free:
            # No other flag may come next; bash offers files.
            patterns = "|".join(f'"{node.key} {flag.name}"' for flag in free)
            yield f"        {patterns}) COMPREPLY=(); return ;;\n"
