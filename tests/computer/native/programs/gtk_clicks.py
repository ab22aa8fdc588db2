"""An empty GTK 3 window; it writes where it is clicked to a file.

gtk_clicks.py FILE TITLE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402  # after their versions were chosen


def main(path: Path, title: str) -> None:
    window = Gtk.Window(title=title)
    window.add_events(Gdk.EventMask.BUTTON_PRESS_MASK)
    window.connect("destroy", Gtk.main_quit)
    with path.open("a", encoding="utf-8", buffering=1) as out:

        def note_click(_: Any, event: Any) -> None:
            out.write(json.dumps({"x": round(event.x), "y": round(event.y)}) + "\n")

        window.connect("button-press-event", note_click)
        window.show_all()
        Gtk.main()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
