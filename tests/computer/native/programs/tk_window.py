"""A Tk window for typing and clicking; it logs its events as JSON lines.

tk_window.py FILE TITLE GEOMETRY
"""

from __future__ import annotations

import json
import sys
import tkinter
from collections.abc import Callable
from pathlib import Path
from typing import Any

_EVENTS = {
    "<KeyPress>": "key_down",
    "<KeyRelease>": "key_up",
    "<ButtonPress>": "press",
    "<ButtonRelease>": "release",
    "<B1-Motion>": "drag",
}


def main(path: Path, title: str, geometry: str) -> None:
    window = tkinter.Tk()
    window.title(title)
    window.geometry(geometry)
    text = tkinter.Text(window, undo=True)
    text.pack(fill="both", expand=True)
    text.focus_force()
    window.wait_visibility(text)
    with path.open("a", encoding="utf-8", buffering=1) as out:

        def write_event(**event: Any) -> None:
            out.write(json.dumps(event) + "\n")

        for event, kind in _EVENTS.items():
            window.bind_all(event, _make_handler(kind, write_event), add="+")
        shown: list[str] = []

        def write_changes() -> None:
            now = text.get("1.0", "end-1c")
            if shown != [now]:
                shown[:] = [now]
                write_event(kind="text", text=now)
            window.after(15, write_changes)

        write_changes()
        window.mainloop()


def _make_handler(kind: str, write_event: Callable[..., None]) -> Callable[[Any], None]:
    def handle(event: Any) -> None:
        write_event(
            kind=kind,
            at=[event.x_root, event.y_root],
            button=event.num if isinstance(event.num, int) else None,
            key=getattr(event, "keysym", None),
            state=event.state if isinstance(event.state, int) else 0,
        )

    return handle


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
