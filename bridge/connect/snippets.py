"""What to paste into each program, made from the same rows that write its files."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.connect.edit import apply_changes
from bridge.connect.formats import FormatName, find_format
from bridge.connect.programs.row import Bridge, Row, Target
from bridge.connect.programs.table import ROWS
from bridge.wire.connect import Connection, Sighting

_LANGUAGES: dict[FormatName, str] = {
    "toml": "toml",
    "yaml": "yaml",
    "json": "json",
    "env": "sh",
    "shell": "sh",
    "fish": "sh",
}


def list_connections(
    base_url: str, model: str, key: str | None, proofs: Mapping[str, Sighting] = {}
) -> tuple[Connection, ...]:
    """Return the instructions for all programs, with the last request of each.

    `key` is the access key; None if the bridge has none: then each program sends its own word.
    """
    return tuple(_build_connection(row, base_url, model, key, proofs.get(row.name)) for row in ROWS)


def _build_connection(
    row: Row, base_url: str, model: str, key: str | None, proof: Sighting | None
) -> Connection:
    bridge = describe_bridge(row, base_url, model, key)
    return Connection(
        client=row.title,
        name=row.name,
        steps=row.steps.format(key=bridge.key),
        snippet=build_snippet(row, bridge),
        language=find_language(row),
        note=_format_note(row, bridge),
        writable=bool(row.targets),
        source=format_source(row),
        sends=row.sends,
        proved=format_proved(row),
        proof=proof,
    )


def _format_note(row: Row, bridge: Bridge) -> str | None:
    if not (row.variable and bridge.has_access_key):
        return row.note or None
    variable = f"Set the variable {row.variable} to the access key where you start it."
    return f"{row.note} {variable}" if row.note else variable


def describe_bridge(row: Row, base_url: str, model: str, key: str | None) -> Bridge:
    """Return what a program must know; without an access key, it sends a word of its own."""
    return Bridge(base_url, model, key or row.key_word, has_access_key=key is not None)


def build_snippet(row: Row, bridge: Bridge) -> str:
    """Return what to paste: the text of the row, or the file as it would be if it were new."""
    if row.snippet:
        return row.snippet.format(
            base_url=bridge.base_url, root=bridge.root, model=bridge.model, key=bridge.key
        )
    shown = [target for target in row.targets if target.shell_name in ("", "bash")]
    texts = [_build_file(target, bridge) for target in shown]
    if len(texts) == 1:
        return texts[0]
    pairs = zip(shown, texts, strict=True)
    return "\n".join(f"# {target.place.linux.rpartition('/')[2]}\n{text}" for target, text in pairs)


def _build_file(target: Target, bridge: Bridge) -> str:
    return apply_changes(find_format(target.format), "", target.build(bridge)).text


def find_language(row: Row) -> str:
    """Return the language of the snippet, for highlighting."""
    if row.language or not row.targets:
        return row.language or "text"
    formats = {_LANGUAGES[target.format] for target in row.targets}
    return formats.pop() if len(formats) == 1 else "text"


def format_proved(row: Row) -> str:
    """Return what was proved with the program, in words; empty if nothing was."""
    source = row.source
    return (
        f"{row.proved}, with {source.name} {source.version} on {source.checked}"
        if row.proved
        else ""
    )


def format_source(row: Row) -> str:
    """Return where the row's facts come from, in words."""
    source = row.source
    version = f" {source.version}" if source.version else ""
    match source.kind:
        case "program":
            return f"checked with {source.name}{version}, {source.checked}"
        case "source":
            return f"read in the source: {source.name}{version}, {source.checked}"
        case "documentation":
            return f"by documentation: {source.name}"
        case _:
            return f"not checked: {source.name}"
