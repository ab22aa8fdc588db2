"""Indent an answer like the line next to it, while the answer streams."""


def find_indent(line: str) -> str:
    """Return the spaces and tabs that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


class Indenter:
    """Filter that indents each line that has text, unless the first one is indented already."""

    # Inputs: `feed` with pieces cut anywhere. Output: the same text, with `indent` before the first
    # character of each line. An empty line gets nothing, so the indentation waits for that
    # character.

    def __init__(self, indent: str) -> None:
        """Indent with `indent`, which may be empty."""
        self._indent = indent
        self._at_line_start = True
        self._has_started = False

    def feed(self, piece: str) -> str:
        """Return `piece` with its indentation."""
        if not self._has_started and piece.strip("\r\n"):
            self._has_started = True
            # Claude has seen the text around, and indents code as it belongs there.
            if piece.strip("\r\n")[0] in " \t":
                self._indent = ""
        if not self._indent:
            return piece
        return "\n".join(map(self._indent_part, piece.split("\n"), range(piece.count("\n") + 1)))

    def _indent_part(self, part: str, index: int) -> str:
        """Return a line, or a part of it; `index` is 0 for the rest of the line before."""
        self._at_line_start = self._at_line_start or index > 0
        if not (self._at_line_start and part.strip("\r")):
            return part
        self._at_line_start = False
        return self._indent + part
