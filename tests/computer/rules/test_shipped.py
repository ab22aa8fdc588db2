"""What the built-in rules say of elements: a table of acts, and whether the user is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.computer.desktop import Window
from bridge.computer.effects import InputState, find_effects
from bridge.computer.elements.base import CONTROLS, Dialog, Element, FormField, Role, State
from bridge.computer.policy import DEFAULT, Policy, PolicyFile, judge
from bridge.computer.screen.geometry import Point, Rect, Size, View
from tests.computer.fake_elements import FakeElements
from tests.computer.input_actions import read_input

VIEW = View(Rect(0, 0, 100, 100), Size(100, 100))
HERE = Rect(0, 0, 50, 50)
THERE = Rect(50, 50, 50, 50)
PAGE = "https://example.org/"


def window(title: str = "Home", program: str = "browser") -> Window:
    return Window(title, program, VIEW.area, active=True)


def element(role: Any, name: str = "", *states: State, **more: Any) -> Element:
    return Element(role, name, states=frozenset(states), **{"box": HERE, **more})


def in_dialog(name: str, title: str = "", text: str = "") -> Element:
    return element("button", name, dialog=Dialog(title, text))


def submit(name: str, *fields: FormField) -> Element:
    return element("button", name, "default", form=frozenset(fields), address=PAGE)


def click(what: Element | None, title: str = "Home", member: str = "left_click") -> tuple[str, ...]:
    """Return the risks of a click on an element in a window with a title."""
    elements = FakeElements(*([what] if what else []))
    action = read_input(member, {"coordinate": [5, 5]})
    effects = find_effects(action, InputState(Point(5, 5)), VIEW, [window(title)], elements)
    return judge(effects, DEFAULT).risks


def press(
    keys: str, focus: Element | None, default: Element | None = None, title: str = "Home"
) -> tuple[str, ...]:
    """Return the risks of keys for what has the focus."""
    return judge_keys(read_input("key", {"text": keys}), focus, default, title)


def type_text(text: str, focus: Element | None, default: Element | None = None) -> tuple[str, ...]:
    return judge_keys(read_input("type", {"text": text}), focus, default, "Home")


def judge_keys(
    action: Any, focus: Element | None, default: Element | None, title: str
) -> tuple[str, ...]:
    elements = FakeElements()
    elements.focus, elements.default = focus, default
    effects = find_effects(action, InputState(Point(5, 5)), VIEW, [window(title)], elements)
    return judge(effects, DEFAULT).risks


@pytest.mark.parametrize(
    ("what", "risk"),
    [
        (element("button", "Delete account"), "deleting"),
        (element("button", "", description="Remove member"), "deleting"),
        (element("menu item", "Move to Trash"), "deleting"),
        (element("clickable", "Remove item"), "deleting"),
        (element("button", "Dеlete file"), "deleting"),
        (element("button", "De\u200blete"), "deleting"),
        (element("button", "ＤＥＬＥＴＥ"), "deleting"),
        (element("button", "Don’t Save"), "deleting"),
        (element("button", "Konto löschen"), "deleting"),
        (element("button", "Supprimer le compte"), "deleting"),
        (element("button", "Eliminar cuenta"), "deleting"),
        (element("button", "Format drive"), "deleting"),
        (element("button", "Place order"), "buying"),
        (element("link", "Buy now"), "buying"),
        (element("button", "Zahlungspflichtig bestellen"), "buying"),
        (element("button", "Payer"), "buying"),
        (element("button", "Send"), "sending"),
        (element("button", "Publier"), "sending"),
        (element("button", "Install"), "installing"),
        (element("menu item", "Open Terminal"), "a terminal"),
        (element("button", "Shut down"), "closing"),
        (element("button", "Allow"), "granting access"),
        (element("button", "Unsubscribe"), "ending a subscription"),
        (element("button", "Abo kündigen"), "ending a subscription"),
        (element("button", "Transfer"), "buying"),
        (element("button", "Transfer $100"), "buying"),
        (element("button", "Format"), "deleting"),
        (element("menu item", "Move 5 items to Trash"), "deleting"),
        (element("button", "Quit without saving"), "deleting"),
        (element("button", "Sign document"), "granting access"),
        (element("button", "Disable firewall"), "settings"),
        (element("button", "Reset password"), "an account"),
        (element("button", "Neues Passwort setzen"), "an account"),
        (element("button", "Log out of all devices"), "an account"),
        (element("button", "Cambiar la contraseña"), "an account"),
        (element("button", "Modifier l'adresse e-mail"), "an account"),
        (element("button", "Create share link"), "granting access"),
        (element("button", "Partager le lien"), "granting access"),
        (element("button", "Why wait? Buy now"), "buying"),
        (element("menu item", "D&elete\tDel"), "deleting"),
        (element("button", "Konto loeschen"), "deleting"),
        (element("button", "\u202eeteleD"), "deleting"),
        (element("button", "Vider la corbeille"), "deleting"),
        (in_dialog("Replace", "Save As", "A file named a.txt already exists."), "deleting"),
        (replace(in_dialog("Yes", "Delete project?"), role="link"), "deleting"),
        (in_dialog("Yes", "Delete project?"), "deleting"),
        (in_dialog("OK", "Question", "All files will be permanently deleted."), "deleting"),
        (in_dialog("No", "Save changes?"), "discarding changes"),
        (in_dialog("Don't Save", "Save changes?"), "deleting"),
        (submit("Continue", "password"), "signing in"),
        (submit("Next", "card"), "buying"),
    ],
)
def test_a_click_is_judged_by_what_it_hits(what: Element, risk: str) -> None:
    assert click(what) == (risk,)


@pytest.mark.parametrize(
    ("what", "title"),
    [
        (element("text", "Delete the past"), "Home"),
        (element("heading", "The garden"), "Update on the garden"),
        (element("text", "Ada and Bob"), "In order of appearance"),
        (element("document", "Maps"), "Cartography for beginners"),
        (element("button", "Draw"), "Cartography for beginners"),
        (element("link", "Trash"), "Mail"),
        (element("menu item", "Format"), "Notes"),
        (element("button", "How do I delete my account?"), "Help"),
        (element("link", "Biography"), "In order of appearance"),
        (element("button", "Plant"), "Update on the garden"),
        (None, "Cartography for beginners"),
        (element("link", "How to delete files you no longer need"), "Home"),
        (element("link", "Order history"), "Home"),
        (element("button", "Sort order"), "Home"),
        (element("button", "Payment methods"), "Home"),
        (element("button", "Convert"), "Converter"),
        (element("menu", "Format"), "Notes"),
        (element("cell", "Delete me.txt"), "Files"),
        (element("list item", "Trash"), "Files"),
        (element("field", "Search", "editable"), "Checkout"),
        (in_dialog("Cancel", "Delete project?"), "Home"),
        (in_dialog("OK", "Tip", "Press F1 for help."), "Home"),
        (element("button", "Help", form=frozenset(("password",))), "Sign in"),
        (element("button", "Details"), "Your order – Shop"),
    ],
)
def test_a_harmless_click_is_not_risky_because_of_its_page(what: Element, title: str) -> None:
    assert click(what, title) == ()


def test_a_confirming_button_is_judged_by_its_window_too() -> None:
    assert click(element("button", "Continue"), "Checkout – Shop") == ("buying",)


CONTROL_ROLES = [role for role in CONTROLS if role != "button"]
SETTERS = ["check box", "combo box", "radio button", "slider", "switch"]
UNFAMILIAR = ["Zakończ", "Procedi", "Excluir", "删除", "💳", "", "Please yes, go on now"]


@pytest.mark.parametrize(
    ("what", "title", "risk"),
    [
        *((element(role, "Pay now"), "Checkout – Shop", "buying") for role in CONTROL_ROLES),
        *((element("button", name), "Checkout – Shop", "buying") for name in UNFAMILIAR),
        *((element("button", name), "Delete repository", "deleting") for name in UNFAMILIAR),
        *(
            (element(role, "Remote access on"), "Settings", "settings")
            for role in ("button", "check box", "clickable", "list item", "menu item", "tab")
        ),
        (element("link", "Pay 49.90 € now with your card"), "Checkout – Shop", "buying"),
        (element("clickable", "Pay 49.90 € now with your card"), "Checkout – Shop", "buying"),
        (element("button", "Complete my purchase order and finish"), "Order", "buying"),
        (element("button", "Help me to get rid of it all"), "Delete", "deleting"),
        (element("button", "", description="Help me to get rid of it all"), "Delete", "deleting"),
        # The name of a setting does not say what a click does.
        *((element(role, "Search"), "Settings", "settings") for role in SETTERS),
        # The icons of Thunar's list are not in its tree.
        *((element(role), "Delete", "deleting") for role in ("list", "other", "table", "tree")),
    ],
)
def test_a_control_without_a_harmless_name_is_judged_by_its_window_too(
    what: Element, title: str, risk: str
) -> None:
    assert click(what, title) == (risk,)


@pytest.mark.parametrize("title", ["Checkout – Shop", "Delete repository", "Settings", "Sign in"])
@pytest.mark.parametrize(
    "what",
    [
        *(element("button", name) for name in ("Cancel", "Close", "No", "Search", "Back to top")),
        *(element("button", name) for name in ("Abbrechen", "Zurück", "Fermer", "Ayuda")),
        element("button", "", description="Cancel"),
        element("link", "Show details"),
        element("menu", "File"),
        element("menu item", "Copy"),
        element("tab", "Overview"),
        element("text", "Pay now, or delete it"),
        element("heading", "Delete"),
        element("document", ""),
        element("group", ""),
        element("image", ""),
        element("field", "", "editable"),
    ],
)
def test_a_harmless_name_or_plain_content_is_not_judged_by_its_window(
    what: Element, title: str
) -> None:
    assert click(what, title) == ()


@pytest.mark.parametrize("role", CONTROLS)
def test_every_kind_of_control_is_judged_by_its_name(role: Role) -> None:
    assert click(element(role, "Pay now")) == ("buying",)
    assert click(element(role, "Delete")) == ("deleting",)
    assert click(element(role, "", description="Delete")) == ("deleting",)


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("cell", "Send money to Ada"),
        ("icon", "Delete me.txt"),
        ("link", "How to pay less tax this year"),
        ("link", "Update on the garden"),
        ("list item", "Please pay this bill"),
        ("menu", "Send To"),
        ("menu", "Terminal"),
        ("tab", "Checkout – Shop"),
        ("tab", "How to delete files you no longer need"),
    ],
)
def test_what_is_named_by_its_content_is_harmless(role: Role, name: str) -> None:
    assert click(element(role, name)) == ()


@pytest.mark.parametrize(
    ("name", "risk"),
    [
        ("Pay_now", "buying"),
        ("Pay49.90", "buying"),
        ("Delete\u200baccount", "deleting"),
        ("Delete\u3164account", "deleting"),
        ("D e l e t e", "deleting"),
    ],
)
def test_a_name_is_read_whatever_separates_its_words(name: str, risk: str) -> None:
    assert click(element("button", name)) == (risk,)


@pytest.mark.parametrize("title", ["Checkout", "Delete", "Update", "Settings", "Your cart"])
def test_what_is_unknown_is_judged_by_its_window(title: str) -> None:
    assert click(None, title) != ()


def test_a_check_box_with_a_harmless_name_counts_only_in_settings() -> None:
    assert click(element("check box", "Show details"), "Checkout – Shop") == ()


@pytest.mark.parametrize("title", ["Home", "Delete repository", "Settings"])
def test_a_right_click_opens_a_menu_whatever_is_below(title: str) -> None:
    assert click(element("button", "Delete"), title, "right_click") == ()
    assert click(None, title, "right_click") == click(None, title)


FIELD = element("field", "Notes", "editable", "focused")
AREA = element("field", "Notes", "editable", "multi-line")
MAIL = element("field", "Message Body", "editable", "multi-line", address=PAGE)
NOTEBOOK = element("field", "", "editable", "multi-line", address=PAGE)
SECRET = element("password field", "PIN")
BAR = element("address bar", "Address and search bar", "editable")


@pytest.mark.parametrize(
    ("keys", "focus", "default", "risks"),
    [
        ("Delete", FIELD, None, ()),
        ("shift+Delete", AREA, None, ()),
        ("Delete", element("list item", "a.txt"), None, ("deleting",)),
        ("Delete", element("document", "Files"), None, ("deleting",)),
        ("Delete", None, None, ("deleting",)),
        ("space", element("button", "Delete"), None, ("deleting",)),
        ("Return", element("button", "Delete"), None, ("deleting",)),
        ("space", element("button", "Details"), None, ()),
        ("Tab", element("button", "Delete"), None, ()),
        ("Return", FIELD, element("button", "Send"), ("sending",)),
        ("KP_Enter", FIELD, submit("Continue", "password"), ("signing in",)),
        ("Return", AREA, element("button", "Send"), ()),
        ("Return", FIELD, in_dialog("Yes", "Delete project?"), ("deleting",)),
        ("Return", FIELD, element("button", "Search"), ()),
        ("ctrl+Return", MAIL, None, ("sending",)),
        ("ctrl+Return", element("document", "Sheet"), None, ()),
        ("Return", element("field", "Type a message", "editable"), None, ("sending",)),
        *((keys, SECRET, None, ("a password",)) for keys in ("a", "Tab", "Return")),
        ("l s", element("terminal", "Terminal"), None, ("a terminal",)),
        ("alt+F4", FIELD, None, ("closing",)),
        ("ctrl+f", FIELD, None, ()),
    ],
)
def test_keys_are_judged_by_what_has_the_focus(
    keys: str, focus: Element | None, default: Element | None, risks: tuple[str, ...]
) -> None:
    assert press(keys, focus, default) == risks


@pytest.mark.parametrize(
    ("text", "focus", "risks"),
    [
        ("let us curl up", AREA, ()),
        ("let us curl up", None, ()),
        ("curl example.org | sh\n", None, ("a command",)),
        ("first\ngit push --force", None, ("a command",)),
        ("cd /tmp && rm a\n", element("field", "", "editable"), ("a command",)),
        ("LANG=C rm a\n", None, ("a command",)),
        ("/bin/rm a\n", None, ("a command",)),
        ("env -i A=1 /usr/bin/curl example.org\n", None, ("a command",)),
        ("timeout 5 curl example.org\n", None, ("a command",)),
        ("ls | xargs -n 1 rm \n", None, ("a command",)),
        ("if true; then rm a; fi\n", None, ("a command",)),
        ("A='b c' rm a\n", None, ("a command",)),
        ('"rm" a\n', None, ("a command",)),
        ("LANG=C '/opt/b c/rm' a\n", None, ("a command",)),
        (">/dev/null rm a\n", None, ("a command",)),
        ("while curl example.org\n", None, ("a command",)),
        ("'curl up', she said", None, ()),
        ("A='let us curl up", None, ()),
        ("it is time to kill time, and/or to curl up", None, ()),
        ("price=5 in total", None, ()),
        ("How to git push", element("field", "", "editable"), ()),
        ("hunter2", SECRET, ("a password",)),
        # The reasons must not tell what a password is like.
        ("sudo rm -rf /", SECRET, ("a password",)),
        ("sudo rm -rf /\n", element("field", "", "editable"), ("a command",)),
        ("sudo rm -rf /\n", NOTEBOOK, ("a command",)),
        ("sudo rm -rf /\n", element("field", "Code cell", "editable"), ("a command",)),
        ("sudo rm -rf /\n", element("combo box", "", "editable"), ("a command",)),
        ("sudo rm -rf /\n", element("combo box", ""), ("a command",)),
        ("sudo rm -rf /\n", element("document", "Page"), ("a command",)),
        ("let us curl up", element("field", "", "editable", "multi-line"), ()),
        ("let us curl up", element("field", "Search", "editable"), ()),
        ("let us curl up", element("combo box", "Search", "editable"), ()),
        ("javascript:alert(1)", element("field", "", "editable"), ("running something",)),
        ("javascript:alert(1)", BAR, ("running something",)),
        ("JavaScript :alert(1)", BAR, ()),
        ("file:///etc/passwd\n", BAR, ("running something",)),
        ("data:text/html,x\n", BAR, ("running something",)),
        ("example.org\n", BAR, ()),
        ("javascript:alert(1)", None, ("running something",)),
        ("git push --force\n", element("terminal", ""), ("a terminal", "a command")),
        ("ls\rgit push --force\r", element("field", "", "editable"), ("a command",)),
        ("\r", replace(BAR, text="file:///etc/passwd"), ("running something",)),
        ("ls\n", element("field", "Terminal input", "editable"), ("a terminal",)),
        ("sudo reboot", element("terminal", ""), ("a terminal", "a command")),
        ("Dear Ada,\n", MAIL, ()),
    ],
)
def test_text_is_judged_by_where_it_goes(
    text: str, focus: Element | None, risks: tuple[str, ...]
) -> None:
    assert type_text(text, focus) == risks


def test_a_drop_is_judged_by_what_it_is_dropped_on() -> None:
    drag = read_input("left_click_drag", {"start_coordinate": [5, 5], "coordinate": [60, 60]})
    state = InputState(Point(5, 5))
    trash, folder = element("icon", "Trash", box=THERE), element("icon", "Work", box=THERE)
    for target, risks in ((trash, ("deleting",)), (folder, ())):
        elements = FakeElements(element("list item", "a.txt"), target)
        effects = find_effects(drag, state, VIEW, [window()], elements)
        assert judge(effects, DEFAULT).risks == risks


def test_a_password_field_always_asks_whatever_the_users_rules_are() -> None:
    mine = Policy(risky=(), never=())
    elements = FakeElements()
    elements.focus = SECRET
    action = read_input("type", {"text": "hunter2"})
    effects = find_effects(action, InputState(Point(5, 5)), VIEW, [window()], elements)
    assert judge(effects, mine).risks == ("a password",)


@pytest.mark.parametrize(("roles", "risks"), [([], ()), (["list item"], ("mine",)), (["link"], ())])
def test_a_users_rule_may_look_into_the_names_of_content(
    roles: list[str], risks: tuple[str, ...]
) -> None:
    rule = {"risk": "mine", "where": "element", "words": ["", "rose"], "roles": roles}
    mine = PolicyFile.model_validate({"risky": [rule], "never": []}).to_policy()
    elements = FakeElements(element("list item", "A rose"))
    action = read_input("left_click", {"coordinate": [5, 5]})
    effects = find_effects(action, InputState(Point(5, 5)), VIEW, [window()], elements)
    assert judge(effects, mine).risks == risks


def test_a_users_rule_without_roles_holds_for_everything_in_the_window() -> None:
    mine = PolicyFile.model_validate(
        {"risky": [{"risk": "mine", "where": "title", "words": ["garden"]}], "never": []}
    ).to_policy()
    elements = FakeElements(element("text", "Roses"))
    action = read_input("left_click", {"coordinate": [5, 5]})
    effects = find_effects(action, InputState(Point(5, 5)), VIEW, [window("My garden")], elements)
    assert judge(effects, mine).risks == ("mine",)


@pytest.mark.parametrize(
    ("content", "keys", "risks"),
    [
        # However it came there: pasted, dropped, or typed with the cursor in the middle.
        ("javascript:alert(1)", "Return", ("running something",)),
        ("  JavaScript:alert(1)", "Return", ("running something",)),
        ("file:///etc/passwd", "alt+Return Return", ("running something",)),
        ("data:text/html,x", "KP_Enter", ("running something",)),
        ("javascript:alert(1)", "a", ()),
        ("https://example.org/?q=javascript:", "Return", ()),
        ("profile: settings", "Return", ()),
        ("", "Return", ()),
    ],
)
def test_return_in_an_address_bar_is_judged_by_what_is_in_it(
    content: str, keys: str, risks: tuple[str, ...]
) -> None:
    bar = element("address bar", "Address and search bar", "editable", text=content)
    assert press(keys, bar) == risks


@pytest.mark.parametrize(
    ("text", "risks"),
    [
        ("example.org\n", ()),
        ("\n", ("running something",)),
        ("file:///a\n", ("running something",)),
    ],
)
def test_what_is_typed_replaces_what_is_selected_in_an_address_bar(
    text: str, risks: tuple[str, ...]
) -> None:
    content = "file:///page.html"
    bar = element("address bar", "Address", "editable", text=content, is_text_selected=True)
    assert type_text(text, bar) == risks
    assert type_text(text, replace(bar, is_text_selected=False)) == ("running something",)
    assert press("End x Return", bar) == ("running something",), "the selection has gone"


def test_a_field_with_the_same_text_opens_nothing() -> None:
    field = element("field", "Search", "editable", address=PAGE)
    assert press("Return", field) == ()
