"""Rows of coding agents that keep their own providers, beside those of `terminal`."""

from __future__ import annotations

from bridge.connect.data import Change, Item
from bridge.connect.programs.row import (
    KEY_VARIABLE,
    PROGRAM_HEADER,
    PROVIDER,
    SEEN,
    SURVIVES,
    TITLE,
    Bridge,
    Place,
    Row,
    Source,
    Target,
)
from bridge.connect.programs.terminal import CONTEXT, write_opencode

_MOST_OUTPUT = 32_000
_CLINE_TIME = "2026-01-01T00:00:00.000Z"


def _write_droid(bridge: Bridge) -> tuple[Change, ...]:
    id = f"custom:{PROVIDER}"
    model = {
        "id": id,
        "model": bridge.model,
        "displayName": TITLE,
        "baseUrl": bridge.base_url,
        "apiKey": bridge.refer_to_key(f"${{{KEY_VARIABLE}}}"),
        "provider": "generic-chat-completion-api",
        "maxOutputTokens": _MOST_OUTPUT,
    }
    return (
        Change(("customModels", Item("id", id)), model),
        Change(("sessionDefaultSettings", "model"), id),
    )


def _write_goose(bridge: Bridge) -> tuple[Change, ...]:
    provider = {
        "name": PROVIDER,
        "engine": "openai",
        "display_name": TITLE,
        "description": "Claude through the bridge on this computer",
        "api_key_env": KEY_VARIABLE if bridge.has_access_key else "",
        "base_url": bridge.root,
        "base_path": "v1/chat/completions",
        "models": [{"name": bridge.model, "context_limit": CONTEXT}],
        "headers": {PROGRAM_HEADER: "goose"},
        "requires_auth": bridge.has_access_key,
        "supports_streaming": True,
    }
    return tuple(Change((name,), value) for name, value in provider.items())


def _choose_goose(bridge: Bridge) -> tuple[Change, ...]:
    return (
        Change(("GOOSE_PROVIDER",), PROVIDER),
        Change(("GOOSE_MODEL",), bridge.model),
    )


def _write_cline(bridge: Bridge) -> tuple[Change, ...]:
    provider = {
        "provider": "openai-compatible",
        "apiKey": bridge.key,
        "model": bridge.model,
        "baseUrl": bridge.base_url,
    }
    return (
        # Without all of these fields, Cline replaces the file by an empty one.
        Change(("version",), 1, is_default=True),
        Change(("modes",), {}, is_default=True),
        Change(("lastUsedProvider",), "openai-compatible"),
        Change(
            ("providers", "openai-compatible"),
            {"settings": provider, "updatedAt": _CLINE_TIME, "tokenSource": "manual"},
        ),
    )


AGENTS = (
    Row(
        name="kilo",
        title="Kilo Code CLI",
        steps="In ~/.config/kilo/kilo.json.",
        start="Start: kilo",
        variable=KEY_VARIABLE,
        targets=(
            Target(
                Place("{config}/kilo/kilo.json"),
                "json",
                write_opencode,
                others=(Place("{config}/kilo/kilo.jsonc"),),
            ),
        ),
        commands=("kilo", "kilocode"),
        folders=(Place("{config}/kilo"),),
        agents=("kilo*",),
        ask=("kilo", "run", "{prompt}"),
        sends="`/v1/chat/completions`, streamed, with its own cache markers.",
        proved="a streamed request with a tool call; it rewrites its file when it is run, so undo "
        "removed only the bridge's values",
        source=Source("program", "npm @kilocode/cli-linux-x64", "7.7.9"),
    ),
    Row(
        name="droid",
        title="Factory droid",
        steps="In ~/.factory/settings.json, under customModels; then /model.",
        start="Start: droid",
        variable=KEY_VARIABLE,
        targets=(Target(Place("~/.factory/settings.json"), "json", _write_droid),),
        commands=("droid",),
        folders=(Place("~/.factory"),),
        agents=("droid*", "factory*"),
        ask=("droid", "exec", "{prompt}"),
        sends="`/v1/chat/completions`, streamed.",
        proved=f"{SEEN}; after an error in mid-stream it still asks again after a minute",
        source=Source("program", "npm @factory/cli-linux-x64", "0.225.2"),
    ),
    Row(
        name="goose",
        title="goose",
        steps="In ~/.config/goose/custom_providers/claude-bridge.json; then goose configure.",
        start="Start: goose session",
        variable=KEY_VARIABLE,
        sends_name=True,
        targets=(
            Target(
                Place(
                    "{config}/goose/custom_providers/claude-bridge.json",
                    "~/.config/goose/custom_providers/claude-bridge.json",
                    "{appdata}/Block/goose/config/custom_providers/claude-bridge.json",
                ),
                "json",
                _write_goose,
            ),
            Target(
                Place(
                    "{config}/goose/config.yaml",
                    "~/.config/goose/config.yaml",
                    "{appdata}/Block/goose/config/config.yaml",
                ),
                "yaml",
                _choose_goose,
                has_key=False,
            ),
        ),
        commands=("goose",),
        folders=(Place("{config}/goose", "~/.config/goose", "{appdata}/Block/goose"),),
        agents=("goose*",),
        ask=("goose", "run", "--text", "{prompt}"),
        sends="`/v1/chat/completions`, streamed.",
        source=Source(
            "source",
            "block/goose, goose-providers/src/declarative.rs; the files, "
            "https://block.github.io/goose/docs/guides/config-file",
            "0641ae5",
        ),
    ),
    Row(
        name="cline",
        title="Cline CLI",
        steps="In ~/.cline/data/settings/providers.json, or with cline auth.",
        start="Start: cline",
        targets=(
            Target(
                Place("~/.cline/data/settings/providers.json"),
                "json",
                _write_cline,
            ),
        ),
        commands=("cline",),
        folders=(Place("~/.cline"),),
        ask=("cline", "{prompt}"),
        sends="`/v1/chat/completions`, streamed, with 25 tools.",
        proved="a streamed request with a tool call; it rewrites its file when it is run, so undo "
        "removed only the bridge's values" + SURVIVES,
        source=Source("program", "npm cline", "3.0.65"),
    ),
)
