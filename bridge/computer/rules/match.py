"""Decide whether a rule applies to what an action touches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bridge.computer.desktop import Window
from bridge.computer.effects import Effects
from bridge.computer.elements.base import Element
from bridge.computer.keys import parse_combinations
from bridge.computer.matching.folding import (
    count_word,
    fold,
    fold_typed,
    fold_word,
    list_commands,
)
from bridge.computer.matching.terminals import is_editor_with_terminal, is_terminal
from bridge.computer.matching.windows import has_program_word, has_title_word
from bridge.computer.matching.words import find_whole_word
from bridge.computer.rules.kinds import CONFIRMS, list_kinds
from bridge.computer.rules.rule import Rule
from bridge.computer.rules.words import QUESTIONS
from bridge.computer.targets import Target

_NAMED_BY_CONTENT = ("cell", "icon", "list item", "menu", "tab")
"""Roles whose name is that of what they hold: a file “Delete me.txt”, a mail, a menu “Send To”."""
_LONGEST_LINK = 4
"""Words of a link that does something; a longer one is the headline of an article."""
_UNSELECTING = [
    keys
    for key in ("Left", "Right", "Up", "Down", "Home", "End")
    for keys in parse_combinations(key)
]
_CLICKED = ("click", "press")


def rule_matches(rule: Rule, effects: Effects) -> bool:
    """Return whether an action is risky by a rule."""
    # Moving the pointer and scrolling is how Claude looks around; with keys it is more.
    windows: Sequence[Window] = effects.windows if effects.is_input else ()
    match rule.where:
        case "title":
            return _concerns_any(rule, effects.targets) and any(
                has_title_word(rule.words, window) for window in windows
            )
        case "program":
            return _concerns_any(rule, effects.targets) and any(
                has_program_word(rule.words, window) for window in windows
            )
        case "terminal":
            return any(
                is_terminal(window) or (effects.keys and is_editor_with_terminal(window))
                for window in windows
            )
        case "text":
            typed = _is_any_typed(rule.words, effects)
            targets = _list_by_keys(effects)
            return (typed and _concerns_any(rule, targets)) or _opens_any(rule, effects)
        case "keys":
            risky = {keys for word in rule.words for keys in parse_combinations(word)}
            pressed = any(keys <= down for keys in risky for down in effects.keys)
            return pressed and _concerns_any(rule, _list_by_keys(effects))
        case "click":
            clicked = [target for target in effects.targets if target.by in _CLICKED]
            return any(list_kinds(target) & {*rule.words} for target in clicked)
        case _:
            return any(_element_matches(rule, target) for target in effects.targets)


def _element_matches(rule: Rule, target: Target) -> bool:
    """Apply a rule for what is known of an element."""
    element, kinds = target.element, list_kinds(target)
    if element is None or (rule.roles and not kinds & {*rule.roles}):
        return False
    match rule.where:
        case "role":
            return target.by == "keys" and bool(kinds & {*rule.words})
        case "drop":
            return target.by == "drop" and _has_word(rule.words, element.name, element.description)
        case "form":
            submits = "default" in element.states or CONFIRMS in kinds
            return target.by in _CLICKED and submits and bool(element.form & {*rule.words})
        case "dialog":
            return target.by in _CLICKED and _is_in_dialog(rule, element)
        case _:
            if target.by not in _CLICKED or not (rule.roles or element.is_control):
                return False
            return _names_act(rule, element) or (CONFIRMS in kinds and _is_in_dialog(rule, element))


def _names_act(rule: Rule, element: Element) -> bool:
    """Return whether the name says that a click does what the rule is for."""
    if element.role in _NAMED_BY_CONTENT and not rule.roles:
        # “Delete” is an act, in a menu that a page draws of list items; “Delete me.txt” is a file.
        # Words with a `^` or `$` are too common as names of content, such as a folder “Trash”.
        words = [f"^{word}$" for word in rule.words if word == word.strip("^$")]
        return _has_word(words, element.name, element.description)
    is_text = element.role in ("link", "clickable")
    if is_text and len(element.name.split()) > _LONGEST_LINK:
        return False
    if find_whole_word(QUESTIONS, element.name):
        # “Why wait? Buy now” goes on after the question.
        return _has_word(rule.words, element.name.partition("?")[2])
    return _has_word(rule.words, element.name, element.description)


def _is_in_dialog(rule: Rule, element: Element) -> bool:
    dialog = element.dialog
    return dialog is not None and _has_word(rule.words, dialog.title, dialog.text)


def _has_word(words: Sequence[str], *texts: str) -> bool:
    return any(find_whole_word(words, text) is not None for text in texts)


def _concerns_any(rule: Rule, targets: Iterable[Target]) -> bool:
    """Return whether a rule is for one of the targets; without any, what is hit is unknown."""
    if not rule.roles:
        return True
    kinds = [list_kinds(target) for target in targets] or [list_kinds(None)]
    return any(each & {*rule.roles} for each in kinds)


def _list_by_keys(effects: Effects) -> list[Target]:
    return [target for target in effects.targets if target.by == "keys"]


def _opens_any(rule: Rule, effects: Effects) -> bool:
    """Return whether Return opens what an address bar has, however it came there.

    It may have been pasted, dropped, or typed in an order that no look at the keys finds.
    """
    if "\n" not in effects.typed:
        return False
    bars = [target for target in _list_by_keys(effects) if _opens_content(target, effects)]
    return any(
        _concerns_any(rule, [bar]) and fold(bar.element.text).strip().startswith(fold_word(word))
        for bar in bars
        if bar.element is not None
        for word in rule.words
    )


def _opens_content(target: Target, effects: Effects) -> bool:
    """Return whether what is in an address bar is opened, maybe with what is typed into it."""
    element = target.element
    if element is None or not element.text:
        return False
    is_kept = effects.typed.startswith("\n") or any(
        keys <= down for keys in _UNSELECTING for down in effects.keys
    )
    return is_kept or not element.is_text_selected


def _is_any_typed(words: Iterable[str], effects: Effects) -> bool:
    """Return whether a word is typed now, or completed; one typed before does not count."""
    if not effects.typed:
        return False
    before, after = effects.typed_before, effects.typed_before + effects.typed
    folded, folded_before = fold_typed(after), fold_typed(before)
    begun, begun_before = list_commands(after), list_commands(before)
    # Typed by itself, it may begin a line, whatever was typed elsewhere before.
    begun_now = list_commands(effects.typed)
    for word in words:
        if not word.startswith("^"):
            if count_word(word, folded) > count_word(word, folded_before):
                return True
        elif _count_begun(word, begun_now) or (
            _count_begun(word, begun) > _count_begun(word, begun_before)
        ):
            return True
    return False


def _count_begun(word: str, commands: Iterable[str]) -> int:
    part = fold_word(word.removeprefix("^"))
    return sum(command.startswith(part) for command in commands) if part.strip() else 0
