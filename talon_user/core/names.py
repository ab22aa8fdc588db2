"""Gives the models of `GET /v1/models` names that can be spoken."""

import re
from typing import Any

SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
AT_FIRST = {"opus": "claude-opus-5-5", "sonnet": "claude-sonnet-5-5", "haiku": "claude-haiku-5-5"}
"""What can be said before the bridge was heard; its own list then takes the place of these."""
OWN = {"bridge-echo": "echo", "default": "default"}


def spoken_models(listed: Any) -> dict[str, str]:
    """Return model ids by spoken name, from the `data` of the list.

    The newest of each line also answers to the line's bare name; models for embeddings have none.
    """
    ids = [one["id"] for one in listed if _speaks(one)] if isinstance(listed, list) else []
    names = {OWN[one]: one for one in ids if one in OWN}
    newest: dict[str, tuple[tuple[int, ...], str]] = {}
    for one in ids:
        line, version = _line_and_version(one)
        if not line:
            continue
        for name in _full_names(line, version):
            names.setdefault(name, one)
        newest[line] = max(newest.get(line, ((), "")), (version, one))
    for line, (_, one) in newest.items():
        names.setdefault(line, one)
    return names


def shown(model: str) -> str:
    """Return a model's id as people write it: claude-opus-5-5 is Opus 5.5."""
    line, version = _line_and_version(model)
    if not line:
        return OWN.get(model, model)
    return f"{line.title()} {'.'.join(map(str, version))}".strip()


def number_words(number: int) -> str:
    """Return a number below a hundred in words; a larger one digit by digit."""
    if number < 20:
        return SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return TENS[tens - 2] + (f" {SMALL[ones]}" if ones else "")
    return " ".join(SMALL[int(digit)] for digit in str(number))


def _speaks(one: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("id"), str):
        return False
    capabilities = one.get("capabilities")
    return not (isinstance(capabilities, dict) and capabilities.get("embeddings"))


def _line_and_version(model: str) -> tuple[str, tuple[int, ...]]:
    """Split claude-opus-4-1-20250805 and claude-3-5-haiku into line and version; dates go."""
    parts = model.removeprefix("claude-").split("-") if model.startswith("claude-") else []
    words = [part for part in parts if re.fullmatch(r"[a-z]+", part) and part != "latest"]
    numbers = tuple(int(part) for part in parts if re.fullmatch(r"[0-9]{1,3}", part))
    return " ".join(words), numbers


def _full_names(line: str, version: tuple[int, ...]) -> list[str]:
    if not version:
        return []
    words = [number_words(number) for number in version]
    return [f"{line} {' '.join(words)}", f"{line} {' point '.join(words)}"]
