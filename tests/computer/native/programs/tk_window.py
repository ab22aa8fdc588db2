"""A Tk window for typing and clicking; it writes what happens to it, one JSON object a line.

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

        def say(**what: Any) -> None:
            out.write(json.dumps(what) + "\n")

        for event, kind in _EVENTS.items():
            window.bind_all(event, _teller(kind, say), add="+")
        shown: list[str] = []

        def look() -> None:
            now = text.get("1.0", "end-1c")
            if shown != [now]:
                shown[:] = [now]
                say(kind="text", text=now)
            window.after(15, look)

        look()
        window.mainloop()


def _teller(kind: str, say: Callable[..., None]) -> Callable[[Any], None]:
    def tell(event: Any) -> None:
        say(
            kind=kind,
            at=[event.x_root, event.y_root],
            button=event.num if isinstance(event.num, int) else None,
            key=getattr(event, "keysym", None),
            state=event.state if isinstance(event.state, int) else 0,
        )

    return tell


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
