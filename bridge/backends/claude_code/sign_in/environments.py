"""The environment of Claude Code for each sign-in: each further one has a folder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bridge.settings import Settings

TOKEN_VARIABLE = "CLAUDE_CODE_OAUTH_TOKEN"  # noqa: S105 - the name of a variable
"""A token in the environment, which Claude Code uses instead of a sign-in."""


def list_environments(
    settings: Settings, environ: Mapping[str, str]
) -> dict[str, Mapping[str, str]]:
    """Return the environments by the names of the sign-ins; `default` is the user's own."""
    # A token in the environment would win over each folder's sign-in.
    others = {name: value for name, value in environ.items() if name != TOKEN_VARIABLE}
    return {
        "default": environ,
        **{
            name: {**others, "CLAUDE_CONFIG_DIR": str(Path(folder).expanduser())}
            for name, folder in settings.sign_ins.items()
        },
    }
