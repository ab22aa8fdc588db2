"""What a row says about a program. It loads no library: the server reads the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bridge.connect.data import Change
from bridge.connect.formats import FormatName

PROVIDER = "claude-bridge"
"""The name of the bridge in the programs' files."""
TITLE = "Claude Bridge"
PROGRAM_HEADER = "x-bridge-program"
"""The header with a program's name, where its key and its User-Agent do not tell it."""
KEY_VARIABLE = "CLAUDE_BRIDGE_KEY"
"""The environment variable that files name instead of the access key."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """What a program must know of the bridge."""

    base_url: str
    """Such as `http://localhost:8000/v1`."""
    model: str
    key: str
    """The access key, or any word if the bridge has none."""
    has_access_key: bool = False

    def refer_to_key(self, reference: str) -> str:
        """Return the program's reference to KEY_VARIABLE, or the key if it is only a word."""
        return reference if self.has_access_key else self.key

    @property
    def root(self) -> str:
        """The base URL of Anthropic's clients."""
        return self.base_url.removesuffix("/v1")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file or folder is; `{config}` and `{appdata}` are the system's folders."""

    linux: str
    macos: str = ""
    """Empty if it is the same as on Linux."""
    windows: str = ""
    """`-` if there is none."""
    variable: str = ""
    """The variable that names the folder of the file, if it is set."""

    @property
    def is_relative(self) -> bool:
        """Whether it is in the current folder."""
        return not self.linux.startswith(("~", "{", "/"))


@dataclass(frozen=True, slots=True)
class Target:
    """A file to write, and what."""

    place: Place
    format: FormatName
    build: Callable[[Bridge], tuple[Change, ...]]
    others: tuple[Place, ...] = ()
    """Other names of the file; the first one that exists is used."""
    shell_name: str = ""
    """The shell whose start-up file it is; written only if it is the user's."""
    has_key: bool = True
    """Whether one of the values is the access key, if the bridge has one."""


SEEN = "a streamed request with a tool call; connected, and undone byte for byte"
"""What is seen of most programs, for `Row.proved`."""
SURVIVES = "; it survives all that prove plays"
"""What `claude-bridge prove` shows of many."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row's facts come from."""

    kind: Literal["program", "source", "documentation", "unchecked"]
    """`program`: it was run with these values. `source`: they were read in its source text.
    `documentation`: a page describes them. `unchecked`: they were not compared with the program,
    which is no reason to write a file."""
    name: str
    """The package, the repository or the page."""
    version: str = ""
    """The version that was checked; empty for pages."""
    checked: str = "2026-11-30"


@dataclass(frozen=True, slots=True)
class Dialog:
    """What to fill in by hand: the labels as the row's source has them, for a drawing."""

    title: str
    """The way to it."""
    fields: tuple[tuple[str, str], ...]
    """Labels and what to enter."""
    button: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One program."""

    name: str
    """What `claude-bridge connect` calls it."""
    title: str
    steps: str
    """Where to configure it by hand, in one sentence; `{key}` is the key."""
    source: Source
    snippet: str = ""
    """What to paste there, if it is not the content of the file: see `Bridge`."""
    language: str = ""
    """Of the snippet, for the documentation."""
    note: str = ""
    dialog: Dialog | None = None
    """The dialog of a program whose settings are entered by hand, as its source describes it."""
    sends: str = ""
    """The endpoints that it uses, and what is odd about its requests."""
    proved: str = ""
    """What was seen with the program itself, in the version of `source`."""
    start: str = ""
    """What to do after it is connected."""
    variable: str = ""
    """The environment variable from which it reads an access key; empty if the key must be
    written."""
    targets: tuple[Target, ...] = ()
    """Empty if its settings cannot be written, or are not known well enough."""
    commands: tuple[str, ...] = ()
    """Its programs on PATH."""
    folders: tuple[Place, ...] = ()
    """Folders that it makes."""
    bundles: tuple[str, ...] = ()
    """Its apps on macOS."""
    extensions: tuple[str, ...] = ()
    """The beginnings of its folders among the extensions of VS Code."""
    agents: tuple[str, ...] = ()
    """Patterns of the names that it sends as User-Agent, without versions."""
    sends_name: bool = False
    """Whether its file has the header with its name, if its key is the access key."""
    is_program: bool = True
    """Whether it is one program, which the bridge can recognize by its key."""
    ask: tuple[str, ...] = ()
    """The command line that makes one request; `{prompt}` is the question."""

    @property
    def is_for_folder(self) -> bool:
        """Whether its files are in the current folder, so that there are as many as folders."""
        return any(target.place.is_relative for target in self.targets)

    @property
    def is_known_by_agent(self) -> bool:
        """Whether the bridge can recognize it also if it sends the access key."""
        return self.is_program and (self.sends_name or bool(self.agents))

    @property
    def key_word(self) -> str:
        """The key that tells the bridge which program asks, if it has no access key."""
        return f"{PROVIDER}-{self.name}" if self.is_program else "any"


def shell_targets(build: Callable[[Bridge], tuple[Change, ...]]) -> tuple[Target, ...]:
    """Return the start-up file of each shell; only that of the user's shell is written."""
    return (
        Target(Place("~/.bashrc", windows="-"), "shell", build, shell_name="bash"),
        Target(
            Place("~/.zshrc", windows="-", variable="ZDOTDIR"), "shell", build, shell_name="zsh"
        ),
        Target(
            Place("{config}/fish/conf.d/claude-bridge.fish", windows="-"),
            "fish",
            build,
            shell_name="fish",
        ),
    )
