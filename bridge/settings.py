"""All settings, frozen at start."""

from __future__ import annotations

import ipaddress
import json
import os
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bridge.clouds.setting import CloudTables
from bridge.errors import SettingsError
from bridge.paths import APP_NAME, ENV_PREFIX, Paths, find_paths
from bridge.private_files import read_text
from bridge.proof import remove_brackets
from bridge.setting_values import (
    BudgetTables,
    Folders,
    Names,
    Pairs,
    RoutingRules,
    Steps,
)
from bridge.sign_ins import check_sign_in_names
from bridge.wire.health import BackendSetting
from bridge.wire.usage import ExtraUsageSetting

# mypy takes imported names for private unless they are listed.
__all__ = [
    "APP_NAME",
    "BUILTIN_EMBEDDING_MODEL",
    "ENV_PREFIX",
    "LogLevel",
    "Names",
    "Paths",
    "Settings",
    "find_paths",
    "format_default",
    "is_loopback",
    "load_settings",
]

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

BUILTIN_EMBEDDING_MODEL = "wordllama-l2-supercat-256"
"""The model of the package wordllama, as the setting and the responses name it."""


class Settings(BaseSettings):
    """Every setting. A flag overrides `CLAUDE_BRIDGE_*`, which overrides `config.toml`."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="forbid")

    host: str = Field(
        "127.0.0.1",
        description="Address to listen on; any other than this computer's own needs an access key.",
    )
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    backend: BackendSetting = Field(
        "auto", description="Backend: `auto`, `anthropic`, `claude-code` or `offline`."
    )
    model: str = Field(
        "claude-sonnet-5-5",
        min_length=1,
        description="Claude model for `default` and for OpenAI's model names.",
    )
    model_aliases: Pairs = Field(
        {},
        description="Your own names for models, such as `fast=claude-haiku-5-5`; they win over all "
        "others.",
    )
    sign_ins: Folders = Field(
        {},
        description="Further sign-ins of Claude Code, each with a folder of its own, such as "
        "`work=~/.claude-work`; one is used at a time.",
    )
    sign_in: str = Field(
        "default", description="The sign-in to use: `default` is Claude Code's own."
    )
    use_for_everything: bool = Field(
        False,
        description="Use the active model even when a client requests a different Claude model.",
    )
    profile: Literal["none", "fast"] = Field(
        "none",
        description="`fast` for small texts, such as dictation: Haiku without thinking, over a "
        "connection that is kept open, for every request that none of `rules` is for.",
    )
    rules: RoutingRules = Field(
        (),
        description="Which requests get which model, effort, backend, sign-in, price limit or "
        "computer use; in the file, `[[rules]]` tables at its end.",
    )
    drain_seconds: float = Field(
        5.0,
        ge=0,
        le=600,
        description="Seconds for active requests to finish when the server stops.",
    )
    upstream_silence_seconds: float = Field(
        600.0, gt=0, description="Timeout for a silent connection to Claude, in seconds."
    )
    keep_alive_seconds: float = Field(
        10.0, gt=0, description="Send a keep-alive after this many silent seconds."
    )
    retries: int = Field(
        2, ge=0, le=10, description="How many times to retry a failed request to Claude."
    )
    retry_seconds: float = Field(
        15.0,
        ge=0,
        le=600,
        description="Longest total wait between retries of a request, in seconds.",
    )
    fallback: Steps = Field(
        (),
        description="Backends and models to try in turn after a failure, each perhaps for some "
        "reasons only, such as `anthropic:work when limited`; a notice says so.",
    )
    fallback_backend: Literal["none", "anthropic", "claude-code"] = Field(
        "none", description="A chain of one backend, while `fallback` is empty."
    )
    fallback_model: str = Field(
        "none", description="A chain of one model, or its second step, while `fallback` is empty."
    )
    clouds: CloudTables = Field(
        {},
        description="Claude on Amazon Bedrock, Google Vertex AI or Microsoft Foundry, behind the "
        "Anthropic API keys, as tables; see docs/clouds.md.",
    )
    extra_usage: ExtraUsageSetting = Field(
        "ask",
        description="When a plan is used up and going on would cost money: `ask` refuses requests "
        "until you agree, `allow` goes on, `refuse` waits for the reset.",
    )
    budgets: BudgetTables = Field(
        (),
        description="Limits for what requests cost in a day or a month, as tables; see "
        "docs/budgets.md.",
    )
    allowed_hosts: Names = Field(
        (), description="Extra host names to accept, such as `host.docker.internal`."
    )
    allowed_origins: Names = Field(
        (), description="Web origins that may call the bridge; `*` matches any characters."
    )
    header_seconds: float = Field(
        20.0, gt=0, description="Timeout for request headers, in seconds."
    )
    body_seconds: float = Field(
        30.0, gt=0, description="Timeout for a request body that stops arriving, in seconds."
    )
    idle_write_seconds: float = Field(
        120.0,
        gt=0,
        description="Close a connection whose client reads nothing for this many seconds.",
    )
    max_streams: int = Field(64, ge=1, description="Maximum number of concurrent answers.")
    max_body_mb: int = Field(64, ge=1, le=1024, description="Largest request body, in megabytes.")
    max_bodies_mb: int = Field(
        256,
        ge=1,
        description="Memory for the bodies of all requests together, in megabytes; "
        "at least four times `max_body_mb`.",
    )
    claude_cli: str = Field(
        "bundled", description="Path of the `claude` program; `bundled` is the one in the SDK."
    )
    claude_spares: int = Field(
        1,
        ge=0,
        le=8,
        description="Claude Code processes to start in advance while that backend is active; up to "
        "4 while requests use them up, and none while memory is short.",
    )
    claude_processes: int = Field(
        12,
        ge=1,
        le=64,
        description="Claude Code processes at the same time, about 130 MB each; further requests "
        "wait for one to end.",
    )
    claude_live_sessions: int = Field(
        3,
        ge=0,
        le=16,
        description="Claude Code processes of `claude_processes` to keep for the next turn of "
        "their conversation, five minutes at most; 0 keeps none.",
    )
    thinking_days: float = Field(
        0.0,
        ge=0,
        le=365,
        description="Days to store Claude's turns with thinking on disk; 0: in memory only.",
    )
    embeddings: Literal["local", "upstream", "none"] = Field(
        "local", description="Source of `/v1/embeddings`: `local`, `upstream` or `none`."
    )
    embedding_model: str = Field(
        BUILTIN_EMBEDDING_MODEL,
        min_length=1,
        description="The built-in model, a model2vec model on the Hugging Face hub such as "
        "`minishlab/potion-retrieval-32M` (130 MB), or its folder; for `upstream`, a model of that "
        "service.",
    )
    embedding_url: str = Field(
        "none", description="Base URL for `upstream`, such as `http://127.0.0.1:11434/v1`."
    )
    embedding_service: Literal["auto", "openai", "compatible", "voyage"] = Field(
        "auto", description="API of that service: `auto`, `openai`, `compatible` or `voyage`."
    )
    response_days: float = Field(
        30.0,
        ge=0,
        le=365,
        description="Days to store responses sent with `store: true`; 0: in memory only.",
    )
    computer_format: Literal["jpeg", "png", "webp"] = Field(
        "jpeg", description="Screenshot format: `jpeg`, `png` or `webp`."
    )
    computer_monitor: int = Field(
        0, ge=0, description="Monitor that Claude uses; 0 is the main one."
    )
    computer_approval_seconds: float = Field(
        60.0, gt=0, le=600, description="Seconds before an unanswered approval is denied."
    )
    computer_max_steps: int = Field(
        50, ge=1, le=1000, description="Maximum number of turns of one computer task."
    )
    computer_max_minutes: float = Field(
        15.0, gt=0, le=120, description="Maximum minutes of one computer task."
    )
    computer_max_dollars: float = Field(
        2.0, gt=0, description="Maximum cost of one computer task, in dollars at list prices."
    )
    computer_stop_key: str = Field(
        "ctrl+alt+Escape",
        description="Key that stops computer use from any window; `none` disables it.",
    )
    computer_log: Literal["off", "actions", "thumbnails"] = Field(
        "actions",
        description="What to log to disk for each action: `off`, `actions` or `thumbnails`.",
    )
    log_level: LogLevel = Field(
        "INFO", description="Log level: `DEBUG`, `INFO`, `WARNING` or `ERROR`."
    )
    log_format: Literal["text", "json"] = Field("text", description="Log format: `text` or `json`.")
    log_content: bool = Field(False, description="Allow message text in logged exceptions.")

    @property
    def fallback_steps(self) -> tuple[str, ...]:
        """The chain of fallbacks: the one that is set, or that of the two older settings."""
        backend = () if self.fallback_backend == "none" else (self.fallback_backend,)
        model = () if self.fallback_model == "none" else (f"model:{self.fallback_model}",)
        return self.fallback or (*backend, *model)

    @property
    def sign_in_names(self) -> tuple[str, ...]:
        """The sign-ins of Claude Code; `default` is its own."""
        return ("default", *self.sign_ins)

    @field_validator("computer_stop_key")
    @classmethod
    def _check_stop_key(cls, name: str) -> str:
        if name != "none" and name.count("+") not in (1, 2, 3):
            raise ValueError(
                "must be a key with one to three modifiers, such as ctrl+alt+Escape, or none"
            )
        return name

    @model_validator(mode="after")
    def _check_sign_in(self) -> Self:
        check_sign_in_names(self.sign_in, self.sign_in_names, self.rules, self.fallback_steps)
        return self

    @field_validator("host")
    @classmethod
    def _check_address(cls, host: str) -> str:
        # A name may resolve to several addresses; the bridge listens on one.
        if host != "localhost":
            ipaddress.ip_address(host)
        return host

    @field_validator("host", mode="before")
    @classmethod
    def _remove_brackets(cls, host: Any) -> Any:
        # People copy IPv6 addresses from URLs, where they stand in brackets.
        return remove_brackets(host) if isinstance(host, str) else host

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources in order of precedence: flags, the environment, the file."""
        # No `.env`: whatever folder a command is started in must not change its settings.
        file = InitSettingsSource(settings_cls, init_kwargs=_read_file(find_paths().config_file))
        return init_settings, env_settings, file


def load_settings(**flags: Any) -> Settings:
    """Load the settings from flags (None: not used), the environment and the file.

    Raises SettingsError, which names the setting, where it was set, and the problem.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError(_explain_problems(error, given)) from error


def format_default(value: object) -> str:
    """Return a default as written in `config.toml`, without quotation marks."""
    # JSON and TOML write numbers, booleans and lists of strings alike.
    return value if isinstance(value, str) else json.dumps(value)


def is_loopback(host: str) -> bool:
    """Return whether only this computer can reach the address."""
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def _read_file(path: Path) -> dict[str, Any]:
    # All failures are fatal, because defaults could allow access that the file denies.
    text = read_text(path)
    try:
        return tomllib.loads(text or "")
    # A recursion error: brackets nested without end.
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"cannot read {path}: {error}") from error


def _explain_problems(error: ValidationError, flags: dict[str, Any]) -> str:
    return "; ".join(
        f"setting {_find_place(problem['loc'], flags)}: {_explain_problem(problem)}"
        for problem in error.errors(include_url=False)
    )


def _explain_problem(problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1:
        near = get_close_matches(str(problem["loc"][0]), Settings.model_fields, n=1)
        return f"there is no such setting{f'. Did you mean `{near[0]}`?' if near else ''}"
    # pydantic's messages begin with a capital letter; here they continue a sentence.
    return f"{problem['msg'][0].lower()}{problem['msg'][1:]}"


def _find_place(location: tuple[int | str, ...], flags: dict[str, Any]) -> str:
    """Return where a value was set: the setting, and in a list of tables which one and its field.

    Such as "`budgets` in config.toml, entry 2, dollars".
    """
    name, *inner = location or ("?",)
    parts = [f"entry {part + 1}" if isinstance(part, int) else part for part in inner]
    return ", ".join((_find_origin(str(name), flags), *parts))


def _find_origin(name: str, flags: dict[str, Any]) -> str:
    """Return where a setting was set, as the user knows it."""
    if name in flags:
        return f"--{name.replace('_', '-')}"
    variable = ENV_PREFIX + name.upper()
    if variable in os.environ:
        return variable
    return f"`{name}` in {find_paths().config_file}"
