"""What may be changed in the running bridge (`/control/…`)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from bridge.wire.computer import ComputerSwitchPatch
from bridge.wire.computer_status import ComputerSwitch
from bridge.wire.health import BackendSetting


class Switches(BaseModel):
    """What may change while the server runs."""

    model: str
    backend: BackendSetting
    use_for_everything: bool = Field(
        False, description="Whether `model` also answers who asks for another Claude by name."
    )
    paused: bool = Field(False, description="Whether requests are refused until it is resumed.")


class SwitchesState(Switches):
    """All of them, as they are now."""

    computer: ComputerSwitch


class SwitchesPatch(BaseModel):
    """`POST /control/switches`: the switches to change; those left out stay."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(None, min_length=1)
    backend: BackendSetting | None = None
    computer: ComputerSwitchPatch | None = None
    use_for_everything: StrictBool | None = None
    paused: StrictBool | None = None


class NewKey(BaseModel):
    """`POST /control/keys`: a key to keep; one of the same name is replaced."""

    model_config = ConfigDict(extra="forbid")

    owner: Literal["anthropic", "bridge", "embeddings"]
    name: str = Field("default", min_length=1, max_length=60, description="Your word for it.")
    secret: str = Field(min_length=1, max_length=4096, repr=False)


class KeyKept(BaseModel):
    """What became of it; the key itself is never answered."""

    kept_in: str = Field(description="The system's keyring, or the file that stands in for it.")
    anthropic: int = Field(description="How many keys of Anthropic's there are.")
    bridge: int = Field(description="How many of the bridge's own; with any, a client needs one.")


class SignInStep(BaseModel):
    """`POST /control/login`: without a code it begins; with one it goes on."""

    model_config = ConfigDict(extra="forbid")

    code: str | None = Field(
        None, max_length=2048, pattern=r"^[!-~]+$", description="What the sign-in page shows."
    )


class SignInStatus(BaseModel):
    """How far the sign-in to Claude Code is; it is Claude Code's own."""

    state: Literal["waiting", "signed_in", "failed"]
    url: str | None = Field(None, description="Where to go on, while it waits.")
    words: str = Field(description="What to do, or what went wrong.")


class Ticket(BaseModel):
    """`POST /control/tickets`, and what `…/redeem` takes: good once, and not for long."""

    model_config = ConfigDict(extra="forbid")

    ticket: str = Field(min_length=1, max_length=200)


class Redeemed(BaseModel):
    """`POST /control/tickets/redeem`: the control token, for the page that was opened."""

    token: str = Field(repr=False)


class KeysReloaded(BaseModel):
    """`POST /control/reload`: the keys are read anew."""

    anthropic: int = Field(description="How many keys of Anthropic's there are.")
    bridge: int = Field(description="How many of the bridge's own; with any, a client needs one.")


class StopAccepted(BaseModel):
    """`POST /control/stop` (202): the server finishes its answers and exits."""

    stopping: Literal[True] = True
    open_streams: int


class Root(BaseModel):
    """`GET /` for a program: where everything is."""

    name: Literal["claude-openai-bridge"]
    version: str
    base_url: str = Field(description="What a client of OpenAI's takes as its base URL.")
    health: str
    openapi: str
    docs: str
