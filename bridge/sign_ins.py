"""The names of the sign-ins of Claude Code, and where the settings may use them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from bridge.fallback import parse_step
from bridge.wire.routing.rule import RoutingRule

# A name is also that of a folder.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")


def check_folders(folders: dict[str, str]) -> dict[str, str]:
    """Return the folders by name. Raises ValueError with the reason."""
    for name, folder in folders.items():
        if name == "default" or not _NAME.fullmatch(name) or not folder.strip():
            raise ValueError(
                f"`{name}={folder}` must be a name in lower case, not `default`, and a folder"
            )
    return folders


def check_sign_in_names(
    sign_in: str, names: Collection[str], rules: Iterable[RoutingRule], steps: Iterable[str]
) -> None:
    """Raise ValueError if a setting names a sign-in that does not exist; `steps` of `fallback`."""
    used: Mapping[str, str | None] = {
        "sign_in": sign_in,
        **{f"rules: rule “{rule.name}”": rule.sign_in for rule in rules},
        **{
            f"fallback: `{text}`": step.key or None
            for text in steps
            if (step := parse_step(text)).backend == "claude-code"
        },
    }
    for place, name in used.items():
        if name is not None and name not in names:
            raise ValueError(f"{place}: `{name}` is not in the setting sign_ins")
