"""The built-in rules, which apply unless the user's file has its own."""

# Three kinds of knowledge, the best one first. Where a program tells its elements, what is hit
# decides: its role and its name. Where it does not (`unknown`), or where the name of a control is
# not known to be harmless (`unclear control`), the title of the window decides as well. Programs,
# keys and text count in any case.

from __future__ import annotations

from bridge.computer.elements.base import ROLES
from bridge.computer.rules import words
from bridge.computer.rules.kinds import (
    CHAT,
    COMMAND,
    CONFIRMS,
    DECLINES,
    MESSAGE,
    UNCLEAR,
    UNCLEAR_FIELD,
    UNKNOWN,
    UNTOLD,
)
from bridge.computer.rules.rule import Rule

PASSWORD = "a password"  # noqa: S105 - the name of a risk
PASSWORD_TITLES = (
    *("password", "passwords", "sign in", "log in", "login"),
    *("passwort", "kennwort", "anmelden", "anmeldung", "mot de passe", "connexion"),
    *("se connecter", "contraseña", "iniciar sesión"),
)
OWN_PAGE = "the bridge's own page"
OWN_TITLE = "Claude OpenAI Bridge"
"""In the title of the dashboard, where Claude could change what it may do."""

BEYOND_APPS = ("a terminal", "a command", "running something", PASSWORD, OWN_PAGE)
"""Risks that go beyond a program: an approval of everything in it does not cover them."""

_BY_TITLE = (UNKNOWN, UNCLEAR)
"""A page chooses its title: it says little of a heading on it, and much of its “Continue”."""
_SETTERS = ("check box", "combo box", "radio button", "slider", "switch")
"""Controls whose name is that of a setting: “Search” does not search, but turns it on or off."""
_TYPED_INTO = ("address bar", "field", "password field", "terminal")
_NOT_TYPED_INTO = (UNKNOWN, *(role for role in ROLES if role not in _TYPED_INTO))
_RUN_FROM = (UNKNOWN, UNCLEAR_FIELD, COMMAND, "terminal")
_SCRIPTS = ("javascript:", "data:text", "file:", "view-source:")

RISKY = (
    Rule(risk="a terminal", where="terminal"),
    Rule(risk="an unknown control", where="click", words=(UNTOLD,)),
    Rule(risk="a terminal", where="role", words=("terminal", COMMAND)),
    Rule(risk="a command", where="text", words=words.COMMANDS, roles=_RUN_FROM),
    Rule(
        risk="deleting",
        where="keys",
        words=("shift+Delete", "cmd+BackSpace", "Delete"),
        roles=_NOT_TYPED_INTO,
    ),
    Rule(
        risk="deleting",
        where="title",
        words=words.TITLES_OF_DELETING,
        roles=_BY_TITLE,
    ),
    Rule(risk="deleting", where="element", words=words.DELETING),
    Rule(risk="deleting", where="element", words=words.DISKS, roles=("button",)),
    Rule(risk="deleting", where="dialog", words=words.IN_DIALOGS, roles=(CONFIRMS,)),
    Rule(risk="discarding changes", where="dialog", words=words.SAVING, roles=(DECLINES,)),
    Rule(risk="deleting", where="drop", words=words.TRASH),
    Rule(risk="closing", where="keys", words=("alt+F4", "cmd+q")),
    Rule(risk="closing", where="element", words=words.CLOSING),
    Rule(risk="ending a subscription", where="element", words=words.UNSUBSCRIBING),
    Rule(risk="running something", where="keys", words=("super+r", "alt+F2")),
    Rule(risk="running something", where="element", words=words.RUNNING),
    Rule(risk="running something", where="text", words=_SCRIPTS, roles=("address bar",)),
    Rule(
        risk="running something",
        where="text",
        words=("javascript:",),
        roles=(UNKNOWN, UNCLEAR_FIELD),
    ),
    Rule(risk="a terminal", where="keys", words=("ctrl+alt+t", "ctrl+grave", "super+x")),
    Rule(risk="a terminal", where="element", words=words.TERMINAL),
    Rule(
        risk="sending",
        where="title",
        words=words.TITLES_OF_SENDING,
        roles=_BY_TITLE,
    ),
    Rule(risk="sending", where="element", words=words.SENDING),
    Rule(
        risk="sending",
        where="keys",
        words=("ctrl+Return", "cmd+Return"),
        roles=(UNKNOWN, MESSAGE),
    ),
    Rule(risk="sending", where="keys", words=("Return",), roles=(CHAT,)),
    Rule(
        risk="buying",
        where="title",
        words=words.TITLES_OF_BUYING,
        roles=_BY_TITLE,
    ),
    Rule(risk="buying", where="element", words=words.BUYING),
    Rule(risk="buying", where="form", words=("card",)),
    Rule(
        risk="installing",
        where="title",
        words=words.TITLES_OF_INSTALLING,
        roles=_BY_TITLE,
    ),
    Rule(risk="installing", where="element", words=words.INSTALLING),
    Rule(risk=PASSWORD, where="title", words=PASSWORD_TITLES, roles=_BY_TITLE),
    Rule(risk="signing in", where="form", words=("password",)),
    Rule(risk="settings", where="element", words=words.WEAKENING),
    Rule(risk="granting access", where="element", words=words.GRANTING),
    Rule(risk="an account", where="element", words=words.ACCOUNT),
    Rule(
        risk="settings",
        where="title",
        words=words.TITLES_OF_SETTINGS,
        roles=(*_BY_TITLE, *_SETTERS),
    ),
)
NEVER = ("1password", "bitwarden", "keepass", "keychain access", "seahorse")
