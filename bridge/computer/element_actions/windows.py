"""Find the window that a caller names; windows on the never list cannot be named."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.computer.desktop import Window
from bridge.computer.element_actions.quoting import quote
from bridge.computer.matching.names import has_name_part, is_name
from bridge.computer.matching.windows import find_word
from bridge.errors import InvalidRequest

_MOST_CANDIDATES = 8


def make_window_id(window: Window) -> str:
    return f"w{window.id.number}"


def list_nameable(windows: Sequence[Window], never: Sequence[str]) -> list[Window]:
    """List the windows that have a title and are not on the never list, the topmost first."""
    return [window for window in windows if window.title and find_word(never, window) is None]


def find_window(name: str | None, windows: Sequence[Window], never: Sequence[str]) -> Window:
    """Find a window by its id, its title or a part of that; without a name, the active one.

    The active window may be on the never list. Raises InvalidRequest, with the candidates.
    """
    if name is None:
        return _find_active(windows)
    nameable = list_nameable(windows, never)
    for fitting in (
        [window for window in nameable if make_window_id(window) == name],
        [window for window in nameable if is_name(window.title, name)],
        [window for window in nameable if has_name_part(window.title, name)],
    ):
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise _explain_candidates(f"{len(fitting)} windows fit {quote(name)}", fitting)
    raise _explain_candidates(f"There is no window {quote(name)}", nameable)


def _find_active(windows: Sequence[Window]) -> Window:
    active = next((window for window in windows if window.active), None)
    if active is None:
        raise InvalidRequest("No window has the keyboard: name one.", param="window")
    return active


def _explain_candidates(problem: str, windows: Sequence[Window]) -> InvalidRequest:
    listed = [
        f"{make_window_id(window)} {quote(window.title)}" for window in windows[:_MOST_CANDIDATES]
    ]
    return InvalidRequest(f"{problem}; windows: {'; '.join(listed) or 'none'}.", param="window")
