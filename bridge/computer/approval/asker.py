"""Who asks for computer use, and which of the user's programs may."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.computer.approval.visible_text import make_label

PATH_LENGTH = 300
CLAIM_LENGTH = 100
_INTERPRETER = re.compile(
    r"(python|pypy|node|deno|bun|ruby|perl|php|java|javaw|bash|dash|zsh|fish|sh|busybox|lua|"
    r"pwsh|powershell|osascript)[\d.w-]*(\.exe)?",
    re.IGNORECASE,
)
"""Programs that run other programs in their own process."""


@dataclass(frozen=True, slots=True)
class Asker:
    """The program that asks, as the system names it.

    `identity` is what an approval is remembered by: the program's path, the user, and the web page
    if there is one. None if the system does not name the program; then it cannot be remembered.
    """

    name: str
    """Short, for the tray: `curl`."""
    label: str
    """Whole: `curl (/usr/bin/curl, process 4711), which says it is “openai-python”`."""
    identity: tuple[str, ...] | None = None
    is_trusted: bool = False
    """It has the control token, or an access key for computer use."""

    @property
    def runs_other_programs(self) -> bool:
        """Whether an approval would also hold for other programs, such as all Python scripts."""
        return any(_INTERPRETER.fullmatch(_get_name(path)) for path in self.identity or ())


def build_asker(
    programs: Sequence[tuple[str, int]],
    user: str,
    *,
    claim: str = "",
    origin: str = "",
    credential: str = "",
) -> Asker:
    """Build the asker from what the system tells, and mark what it only says of itself.

    `programs`: path and process id of each process that has the connection. `claim`: the caller's
    own name for itself. `origin`: the page that a browser asks for. `credential`: the name of a
    credential that needs no approval.
    """
    paths = tuple(sorted({path for path, _ in programs if path}))
    is_known = bool(programs) and all(path for path, _ in programs)
    name = " and ".join(make_label(_get_name(path), 60) for path in paths) or "an unknown program"
    label = ", ".join(_describe_process(path, pid) for path, pid in programs) or name
    if origin:
        label += f", for the page {make_label(origin, CLAIM_LENGTH)}"
    if credential:
        label += f" with {credential}"
    if claim:
        label += f", which says it is “{make_label(claim, CLAIM_LENGTH)}”"
    identity = (user, *paths, *([origin] if origin else ())) if is_known else None
    return Asker(name, label, identity, bool(credential))


@dataclass(frozen=True, slots=True)
class AskerDecision:
    """The user's decision on a program."""

    id: str
    asker: Asker
    approved: bool


class Askers:
    """The user's decisions, kept until computer use is turned off."""

    def __init__(self) -> None:
        self._decisions: dict[tuple[str, ...], AskerDecision] = {}

    @property
    def decisions(self) -> list[AskerDecision]:
        """All decisions, the oldest first."""
        return list(self._decisions.values())

    def find(self, asker: Asker) -> AskerDecision | None:
        """Return the decision on this program, if there is one."""
        return None if asker.identity is None else self._decisions.get(asker.identity)

    def remember(self, asker: Asker, *, approved: bool) -> None:
        """Remember a decision of the user; one on an unknown program is not remembered."""
        if asker.identity is not None:
            id = f"asker_{uuid.uuid4().hex}"
            self._decisions[asker.identity] = AskerDecision(id, asker, approved)

    def forget(self, id: str) -> AskerDecision | None:
        """Forget a decision and return it, so that the program is asked about again."""
        for identity, decision in self._decisions.items():
            if decision.id == id:
                return self._decisions.pop(identity)
        return None

    def clear(self) -> None:
        """Forget all decisions."""
        self._decisions.clear()


def _get_name(path: str) -> str:
    return re.split(r"[/\\]", path)[-1]


def _describe_process(path: str, pid: int) -> str:
    if not path:
        return f"an unknown program (process {pid})"
    return f"{make_label(_get_name(path), 60)} ({make_label(path, PATH_LENGTH)}, process {pid})"
