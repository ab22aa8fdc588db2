"""Rows of the programs for terminals."""

from __future__ import annotations

from typing import Any

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
    shell_targets,
)

CONTEXT = 200_000
"""Tokens of context that every model of the bridge has at least."""


def _write_codex(bridge: Bridge) -> tuple[Change, ...]:
    provider = {"name": TITLE, "base_url": bridge.base_url, "wire_api": "responses"}
    # Without a key, Codex sends none; a variable that is not set would be an error.
    if bridge.has_access_key:
        provider["env_key"] = KEY_VARIABLE
    return (
        Change(("model",), bridge.model),
        Change(("model_provider",), PROVIDER),
        Change(("model_providers", PROVIDER), provider),
    )


def _write_claude_code(bridge: Bridge) -> tuple[Change, ...]:
    variables = {
        "ANTHROPIC_BASE_URL": bridge.root,
        "ANTHROPIC_AUTH_TOKEN": bridge.key,
        "ANTHROPIC_MODEL": bridge.model,
    }
    return (Change(("env",), variables),)


def write_opencode(bridge: Bridge) -> tuple[Change, ...]:
    """Return the settings of opencode, and of programs that were made from it."""
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": TITLE,
        "options": {
            "baseURL": bridge.base_url,
            "apiKey": bridge.refer_to_key(f"{{env:{KEY_VARIABLE}}}"),
        },
        "models": {bridge.model: {"name": "Claude"}},
    }
    return (
        Change(("provider", PROVIDER), provider),
        Change(("model",), f"{PROVIDER}/{bridge.model}"),
    )


def _write_qwen(bridge: Bridge) -> tuple[Change, ...]:
    model = {
        "id": bridge.model,
        "name": TITLE,
        "baseUrl": bridge.base_url,
        "envKey": KEY_VARIABLE,
        "generationConfig": {"contextWindowSize": CONTEXT},
    }
    key = () if bridge.has_access_key else (Change(("env", KEY_VARIABLE), bridge.key),)
    return (
        Change(("modelProviders", "openai", Item("name", TITLE)), model),
        *key,
        Change(("security", "auth", "selectedType"), "openai"),
        Change(("model", "name"), bridge.model),
    )


def _write_continue(bridge: Bridge) -> tuple[Change, ...]:
    model: dict[str, Any] = {
        "name": TITLE,
        "provider": "openai",
        "model": bridge.model,
        "apiBase": bridge.base_url,
        "apiKey": bridge.refer_to_key(f"${{{{ secrets.{KEY_VARIABLE} }}}}"),
        "roles": ["chat", "edit", "apply"],
        "capabilities": ["tool_use", "image_input"],
    }
    if bridge.has_access_key:
        model["requestOptions"] = {"headers": {PROGRAM_HEADER: "continue"}}
    return (
        Change(("name",), "Local", is_default=True),
        Change(("version",), "1.0.0", is_default=True),
        Change(("schema",), "v1", is_default=True),
        Change(("models", Item("name", TITLE)), model),
    )


def _write_aider(bridge: Bridge) -> tuple[Change, ...]:
    # aider reads each of its options from a variable, too; a file has no reference to one.
    key = () if bridge.has_access_key else (Change(("openai-api-key",), bridge.key),)
    return (
        Change(("openai-api-base",), bridge.base_url),
        *key,
        Change(("model",), f"openai/{bridge.model}"),
    )


def _write_llm(bridge: Bridge) -> tuple[Change, ...]:
    model: dict[str, Any] = {
        "model_id": PROVIDER,
        "model_name": bridge.model,
        "api_base": bridge.base_url,
        "api_key_name": PROVIDER,
        "supports_tools": True,
        "supports_schema": True,
        "vision": True,
    }
    if bridge.has_access_key:
        model["headers"] = {PROGRAM_HEADER: "llm"}
    return (Change((Item("model_id", PROVIDER),), model),)


def _write_llm_key(bridge: Bridge) -> tuple[Change, ...]:
    return (Change((PROVIDER,), bridge.key),)


def _write_gptme(bridge: Bridge) -> tuple[Change, ...]:
    key = {"api_key_env": KEY_VARIABLE} if bridge.has_access_key else {"api_key": bridge.key}
    provider = {"name": PROVIDER, "base_url": bridge.base_url, **key}
    return (
        Change(("providers", Item("name", PROVIDER)), provider),
        Change(("env", "MODEL"), f"{PROVIDER}/{bridge.model}"),
    )


def _write_copilot(bridge: Bridge) -> tuple[Change, ...]:
    return (
        Change(("COPILOT_PROVIDER_BASE_URL",), bridge.base_url),
        Change(("COPILOT_PROVIDER_API_KEY",), bridge.key),
        Change(("COPILOT_MODEL",), bridge.model),
    )


TERMINAL_PROGRAMS = (
    Row(
        name="codex",
        title="Codex CLI",
        steps="In ~/.codex/config.toml.",
        note="Uses /v1/responses with its own tools. You can ignore its warning about unknown "
        "model metadata.",
        start="Start: codex",
        variable=KEY_VARIABLE,
        targets=(
            Target(
                Place("~/.codex/config.toml", variable="CODEX_HOME"),
                "toml",
                _write_codex,
            ),
        ),
        commands=("codex",),
        folders=(Place("~/.codex"),),
        agents=("codex*",),
        ask=("codex", "exec", "--skip-git-repo-check", "{prompt}"),
        sends="`/v1/responses` only, streamed; it stores the conversation itself (`store: false`) "
        "and sends Claude's thinking back. Its tools come in an `additional_tools` item. It no "
        "longer has a chat mode.",
        proved=SEEN + SURVIVES,
        source=Source("program", "npm @openai/codex", "0.171.0"),
    ),
    Row(
        name="codex-profile",
        title="Codex CLI, as a profile",
        steps="In ~/.codex/claude-bridge.config.toml, a profile beside your own settings.",
        note="Codex uses it only with -p. Older versions had profiles in config.toml.",
        start="Start: codex -p claude-bridge",
        variable=KEY_VARIABLE,
        targets=(
            Target(
                Place("~/.codex/claude-bridge.config.toml", variable="CODEX_HOME"),
                "toml",
                _write_codex,
            ),
        ),
        is_program=False,
        sends="The same as Codex CLI.",
        proved="a streamed request with -p claude-bridge",
        source=Source("program", "npm @openai/codex", "0.171.0"),
    ),
    Row(
        name="claude-code",
        title="Claude Code",
        steps="In ~/.claude/settings.json, or as variables in the terminal where you start it.",
        note="Only useful if the bridge uses an API key: with your subscription, Claude Code needs "
        "no bridge. Do not set these variables for the bridge itself: it would send its requests "
        "to itself.",
        start="Start: claude",
        targets=(
            Target(
                Place("~/.claude/settings.json", variable="CLAUDE_CONFIG_DIR"),
                "json",
                _write_claude_code,
            ),
        ),
        commands=("claude",),
        folders=(Place("~/.claude"),),
        agents=("claude-cli",),
        ask=("claude", "-p", "{prompt}"),
        sends="`/v1/messages`, streamed, with its own cache markers.",
        proved=SEEN + SURVIVES,
        source=Source("program", "claude-agent-sdk 0.2.189", "2.1.332"),
    ),
    Row(
        name="opencode",
        title="opencode",
        steps="In ~/.config/opencode/opencode.json.",
        start="Start: opencode",
        variable=KEY_VARIABLE,
        targets=(
            Target(
                Place("{config}/opencode/opencode.json", variable="OPENCODE_CONFIG_DIR"),
                "json",
                write_opencode,
                others=(Place("{config}/opencode/opencode.jsonc"),),
            ),
        ),
        commands=("opencode",),
        folders=(Place("{config}/opencode"),),
        agents=("opencode",),
        ask=("opencode", "run", "{prompt}"),
        sends="`/v1/chat/completions`, streamed, with its own cache markers, which the bridge "
        "passes on; a second request gives the session its title.",
        proved=f"{SEEN}; after an error or a cut in mid-stream it still asks again after a minute",
        source=Source("program", "npm opencode-ai", "1.18.33"),
    ),
    Row(
        name="qwen",
        title="Qwen Code",
        steps="In ~/.qwen/settings.json.",
        start="Start: qwen",
        variable=KEY_VARIABLE,
        targets=(Target(Place("~/.qwen/settings.json"), "json", _write_qwen),),
        commands=("qwen",),
        folders=(Place("~/.qwen"),),
        agents=("qwencode",),
        ask=("qwen", "-p", "{prompt}"),
        sends="`/v1/chat/completions`, streamed, with its own cache markers, which the bridge "
        "passes on.",
        proved=f"{SEEN} (it rewrites its file in a layout of its own when it starts){SURVIVES}",
        source=Source("program", "npm @qwen-code/qwen-code", "0.15.10"),
    ),
    Row(
        name="continue",
        title="Continue",
        steps="In ~/.continue/config.yaml, under models.",
        note="For its command line (cn) and its extensions alike.",
        start="Start: cn, or choose Claude Bridge among the models of the extension.",
        variable=KEY_VARIABLE,
        targets=(
            Target(
                Place("~/.continue/config.yaml", variable="CONTINUE_GLOBAL_DIR"),
                "yaml",
                _write_continue,
            ),
        ),
        commands=("cn",),
        folders=(Place("~/.continue"),),
        extensions=("continue.continue-",),
        sends_name=True,
        ask=("cn", "-p", "{prompt}"),
        sends="`/v1/chat/completions`, and `/v1/completions` with `suffix` for autocomplete; "
        "`/v1/models`.",
        proved=f"{SEEN}; after an error or a cut in mid-stream it still asks again after a minute",
        source=Source("program", "npm @continuedev/cli", "1.5.47"),
    ),
    Row(
        name="copilot",
        title="Copilot CLI",
        steps="In the terminal where you start it; it needs no GitHub sign-in then.",
        note="These variables change no other program.",
        start="Open a new terminal, and start: copilot",
        targets=shell_targets(_write_copilot),
        commands=("copilot",),
        folders=(Place("~/.copilot"),),
        ask=("copilot", "-p", "{prompt}"),
        sends="`/v1/chat/completions`, streamed.",
        proved=SEEN,
        source=Source("program", "npm @github/copilot", "1.0.102"),
    ),
    Row(
        name="aider",
        title="aider",
        steps="In ~/.aider.conf.yml.",
        start="Start: aider",
        variable="AIDER_OPENAI_API_KEY",
        targets=(Target(Place("~/.aider.conf.yml"), "yaml", _write_aider),),
        commands=("aider",),
        folders=(Place("~/.aider"),),
        ask=("aider", "--no-git", "--yes", "--no-check-update", "--message", "{prompt}"),
        sends="`/v1/chat/completions`: no tools, long conversations, `temperature: 0`, which "
        "newer models do not support: a notice says so.",
        proved="a streamed request; connected, and undone byte for byte",
        source=Source("program", "PyPI aider-chat", "0.86.2"),
    ),
    Row(
        name="llm",
        title="llm",
        steps="In extra-openai-models.yaml in its folder, which `llm logs path` names.",
        start="Ask: llm -m claude-bridge",
        targets=(
            Target(
                Place(
                    "{config}/io.datasette.llm/extra-openai-models.yaml",
                    "~/Library/Application Support/io.datasette.llm/extra-openai-models.yaml",
                    "{appdata}/io.datasette.llm/extra-openai-models.yaml",
                    variable="LLM_USER_PATH",
                ),
                "yaml",
                _write_llm,
                has_key=False,
            ),
            Target(
                Place(
                    "{config}/io.datasette.llm/keys.json",
                    "~/Library/Application Support/io.datasette.llm/keys.json",
                    "{appdata}/io.datasette.llm/keys.json",
                    variable="LLM_USER_PATH",
                ),
                "json",
                _write_llm_key,
            ),
        ),
        commands=("llm",),
        folders=(
            Place(
                "{config}/io.datasette.llm",
                "~/Library/Application Support/io.datasette.llm",
                "{appdata}/io.datasette.llm",
            ),
        ),
        sends_name=True,
        ask=("llm", "-m", PROVIDER, "{prompt}"),
        sends="`/v1/chat/completions`, streamed.",
        proved=SEEN + SURVIVES,
        source=Source("program", "PyPI llm", "0.36"),
    ),
    Row(
        name="gptme",
        title="gptme",
        steps="In ~/.config/gptme/config.toml.",
        start="Start: gptme",
        variable=KEY_VARIABLE,
        targets=(Target(Place("~/.config/gptme/config.toml"), "toml", _write_gptme),),
        commands=("gptme",),
        folders=(Place("~/.config/gptme"),),
        ask=("gptme", "--non-interactive", "{prompt}"),
        sends="`/v1/chat/completions`, streamed.",
        proved=SEEN,
        source=Source("program", "PyPI gptme", "0.35.1"),
    ),
)
