"""The command line, the environment and the program of a Claude Code process."""

from __future__ import annotations

import errno
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

from bridge.backends.claude_code.client_tools import SERVER

MINIMUM_VERSION = (2, 1, 257)
"""The first version that takes prompts unchanged and settings over its control protocol."""

SDK_REQUIREMENT = "claude-agent-sdk==0.2.189"
"""The package with Claude Code's program, in the version that the bridge is tested with."""

CLI_HINT = (
    f"Install it with `pip install --force-reinstall {SDK_REQUIREMENT}`, or set claude_cli to the "
    "path of a `claude` program."
)
ADD_HINT = (
    f"Add it with `pip install {SDK_REQUIREMENT}` in the bridge's environment and restart the "
    "bridge, or set claude_cli to the path of a `claude` program."
)

FLAGS: tuple[str, ...] = (
    "--output-format=stream-json",
    "--input-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    # No tools, settings, project files or MCP servers of the user; no stored session.
    "--tools=",
    "--setting-sources=",
    "--strict-mcp-config",
    "--permission-mode=dontAsk",
    "--disable-slash-commands",
    "--no-session-persistence",
    # The client's tools; see `client_tools`.
    f"--allowedTools=mcp__{SERVER}",
)

_SWITCHES: Mapping[str, str] = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_AUTO_COMPACT": "1",
    # The bridge retries by its own policy.
    "CLAUDE_CODE_MAX_RETRIES": "0",
    "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": "1",
    # A path in a prompt is only text: no file may be read for it.
    "CLAUDE_CODE_DISABLE_ATTACHMENTS": "1",
    "CLAUDE_CODE_DISABLE_FILE_MENTIONS": "1",
    "CLAUDE_CODE_DISABLE_CLAUDE_MDS": "1",
    "CLAUDE_CODE_DISABLE_BUNDLED_SKILLS": "1",
    "CLAUDE_CODE_DISABLE_FILE_CHECKPOINTING": "1",
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
    "CLAUDE_CODE_DISABLE_TERMINAL_TITLE": "1",
    # Claude must receive what any API client would send: no context edits, no effort by turn.
    "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS": "1",
    "ENABLE_TOOL_SEARCH": "0",
    # The client's tools have their own names, and may take as long and return as much as they like.
    "CLAUDE_AGENT_SDK_MCP_NO_PREFIX": "1",
    "MCP_TOOL_TIMEOUT": "3600000",
    "MAX_MCP_OUTPUT_TOKENS": "100000000",
    # Only the API knows a model's limit, and says so in words by which clients compact.
    "CLAUDE_CODE_BLOCKING_LIMIT_OVERRIDE": "100000000",
    "CLAUDE_CODE_ENTRYPOINT": "sdk-py",
}

_PASSED_ON = ("ANTHROPIC_BASE_URL", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CONFIG_DIR")
_REMOVED_PREFIXES = ("ANTHROPIC_", "CLAUDE_", "CLAUDECODE")


def find_bundled_cli() -> Path | None:
    """Find the program inside the installed `claude-agent-sdk`, without importing the package."""
    spec = importlib.util.find_spec("claude_agent_sdk")
    if spec is None or not spec.submodule_search_locations:
        return None
    name = "claude.exe" if sys.platform == "win32" else "claude"
    path = Path(spec.submodule_search_locations[0]) / "_bundled" / name
    return path if path.is_file() else None


def explain_missing_cli() -> tuple[str, str]:
    """Return why there is no program, as a phrase, and what to do."""
    if importlib.util.find_spec("claude_agent_sdk") is None:
        return "Claude Code is not installed", ADD_HINT
    return "the Claude Code program is missing from claude-agent-sdk", CLI_HINT


def explain_start_failure(cli: Path, error: OSError) -> str:
    """Return why a program cannot be started, as a phrase."""
    # 193 and 216 are Windows' numbers for a program of another kind.
    is_foreign = error.errno == errno.ENOEXEC or getattr(error, "winerror", 0) in (193, 216)
    if is_foreign:
        return f"{cli} is not a program for this system and processor"
    if isinstance(error, PermissionError):
        return f"{cli} is not executable"
    if isinstance(error, FileNotFoundError):
        if cli.exists():
            return f"{cli} needs an interpreter or a loader that this system does not have"
        return f"{cli} does not exist"
    return f"the system refuses to run {cli} ({error.strerror or error})"


def describe_start_failure(cli: Path, error: OSError) -> str:
    """Return why a program cannot be started and what to do, as sentences."""
    return f"Claude Code cannot be started: {explain_start_failure(cli, error)}. {CLI_HINT}"


def build_environment(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Build the environment of a process whose temporary files go to `folder`.

    All variables that configure Claude Code are left out, above all an API key: it would win over
    the sign-in and cost money. A token that replaces the sign-in is passed on.
    """
    passed_on = {
        name: value
        for name, value in environ.items()
        if name in _PASSED_ON or not name.startswith(_REMOVED_PREFIXES)
    }
    return {**passed_on, **_SWITCHES, "CLAUDE_CODE_TMPDIR": str(folder)}
