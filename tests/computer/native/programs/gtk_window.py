"""A GTK 3 text view; it writes its text to a file whenever it changes.

gtk_window.py FILE TITLE X Y WIDTH HEIGHT
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402  # after its version was chosen


def main(path: Path, title: str, area: list[int]) -> None:
    window = Gtk.Window(title=title)
    window.move(*area[:2])
    window.resize(*area[2:])
    view = Gtk.TextView()
    window.add(view)
    window.connect("destroy", Gtk.main_quit)
    with path.open("a", encoding="utf-8", buffering=1) as out:

        def say(buffer: Any) -> None:
            text = buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), True)
            out.write(json.dumps({"kind": "text", "text": text}) + "\n")

        view.get_buffer().connect("changed", say)
        window.connect("map-event", lambda *_: say(view.get_buffer()))
        window.show_all()
        Gtk.main()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], [int(number) for number in sys.argv[3:]])
