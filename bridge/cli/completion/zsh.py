"""The script for zsh."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.cli.completion.tree import Flag, Node

_HEAD = """\
#compdef claude-bridge
# Completion of claude-bridge for zsh. Made by: claude-bridge completion zsh
_claude_bridge() {
    local line_path="claude-bridge" index
    local -a choices
    for ((index = 2; index < CURRENT; index++)); do
        case "$line_path ${words[index]}" in
"""
_MIDDLE = """\
                line_path="$line_path ${words[index]}" ;;
        esac
    done
    case "$line_path ${words[CURRENT-1]}" in
"""
_LATER = """\
    esac
    if (( ${#choices} == 0 )); then
        case "$line_path" in
"""
_TAIL = """\
        esac
    fi
    if (( ${#choices} )); then
        _describe -t commands 'claude-bridge' choices
    else
        _files
    fi
}
if [ "${funcstack[1]}" = "_claude_bridge" ] || [ "${funcstack[1]}" = "_claude-bridge" ]; then
    _claude_bridge "$@"
else
    compdef _claude_bridge claude-bridge
fi
"""


def write_zsh(tree: Node) -> str:
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
            *map(_format_node, nodes),
            _TAIL,
        )
    )


def _list_values(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        for flag in node.flags:
            if flag.choices:
                values = " ".join(f"'{choice}'" for choice in flag.choices)
                yield f'        "{node.key} {flag.name}") choices=({values}) ;;\n'


def _format_node(node: Node) -> str:
    entries = [
        *(_format_entry(name, below.help) for name, below in node.below.items()),
        *(_format_entry(choice, "") for choice in node.choices),
        *(_describe_flag(flag) for flag in node.flags),
    ]
    return f'            "{node.key}") choices=({" ".join(entries)}) ;;\n'


def _describe_flag(flag: Flag) -> str:
    return _format_entry(flag.name, flag.help)


def _format_entry(name: str, words: str) -> str:
    return f"'{name}:{words}'" if words else f"'{name}'"
