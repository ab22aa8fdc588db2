"""The script for PowerShell, from 5.1 on."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.cli.completion.tree import Node

_HEAD = """\
# Completion of claude-bridge for PowerShell. Made by: claude-bridge completion powershell
Register-ArgumentCompleter -Native -CommandName claude-bridge -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $next = @{
"""
_MIDDLE = """\
    }
    $values = @{
"""
_TAIL = """\
    }
    $path = 'claude-bridge'
    $previous = ''
    foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
        $text = $element.ToString()
        if ($element.Extent.EndOffset -ge $cursorPosition -and $text -eq $wordToComplete) { break }
        if ($next.ContainsKey("$path $text")) { $path = "$path $text" }
        $previous = $text
    }
    $words = $values["$path $previous"]
    if (-not $words) { $words = $next[$path] }
    $words | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
"""


def write_powershell(tree: Node) -> str:
    """Return the script."""
    nodes = list(tree.walk())
    values = (
        (f"{node.key} {flag.name}", flag.choices)
        for node in nodes
        for flag in node.flags
        if flag.choices
    )
    return "".join(
        (
            _HEAD,
            *(_format_entry(node.key, node.words) for node in nodes),
            _MIDDLE,
            *(_format_entry(key, choices) for key, choices in values),
            _TAIL,
        )
    )


def _format_entry(key: str, words: Iterable[str]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"        '{key}' = @({listed})\n"
