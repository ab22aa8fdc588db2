"""The folders of the bridge's files, and which file is where."""

# Without pydantic: `claude-bridge status` and the tray need the paths, not the settings.

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from bridge.errors import SettingsError

APP_NAME = "claude-bridge"
ENV_PREFIX = "CLAUDE_BRIDGE_"


@dataclass(frozen=True)
class Paths:
    """The folders of one user; `CLAUDE_BRIDGE_HOME` puts all three into one."""

    config: Path
    data: Path
    logs: Path

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def control_token(self) -> Path:
        """A 0600 file made by the server at start; its content opens `/control/…`."""
        return self.data / "control-token"

    @property
    def pages(self) -> Path:
        """A 0700 folder of files that sign the browser in; each exists for a minute at most."""
        return self.data / "pages"

    @property
    def log_file(self) -> Path:
        """The server's log; the same folder has two older ones."""
        return self.logs / "bridge.log"

    @property
    def ledger(self) -> Path:
        """A 0600 SQLite file: tokens and cost of each request, without content."""
        return self.data / "ledger.sqlite3"

    @property
    def plan(self) -> Path:
        """A 0600 SQLite file: how much of Claude's plans is used, as Claude last said."""
        return self.data / "plan.sqlite3"

    @property
    def model_aliases(self) -> Path:
        """A 0600 JSON file: the user's own names for models that the dashboard has saved."""
        return self.data / "model-aliases.json"

    @property
    def routing_rules(self) -> Path:
        """A 0600 JSON file: the user's rules for requests that the dashboard has saved."""
        return self.data / "routing-rules.json"

    @property
    def connections(self) -> Path:
        """A 0700 folder: what was written into the files of programs, and how they were before."""
        return self.data / "connections"

    @property
    def proofs(self) -> Path:
        """A 0600 JSON file: the last request of each connected program that worked."""
        return self.data / "proofs.json"

    @property
    def responses(self) -> Path:
        """A 0600 SQLite file: responses that clients of `/v1/responses` may refer to later."""
        return self.data / "responses.sqlite3"

    @property
    def computer_policy(self) -> Path:
        """The user's rules: which actions are risky, and which windows are never used."""
        return self.config / "computer.toml"

    @property
    def portal_token(self) -> Path:
        """A 0600 file: lets a Wayland desktop remember that Claude may use it."""
        return self.data / "portal-token"

    @property
    def computer_apps(self) -> Path:
        """A 0600 JSON file: what Claude may do in each program, as the user decided."""
        return self.data / "computer-apps.json"

    @property
    def computer_log(self) -> Path:
        """A 0600 file of JSON lines: each action on the desktop, its time, and who approved it."""
        return self.data / "computer-log.jsonl"

    @property
    def claude_code(self) -> Path:
        """The working folder of Claude Code processes, with their temporary files."""
        return self.data / "claude-code"

    @property
    def thinking(self) -> Path:
        """A 0600 SQLite file: Claude's thinking, which later turns of a chat send back."""
        return self.data / "thinking.sqlite3"


def find_paths() -> Paths:
    """Return the platform's folders, or those under `CLAUDE_BRIDGE_HOME`.

    Raises SettingsError if that variable names the home of a user who does not exist.
    """
    home = os.environ.get(ENV_PREFIX + "HOME")
    if home:
        root = _expand_home(home)
        return Paths(root / "config", root / "data", root / "logs")
    dirs = platformdirs.PlatformDirs(APP_NAME, appauthor=False)
    return Paths(dirs.user_config_path, dirs.user_data_path, dirs.user_log_path)


def _expand_home(home: str) -> Path:
    try:
        return Path(home).expanduser()
    except RuntimeError as error:
        raise SettingsError(f"{ENV_PREFIX}HOME={home} is not a folder: {error}") from error
