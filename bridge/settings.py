"""What a person can set (frozen at start), and where the bridge keeps its files."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bridge.errors import SettingsError
from bridge.wire.health import BackendSetting

APP_NAME = "claude-bridge"
ENV_PREFIX = "CLAUDE_BRIDGE_"

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


@dataclass(frozen=True)
class Paths:
    """The folders of one person on this machine; `CLAUDE_BRIDGE_HOME` puts all three under one."""

    config: Path
    data: Path
    logs: Path

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def control_token(self) -> Path:
        """A 0600 file; who can read it may use `/control/…`. Made by the server at start."""
        return self.data / "control-token"

    @property
    def log_file(self) -> Path:
        """The server's log; two older ones lie beside it."""
        return self.logs / "bridge.log"

    @property
    def ledger(self) -> Path:
        """A 0600 SQLite file: tokens and cost of each request, without content."""
        return self.data / "ledger.sqlite3"

    @property
    def responses(self) -> Path:
        """A 0600 SQLite file: responses that clients of `/v1/responses` may come back to."""
        return self.data / "responses.sqlite3"

    @property
    def computer_policy(self) -> Path:
        """The person's own rules of what is risky on the desktop, and of what is never touched."""
        return self.config / "computer.toml"

    @property
    def computer_log(self) -> Path:
        """A 0600 file of JSON lines: what was done on the desktop, when, and who agreed."""
        return self.data / "computer-log.jsonl"

    @property
    def claude_code(self) -> Path:
        """Where Claude Code processes run, and have their temporary files."""
        return self.data / "claude-code"

    @property
    def thinking(self) -> Path:
        """A 0600 SQLite file: turns of Claude's that may have to be given back."""
        return self.data / "thinking.sqlite3"


def find_paths() -> Paths:
    """The platform's own folders, or `config`, `data` and `logs` under `CLAUDE_BRIDGE_HOME`."""
    home = os.environ.get(ENV_PREFIX + "HOME")
    if home:
        root = Path(home).expanduser()
        return Paths(root / "config", root / "data", root / "logs")
    dirs = platformdirs.PlatformDirs(APP_NAME, appauthor=False)
    return Paths(dirs.user_config_path, dirs.user_data_path, dirs.user_log_path)


class Settings(BaseSettings):
    """Every setting. A flag wins over `CLAUDE_BRIDGE_*`, that over `config.toml`."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="forbid")

    host: str = Field(
        "127.0.0.1",
        description="Address to listen on; another than this machine's own needs a key.",
    )
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    backend: BackendSetting = Field(
        "auto", description="Who answers: `auto`, `anthropic`, `claude-code` or `offline`."
    )
    model: str = Field(
        "claude-sonnet-5-5",
        min_length=1,
        description="Claude model that answers `default` and OpenAI's model names.",
    )
    use_for_everything: bool = Field(
        False, description="Whether that model also answers who asks for another Claude by name."
    )
    drain_seconds: float = Field(
        5.0, ge=0, le=600, description="How long running answers may go on when the server stops."
    )
    upstream_silence_seconds: float = Field(
        600.0, gt=0, description="How long upstream may stay silent before it counts as broken."
    )
    keep_alive_seconds: float = Field(
        10.0, gt=0, description="Silence after which a stream gets a comment line, to stay open."
    )
    retries: int = Field(
        2, ge=0, le=10, description="How often a request is tried again when upstream fails."
    )
    retry_seconds: float = Field(
        15.0, ge=0, le=600, description="How long a request may wait for that in all, in seconds."
    )
    fallback_backend: Literal["none", "anthropic", "claude-code"] = Field(
        "none", description="Backend that answers when the active one fails; with a notice."
    )
    fallback_model: str = Field(
        "none", description="Model that answers when the asked one fails; with a notice."
    )
    allowed_hosts: str = Field(
        "none",
        description="Names, besides this machine's, that `Host` may say; with commas between.",
    )
    allowed_origins: str = Field(
        "none", description="Origins of pages that may call; `*` stands for anything in a name."
    )
    header_seconds: float = Field(
        20.0, gt=0, description="How long a new connection may take to say what it wants."
    )
    max_streams: int = Field(64, ge=1, description="Answers that may be written at once.")
    max_body_mb: int = Field(
        64, ge=1, le=1024, description="Largest request body accepted, in megabytes."
    )
    claude_cli: str = Field(
        "bundled", description="Path of the `claude` program to use; `bundled` is the SDK's own."
    )
    claude_spares: int = Field(
        1, ge=0, le=8, description="Claude Code processes kept ready while that backend is used."
    )
    thinking_days: float = Field(
        7.0,
        ge=0,
        le=365,
        description="Days that thinking to be given back is kept on disk; 0: in memory only.",
    )
    embeddings: Literal["local", "upstream", "none"] = Field(
        "local", description="Who answers `/v1/embeddings`: `local`, `upstream` or `none`."
    )
    embedding_model: str = Field(
        "minishlab/potion-retrieval-32M",
        min_length=1,
        description="A model2vec model on the Hugging Face hub, or a folder; or the service's own.",
    )
    embedding_url: str = Field(
        "none", description="Service for `upstream`, such as `http://127.0.0.1:11434/v1`."
    )
    embedding_service: Literal["auto", "openai", "compatible", "voyage"] = Field(
        "auto", description="What it speaks: `auto`, `openai`, `compatible` or `voyage`."
    )
    response_days: float = Field(
        30.0,
        ge=0,
        le=365,
        description="Days that responses with `store` are kept on disk; 0: in memory only.",
    )
    computer_format: Literal["jpeg", "png", "webp"] = Field(
        "jpeg", description="Pictures of the screen: `jpeg`, `png` or `webp`."
    )
    computer_monitor: int = Field(0, ge=0, description="Screen that Claude uses; 0 is the main.")
    computer_approval_seconds: float = Field(
        60.0, gt=0, le=600, description="Seconds of silence that are a no to what Claude would do."
    )
    computer_max_steps: int = Field(
        50, ge=1, le=1000, description="Turns that one task on the computer may take."
    )
    computer_max_minutes: float = Field(
        15.0, gt=0, le=120, description="Minutes that one task on the computer may take."
    )
    computer_max_dollars: float = Field(
        2.0, gt=0, description="What one task on the computer may cost, at list prices."
    )
    computer_stop_key: str = Field(
        "ctrl+alt+Escape",
        description="Key that stops Claude's hands while they work, anywhere; `none` is no key.",
    )
    computer_log: Literal["off", "actions", "thumbnails"] = Field(
        "actions",
        description="What is noted of each action on disk: `off`, `actions` or `thumbnails`.",
    )
    log_level: LogLevel = Field("INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`.")
    log_format: Literal["text", "json"] = Field(
        "text", description="`text` for people, `json` for programs."
    )
    log_content: bool = Field(
        False, description="Whether the log may quote what was said, in the words of exceptions."
    )

    @field_validator("computer_stop_key")
    @classmethod
    def _is_a_key(cls, name: str) -> str:
        if name != "none" and name.count("+") not in (1, 2, 3):
            raise ValueError("a key with one to three modifiers, such as ctrl+alt+Escape, or none")
        return name

    @field_validator("host")
    @classmethod
    def _is_an_address(cls, host: str) -> str:
        if host != "localhost":
            ipaddress.ip_address(host)
        return host

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then the environment, then the file; no `.env` is read from the working folder."""
        file = InitSettingsSource(settings_cls, init_kwargs=_read_file(find_paths().config_file))
        return init_settings, env_settings, file


def load_settings(**flags: Any) -> Settings:
    """Settings from flags (`None` means not given), environment and file.

    Raises SettingsError, which names the setting, where it was set, and what is wrong with it.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError(_describe(error, given)) from error


def listed(value: str) -> tuple[str, ...]:
    """A setting with commas between names; `none` is none at all."""
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    return () if names == ("none",) else names


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error


def _describe(error: ValidationError, flags: dict[str, Any]) -> str:
    return "; ".join(
        f"setting {_origin(str(problem['loc'][0]) if problem['loc'] else '?', flags)}: "
        f"{problem['msg'][0].lower()}{problem['msg'][1:]}"
        for problem in error.errors(include_url=False)
    )


def _origin(name: str, flags: dict[str, Any]) -> str:
    if name in flags:
        return f"--{name.replace('_', '-')}"
    variable = ENV_PREFIX + name.upper()
    if variable in os.environ:
        return variable
    return f"`{name}` in {find_paths().config_file}"
