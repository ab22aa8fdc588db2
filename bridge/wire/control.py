"""Request and response types of `/control/…`, which changes the running server."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from bridge.wire.computer import ComputerSwitchPatch
from bridge.wire.computer_status import ComputerSwitch
from bridge.wire.health import BackendSetting
from bridge.wire.usage import Agreement


class Switches(BaseModel):
    """Settings that can change while the server runs."""

    model: str
    backend: BackendSetting
    sign_in: str = Field("default", description="The sign-in of Claude Code that is used.")
    use_for_everything: bool = Field(
        False, description="Use `model` even when a client requests a different Claude model."
    )
    paused: bool = Field(False, description="Refuse requests until resumed.")


class SwitchesState(Switches):
    """The current value of all switches."""

    computer: ComputerSwitch


class SwitchesPatch(BaseModel):
    """`POST /control/switches`: the switches to change; the others stay as they are."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(None, min_length=1)
    backend: BackendSetting | None = None
    sign_in: str | None = None
    computer: ComputerSwitchPatch | None = None
    use_for_everything: StrictBool | None = None
    paused: StrictBool | None = None


class NewKey(BaseModel):
    """`POST /control/keys`: a key to save; it replaces a key with the same name."""

    model_config = ConfigDict(extra="forbid")

    owner: Literal["anthropic", "bridge", "embeddings"]
    name: str = Field("default", min_length=1, max_length=60, description="A label for the key.")
    # Not in `repr`, so that no log or error shows it.
    secret: str = Field(min_length=1, max_length=4096, repr=False)


class SavedKey(BaseModel):
    """Where the key was saved; the key itself is never returned."""

    kept_in: str = Field(description="The system's keyring, or the file used instead of it.")
    anthropic: int = Field(description="Number of Anthropic API keys.")
    bridge: int = Field(description="Number of access keys; if there are any, clients need one.")
    check: Literal["accepted", "unchecked"] = Field(
        description="Whether Anthropic accepted the key; `unchecked` if it could not be asked."
    )
    words: str = Field(description="The result of the check, for the user.")
    problem: str | None = Field(
        None, description="Why the key could not be checked: `offline`, or a phrase."
    )


class KeyOfOwner(BaseModel):
    """`POST /control/keys/remove`: which key to remove."""

    model_config = ConfigDict(extra="forbid")

    owner: Literal["anthropic", "bridge", "cloud", "embeddings"]
    # As long as any that `claude-bridge key set` accepts.
    name: str = Field(max_length=1000, description="The label of the key.")


class ListedKey(KeyOfOwner):
    """A saved key, by its label; the key itself is never returned."""

    hint: str = Field(description="The last characters: enough to recognize the key.")
    computer: bool = Field(
        description="Whether it is an access key that allows computer use without asking."
    )


class SavedKeys(BaseModel):
    """`/control/keys`: the saved keys of each owner."""

    keys: list[ListedKey]
    environment: list[str] = Field(
        description="Variables of the bridge's environment with a credential for Anthropic."
    )


class SignInAccount(BaseModel):
    """A sign-in of Claude Code, as Claude Code reports it."""

    name: str = Field(description="Its name; `default`, or one of the setting `sign_ins`.")
    active: bool = Field(description="Whether requests use it.")
    state: Literal["signed_in", "signed_out", "unknown"]
    email: str | None = Field(description="The account, if Claude Code names it.")
    plan: str | None = Field(description="Claude Code's name of the plan, such as `max`.")
    words: str = Field(description="The state, for the user.")
    locked: str | None = Field(description="Why it cannot be ended here.")


class SignInAccounts(BaseModel):
    """`/control/sign-ins`: all sign-ins of Claude Code."""

    sign_ins: list[SignInAccount]


class SignOutOfClaude(BaseModel):
    """`POST /control/logout`: which sign-in of Claude Code to end."""

    model_config = ConfigDict(extra="forbid")

    sign_in: str | None = Field(None, description="Its name; null means the one in use.")


class AliasChange(BaseModel):
    """`POST /control/model-aliases`: a name of the user's own to save or to remove."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="The name that clients send as `model`.")
    # No default, so that a body without it removes nothing.
    model: str | None = Field(
        description="The model that the name stands for, in any spelling; null removes the name."
    )


class ModelAlias(BaseModel):
    """A name of the user's own for a model."""

    name: str
    model: str = Field(description="What the name stands for, as it was entered.")
    answers: str | None = Field(description="The model that answers now; null if none does.")
    problem: str | None = Field(description="Why no model answers.")
    saved: bool = Field(description="Whether it was saved here; a saved name wins.")
    setting: str | None = Field(
        description="What the setting `model_aliases` has for the name; changed only there."
    )


class ModelAliases(BaseModel):
    """`/control/model-aliases`: all names of the user's own, by name."""

    aliases: list[ModelAlias]


class SignInStep(BaseModel):
    """`POST /control/login`: starts the sign-in; with a code, continues it."""

    model_config = ConfigDict(extra="forbid")

    # One line without control characters: it is written to Claude Code's standard input.
    code: str | None = Field(
        None,
        max_length=2048,
        pattern=r"^[!-~]+$",
        description="The code that the sign-in page shows.",
    )
    sign_in: str | None = Field(
        None, description="The name of the sign-in to begin; null means the one in use."
    )


class SignInStatus(BaseModel):
    """The state of the sign-in, which Claude Code itself performs."""

    state: Literal["waiting", "signed_in", "failed", "cancelled"]
    url: str | None = Field(None, description="The page to continue on, while it waits.")
    words: str = Field(description="What to do, or what went wrong.")


PAGE_PATTERN = r"^/(setup|inspect)?(\?[\w=&.-]*)?(#[\w=&.-]*)?$"
"""The dashboard, the set-up page or that of the recorder, and a place in it."""


class Challenge(BaseModel):
    """`POST /proof`: what the proof is to be made for."""

    model_config = ConfigDict(extra="forbid")

    # 128 bits at least. No `|`, so that the parts of the proved message cannot be confused.
    nonce: str = Field(
        pattern=r"^[A-Za-z0-9_-]{22,128}$", description="Random, and never used again."
    )


class _PageBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    page: str = Field(
        "/", max_length=200, pattern=PAGE_PATTERN, description="`/`, `/setup` or `/inspect`."
    )


class NewTicket(_PageBody):
    """`POST /control/tickets`: which page the ticket is for."""


class NewRedirectFile(_PageBody):
    """`POST /control/pages`: which page to open, in which browser."""

    snap: str | None = Field(
        None, max_length=40, description="Name of the snap, if the browser is from one."
    )


class Ticket(BaseModel):
    """A ticket from `POST /control/tickets`: valid once, for a short time."""

    model_config = ConfigDict(extra="forbid")

    ticket: str = Field(min_length=1, max_length=200)
    page: str = Field("/", max_length=200, description="Path of the page it was created for.")


class NewCode(BaseModel):
    """`POST /control/codes`: an empty object; a code is for any page of the bridge."""

    model_config = ConfigDict(extra="forbid")


class UnlockCode(BaseModel):
    """`POST /control/codes/redeem`: a code from `POST /control/codes`, as the user typed it."""

    model_config = ConfigDict(extra="forbid")

    # Not in `repr`, so that no log or error shows it.
    code: str = Field(min_length=1, max_length=40, repr=False)


class Redeemed(BaseModel):
    """`POST /control/tickets/redeem` and `/control/codes/redeem`: a session for the page."""

    token: str = Field(
        repr=False,
        description="Accepted like the control token, until the page signs out or the server ends.",
    )


class ExtraUsageChoice(BaseModel):
    """`POST /control/extra-usage`: what the user agrees to."""

    model_config = ConfigDict(extra="forbid")

    agreement: Agreement = Field(
        description="`window`: until the plan resets; `always`; `no`: not any more."
    )
    account: str | None = Field(
        None,
        max_length=200,
        description="The sign-in whose plan it is about; null means the one that is refused, and "
        "for `no` every one.",
    )


class KeysReloaded(BaseModel):
    """`POST /control/reload`: the number of keys after reading them again."""

    anthropic: int = Field(description="Number of Anthropic API keys.")
    bridge: int = Field(description="Number of access keys; if there are any, clients need one.")


class StopAccepted(BaseModel):
    """`POST /control/stop` and `/control/restart` (202): open answers are finished first."""

    stopping: Literal[True] = True
    open_streams: int
    drain_seconds: float = Field(description="Seconds that open answers have to finish.")


class DeletionRequest(BaseModel):
    """`POST /control/forget`: exactly one of `all`, `older_than_days` and `id`."""

    model_config = ConfigDict(extra="forbid")

    all: Literal[True] | None = Field(None, description="Everything with content, and the log.")
    older_than_days: float | None = Field(None, ge=0, le=36_500, allow_inf_nan=False)
    id: str | None = Field(
        None,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="The id of a response or a tool call.",
    )
    usage: bool = Field(
        False, description="With `all`: the usage records, too. They have no content."
    )

    @model_validator(mode="after")
    def _check_choice(self) -> DeletionRequest:
        chosen = [self.all, self.older_than_days, self.id]
        if sum(choice is not None for choice in chosen) != 1:
            raise ValueError("send one of all, older_than_days and id")
        if self.usage and self.all is None:
            raise ValueError("usage needs all")
        return self


class DeletionReport(BaseModel):
    """What was deleted, from memory and disk, and what could not be."""

    responses: int
    thinking: int = Field(description="Turns with Claude's thinking.")
    actions: int = Field(description="Lines of the log of computer use.")
    damaged_files: int = Field(description="Damaged files that were renamed.")
    usage: int = Field(description="Usage records.")
    log: bool = Field(description="Whether the log was emptied.")
    failures: list[str] = Field(description="What could not be deleted, and why.")


class StoredContent(BaseModel):
    """`GET /control/stored`: what is in memory and on disk now."""

    responses_in_memory: int
    responses_on_disk: int
    thinking_in_memory: int
    thinking_on_disk: int
    actions_bytes: int = Field(description="Size of the log of computer use.")
    damaged_files: list[str] = Field(description="Names of damaged files that were renamed.")
    folder: str = Field(description="The folder of these files.")


class LogLine(BaseModel):
    """A line of the log, without the details of an exception."""

    at: str = Field(description="Local time; with the log as JSON, UTC.")
    level: str
    logger: str
    message: str


class LogTail(BaseModel):
    """`GET /control/log`: the end of the log, the oldest line first."""

    file: str = Field(description="The whole log.")
    hidden: bool = Field(
        description="The setting `log_content` lets the log quote messages, so no line is here."
    )
    lines: list[LogLine]


class Root(BaseModel):
    """`GET /` without a browser: the addresses of the main endpoints."""

    name: Literal["claude-openai-bridge"]
    version: str
    base_url: str = Field(description="Base URL for OpenAI clients.")
    health: str
    openapi: str
    docs: str


class ConnectionChange(BaseModel):
    """`POST /control/connections`: connect a program, or undo it."""

    model_config = ConfigDict(extra="forbid")

    program: str = Field(description="Its name, as `GET /control/connections` lists it.")
    model: str | None = Field(
        default=None, description="The model that it should send; `default` without one."
    )
    undo: bool = Field(default=False, description="Whether to give back its files as they were.")


class ProofChange(BaseModel):
    """`POST /control/connections/proof`: what a command knows of a program's proof."""

    model_config = ConfigDict(extra="forbid")

    program: str = Field(description="Its name, as `GET /control/connections` lists it.")
    version: str | None = Field(
        default=None,
        max_length=40,
        pattern=r"^\d[0-9A-Za-z.+-]*$",
        description="The version of the program that has asked; without one, its proof is "
        "forgotten.",
    )
