"""A rule for what is risky, as the user writes it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from bridge.computer.keys import parse_combinations
from bridge.computer.rules.kinds import ALL_KINDS
from bridge.errors import BridgeError

Where = Literal[
    "title",
    "program",
    "text",
    "keys",
    "terminal",
    "element",
    "dialog",
    "role",
    "click",
    "form",
    "drop",
]
FORM_FIELDS = ("card", "password")


class Rule(BaseModel):
    """An action is risky if any of the words is found, whatever its spelling.

    Case, width, accents, look-alike letters, blanks and invisible characters are ignored.
    `title` and `program` search the windows that the action touches, `text` the text that is
    typed, also by keys and over several actions. `keys` are in the spelling of actions, and
    found with more modifiers, too. `terminal` is true for keys and clicks in a known terminal,
    and for keys in an editor that has one; it has no words.

    The others are for programs that tell their elements, and search for whole words: `element`
    what is clicked, its name and description, and for a button that confirms also its dialog,
    `dialog` the dialog alone, `drop` the name of what something is dropped on. `role` are roles
    of what gets the keys, `click` those of what is clicked, `form` is `password` or `card` for a
    button that submits such a form.

    `roles` limits a rule to targets of these roles.
    """

    # A misspelled field must be an error, not a rule that never applies.
    model_config = ConfigDict(frozen=True, extra="forbid")

    risk: str
    where: Where
    words: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    @property
    def is_for_terminals(self) -> bool:
        """Whether it is for what runs commands, whatever the user calls its risk."""
        return self.where == "terminal" or (self.where == "role" and "terminal" in self.words)

    @model_validator(mode="after")
    def _check_words(self) -> Rule:
        if (self.where == "terminal") == bool(self.words):
            raise ValueError('`words` are needed, except with where = "terminal"')
        if self.where == "keys":
            for word in self.words:
                try:
                    parse_combinations(word)
                except BridgeError as error:
                    raise ValueError(error.message) from error
        _check_known(self.roles, ALL_KINDS)
        if self.where in ("role", "click"):
            _check_known(self.words, ALL_KINDS)
        if self.where == "form":
            _check_known(self.words, frozenset(FORM_FIELDS))
        return self


def _check_known(words: tuple[str, ...], known: frozenset[str]) -> None:
    for word in words:
        if word not in known:
            raise ValueError(f"`{word}` is none of: {', '.join(sorted(known))}")
