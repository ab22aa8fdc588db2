"""Windows of known programs. They are made after documented structures, not recorded."""

from __future__ import annotations

from bridge.computer.screen.geometry import Point
from tests.computer.elements.walking.fake_tree import Thing

URL = "https://shop.example/login"
PAY = Point(130, 330)


def make_notepad() -> Thing:
    """A window with a menu bar and one large text, as Notepad and TextEdit have them."""
    return Thing(
        "window", "Untitled", (0, 0, 800, 600),
        Thing("group", "", (0, 0, 800, 20),
              Thing("menu item", "File", (0, 0, 60, 20)),
              Thing("menu item", "Edit", (60, 0, 60, 20))),
        Thing("field", "Text editor", (0, 20, 800, 560), value="Dear all",
              states=("editable", "multi-line")),
    )  # fmt: skip


def make_browser() -> Thing:
    """A browser with an address bar, and a page with a form for a password and a card."""
    pay = Thing("button", "Pay", (100, 320, 80, 30), Thing("text", "Pay", (110, 325, 60, 20)),
                states=("default",))  # fmt: skip
    form = Thing(
        "group", "", (80, 100, 400, 300),
        Thing("field", "Card number", (100, 120, 200, 20), value="4111", states=("editable",)),
        Thing("password field", "Password", (100, 160, 200, 20), value="secret",
              states=("editable",)),
        Thing("check box", "Remember me", (100, 200, 200, 20)),
        pay, is_form=True, default=pay,
    )  # fmt: skip
    page = Thing(
        "document", "Log in", (0, 60, 800, 540),
        Thing("heading", "Log in", (80, 70, 200, 20)),
        form,
        Thing("group", "", (500, 100, 200, 100),
              Thing("text", "Cookies", (510, 110, 80, 20)), offers=("click",)),
        Thing("image", "", (500, 300, 200, 200)),
        Thing("link", "Imprint", (80, 900, 60, 20), states=("off screen",),
              offers=("press", "scroll")),
        address=URL, is_page=True, clips=True,
    )  # fmt: skip
    return Thing(
        "window", "Log in – Browser", (0, 0, 800, 600),
        Thing("group", "", (0, 0, 800, 60),
              Thing("button", "Back", (0, 0, 40, 40)),
              Thing("address bar", "Address", (50, 10, 600, 30), value="shop.example",
                    states=("editable",))),
        page,
    )  # fmt: skip


def make_save_dialog() -> Thing:
    """A window with the dialog to save in it: a dialog of Windows, or a sheet of macOS."""
    replace = Thing("button", "Replace", (200, 260, 80, 30))
    dialog = Thing(
        "dialog", "Confirm Save As", (100, 100, 400, 200),
        Thing("text", "report.txt already exists.", (110, 120, 300, 20)),
        Thing("text", "Do you want to replace it?", (110, 150, 300, 20)),
        Thing("combo box", "File type", (110, 180, 200, 20)),
        replace,
        Thing("button", "Cancel", (300, 260, 80, 30), default=None),
        default=replace,
    )  # fmt: skip
    dialog.find("Cancel").parent = dialog
    return Thing("window", "Editor", (0, 0, 800, 600), dialog)


def make_files() -> Thing:
    """A file manager with a tree and a list, as Explorer and Finder have them."""
    rows = [
        Thing("list item", f"file{number}.txt", (200, 40 + 20 * number, 400, 20),
              Thing("text", f"file{number}.txt", (205, 40 + 20 * number, 100, 20)))
        for number in range(40)
    ]  # fmt: skip
    return Thing(
        "window", "Documents", (0, 0, 800, 600),
        Thing("tree", "", (0, 40, 200, 500), Thing("list item", "Desktop", (0, 40, 200, 20))),
        Thing("list", "Files", (200, 40, 600, 400), *rows, clips=True),
        Thing("slider", "Size", (600, 560, 100, 20), value=3.0),
    )  # fmt: skip
