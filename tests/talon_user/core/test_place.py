"""Tests of what tells terminals and text fields apart."""

import itertools

import pytest

from bridge.computer.matching import terminals as computer_use
from talon_user.core import apps
from talon_user.core.place import Place, Signs, classify_place

TABLES = [apps.TERMINALS, apps.EDITORS_WITH_TERMINAL, apps.BROWSERS, apps.TEXT_APPS]


def classify(*names: str, title: str = "", element: str = "", tag: bool = False) -> Place:
    return classify_place(Signs(names, title, element, tag), "", "")


@pytest.mark.parametrize("name", sorted(computer_use.TERMINALS))
def test_what_computer_use_knows_as_a_terminal_is_one_here(name: str) -> None:
    assert classify(name) is Place.TERMINAL


@pytest.mark.parametrize("name", sorted(computer_use.EDITORS))
def test_what_computer_use_knows_as_an_editor_with_a_terminal_is_one_here(name: str) -> None:
    assert classify(name) is Place.UNSURE


@pytest.mark.parametrize(
    "name",
    [
        "Google Chrome", "Google-chrome", "com.google.Chrome", "chrome.exe", "msedge.exe",
        "Firefox Developer Edition", "Safari", "Arc", "WINWORD.EXE", "OUTLOOK.EXE",
        "Microsoft Word", "Thunderbird", "Slack", "Discord.exe", "Signal", "ms-teams.exe",
        "WhatsApp.exe", "Obsidian",
        "Notion", "Notepad++ : a free (GNU) source code editor", "notepad.exe", "TextEdit",
        "sublime_text.exe", "gedit", "soffice.bin", "libreoffice-writer", "Mail", "Notes"
    ],
)  # fmt: skip
def test_an_everyday_app_needs_no_confirmation(name: str) -> None:
    assert classify(name) is Place.TEXT


@pytest.mark.parametrize("name", ["", "python3.13", "electron", "Frobnicator", "mstsc.exe", "+"])
def test_an_unknown_app_is_unsure(name: str) -> None:
    assert classify(name) is Place.UNSURE


@pytest.mark.parametrize("name", ["Code", "jetbrains-pycharm-ce", "com.jetbrains.intellij.ce"])
@pytest.mark.parametrize(
    ("title", "element", "place"),
    [
        ("x.py focus:[Text Editor]", "", Place.TEXT),
        ("x.py focus:[Terminal]", "", Place.TERMINAL),
        ("x.py focus:[ターミナル]", "", Place.TERMINAL),
        ("x.py focus:[Timeline]", "", Place.UNSURE),
        ("terminal.py", "Edit\nterminal.py", Place.UNSURE),
        ("x.py", "Edit\nxterm-helper-textarea\nTerminal 1, zsh", Place.TERMINAL),
        ("x.py focus:[Text Editor]", "Terminal input", Place.TERMINAL),
        ("x.py", "AXTextArea\neditor", Place.TEXT),
        ("x.py", "AXTextArea", Place.UNSURE),
    ],
)
def test_title_and_element_tell_in_an_editor(
    name: str, title: str, element: str, place: Place
) -> None:
    assert classify(name, title=title, element=element) is place


@pytest.mark.parametrize(
    ("title", "element", "place"),
    [
        ("Inbox - Mail", "", Place.TEXT),
        ("Cloud Shell - Google Cloud", "", Place.UNSURE),
        ("x.py - app - Visual Studio Code", "", Place.UNSURE),
        ("My server", "xterm-helper-textarea", Place.TERMINAL),
    ],
)
def test_a_terminal_in_a_web_page_is_noticed(title: str, element: str, place: Place) -> None:
    assert classify("Google Chrome", title=title, element=element) is place


def test_the_users_lists_override_ours_but_no_sign_of_a_terminal() -> None:
    signs = Signs(("Zap", "zap"))
    assert classify_place(signs, "zap", "") is Place.TEXT
    assert classify_place(signs, "zap", "ZAP.exe") is Place.TERMINAL
    assert classify_place(Signs(("Hyper",)), "hyper", "") is Place.TEXT
    assert classify_place(Signs(("Zap",), has_terminal_tag=True), "zap", "") is Place.TERMINAL


def test_no_app_is_in_two_tables() -> None:
    for one, other in itertools.combinations(TABLES, 2):
        assert not one & other
