"""Where an answer is inserted into the focused window, and how the caret gets there."""

from dataclasses import dataclass, replace
from typing import Optional

from ..core.indent import find_indent
from ..core.insertion import NO_FRAME, Frame
from ..core.plan import SELECTION_SOURCES, Plan
from ..desktop.keys import press_new_file, run_edit_action
from .sources import SourceReader

# Editors go to the first word of a line before they go to its start.
LINE_STARTS = ("line_end", "line_start", "line_start")


@dataclass(frozen=True)
class Location:
    """Where an answer is inserted, and what must be done before.

    `selected` is the text that must still be selected before the first insertion. `replaced` is
    what undo puts back. `leave_selection` and `line_edge` are edit actions that move the caret;
    with `line_edge`, the line's indentation is read first. `new_file` opens a new file.
    """

    frame: Frame = NO_FRAME
    selected: str = ""
    replaced: str = ""
    leave_selection: str = ""
    line_edge: tuple[str, ...] = ()
    new_file: bool = False

    @property
    def needs_move(self) -> bool:
        """Whether the caret must be moved before the first insertion."""
        return bool(self.leave_selection or self.line_edge or self.new_file)


def choose_location(plan: Plan, text: str) -> Location:
    """Return where a plan's answer goes; `text` is what was read from the source."""
    has_selection = plan.source in SELECTION_SOURCES
    if plan.destination == "replace":
        return Location(Frame(replacing=True), selected=text, replaced=text)
    if plan.destination == "new file":
        return Location(new_file=True)
    if plan.destination == "above":
        side = "left" if has_selection else ""
        return Location(Frame(after="\n"), leave_selection=side, line_edge=LINE_STARTS)
    side = "right" if has_selection else ""
    if plan.destination != "below":
        return Location(leave_selection=side)
    # A selection of whole lines ends on the next line, so the break goes after the answer.
    if has_selection and text.endswith("\n"):
        indent = find_indent(text.splitlines()[-1])
        return Location(Frame(after="\n", indent=indent), leave_selection=side)
    return Location(Frame(before="\n"), leave_selection=side, line_edge=("line_end",))


def choose_retry_location(plan: Plan, text: str, old: str, replaced: str) -> Location:
    """Return the place of the old answer, which is selected; undo puts `replaced` back."""
    frame = choose_location(plan, text).frame
    if plan.destination in ("above", "below"):
        frame = replace(frame, indent=find_indent(old.removeprefix(frame.before)))
    return Location(replace(frame, replacing=True), selected=old, replaced=replaced)


class CaretMover:
    """Move the caret to a location; when `done`, the line's `indent` is known."""

    # States: reading (a line is selected and copied, to read its indentation) and done. Locations
    # without `line_edge` are done at once.
    # Inputs: `advance` with the time, `cancel`, `end`. The clipboard is restored in every case.

    def __init__(self, location: Location) -> None:
        """Press the first keys."""
        self.indent: Optional[str] = None
        self._line_edge = location.line_edge
        self._reader: Optional[SourceReader] = None
        if location.new_file:
            press_new_file()
        if location.leave_selection:
            run_edit_action(location.leave_selection)
        if location.line_edge:
            self._reader = SourceReader("whole line")

    @property
    def done(self) -> bool:
        """Whether the caret is where the answer goes."""
        return self._reader is None

    def advance(self, now: float) -> None:
        """Move the caret to the line's edge, once the app has copied the line."""
        reader = self._reader
        if reader is None:
            return
        reader.advance(now)
        if reader.done:
            self._reader = None
            self.indent = find_indent(reader.text.split("\n")[0])
            for name in self._line_edge:
                run_edit_action(name)

    def cancel(self) -> None:
        """Deselect the line that is being read."""
        if self._reader is not None:
            run_edit_action("right")
        self.end()

    def end(self) -> None:
        """Restore the clipboard."""
        if self._reader is not None:
            self._reader.end()
            self._reader = None
