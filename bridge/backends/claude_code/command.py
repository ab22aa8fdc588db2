"""The command line and the environment of a Claude Code process, and where its program is."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

MINIMUM_VERSION = (2, 1, 257)
"""The first that takes prompts as they are written and settings over its control protocol."""

FLAGS: tuple[str, ...] = (
    "--output-format=stream-json",
    "--input-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    # No tools, no settings, no project files, no MCP servers of the person's; nothing is kept.
    "--tools=",
    "--setting-sources=",
    "--strict-mcp-config",
    "--permission-mode=dontAsk",
    "--disable-slash-commands",
    "--no-session-persistence",
    # One answer is all that is asked: it must not go on from calls of tools it cannot run.
    "--max-turns=1",
)

_SWITCHES: Mapping[str, str] = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_AUTO_COMPACT": "1",
    # Retries are the bridge's own matter, and the client's.
    "CLAUDE_CODE_MAX_RETRIES": "0",
    "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": "1",
    # A prompt is text: no file is read because a path is in it.
    "CLAUDE_CODE_DISABLE_ATTACHMENTS": "1",
    "CLAUDE_CODE_DISABLE_FILE_MENTIONS": "1",
    "CLAUDE_CODE_DISABLE_CLAUDE_MDS": "1",
    "CLAUDE_CODE_DISABLE_BUNDLED_SKILLS": "1",
    "CLAUDE_CODE_DISABLE_FILE_CHECKPOINTING": "1",
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
    "CLAUDE_CODE_DISABLE_TERMINAL_TITLE": "1",
    # What Claude is sent is to be as any API client's: no edits of the context, no effort by turn.
    "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS": "1",
    "ENABLE_TOOL_SEARCH": "0",
    "CLAUDE_CODE_ENTRYPOINT": "sdk-py",
}

_KEPT = ("ANTHROPIC_BASE_URL", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CONFIG_DIR")
_OURS = ("ANTHROPIC_", "CLAUDE_", "CLAUDECODE")


def bundled_cli() -> Path | None:
    """The program inside the installed `claude-agent-sdk`; the package itself is not imported."""
    found = importlib.util.find_spec("claude_agent_sdk")
    if found is None or not found.submodule_search_locations:
        return None
    name = "claude.exe" if sys.platform == "win32" else "claude"
    path = Path(found.submodule_search_locations[0]) / "_bundled" / name
    return path if path.is_file() else None


def child_environment(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment of a process whose temporary files go to `folder`.

    An API key would win over the sign-in and cost money, so none gets there; the same holds for
    whatever else steers Claude Code. A token that stands for a sign-in is passed on unread.
    """
    passed = {
        name: value
        for name, value in environ.items()
        if name in _KEPT or not name.startswith(_OURS)
    }
    return {**passed, **_SWITCHES, "CLAUDE_CODE_TMPDIR": str(folder)}
