"""Build names that can be spoken for the models of `GET /v1/models`."""

import re
from typing import Any

SMALL_NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# Used until the bridge's own list has been fetched.
DEFAULT_NAMES = {
    "opus": "claude-opus-5-5",
    "sonnet": "claude-sonnet-5-5",
    "haiku": "claude-haiku-5-5",
}
# Models that are not named after a Claude model line.
BRIDGE_NAMES = {"bridge-echo": "echo", "default": "default"}


def build_spoken_names(models: Any) -> dict[str, str]:
    """Return model ids by spoken name, from the `data` of `GET /v1/models`.

    The newest model of each line also gets the line's bare name. Embedding models get no name.
    """
    entries = models if isinstance(models, list) else []
    ids = [entry["id"] for entry in entries if _is_chat_model(entry)]
    names = {BRIDGE_NAMES[model]: model for model in ids if model in BRIDGE_NAMES}
    newest: dict[str, tuple[tuple[int, ...], str]] = {}
    for model in ids:
        line, version = _split_model_id(model)
        if not line:
            continue
        for name in _spell_versions(line, version):
            names.setdefault(name, model)
        newest[line] = max(newest.get(line, ((), "")), (version, model))
    for line, (_, model) in newest.items():
        names.setdefault(line, model)
    return names


def format_model(model: str) -> str:
    """Return a model id as people write it: `claude-opus-5-5` becomes “Opus 5.5”."""
    line, version = _split_model_id(model)
    if not line:
        return BRIDGE_NAMES.get(model, model)
    return f"{line.title()} {'.'.join(map(str, version))}".strip()


def spell_number(number: int) -> str:
    """Return a number below 100 in words, and a larger one digit by digit."""
    if number < 20:
        return SMALL_NUMBERS[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return TENS[tens - 2] + (f" {SMALL_NUMBERS[ones]}" if ones else "")
    return " ".join(SMALL_NUMBERS[int(digit)] for digit in str(number))


def _is_chat_model(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        return False
    capabilities = entry.get("capabilities")
    return not (isinstance(capabilities, dict) and capabilities.get("embeddings"))


def _split_model_id(model: str) -> tuple[str, tuple[int, ...]]:
    """Split `claude-opus-4-1-20250805` or `claude-3-5-haiku` into line and version, no date."""
    parts = model.removeprefix("claude-").split("-") if model.startswith("claude-") else []
    words = [part for part in parts if re.fullmatch(r"[a-z]+", part) and part != "latest"]
    numbers = tuple(int(part) for part in parts if re.fullmatch(r"[0-9]{1,3}", part))
    return " ".join(words), numbers


def _spell_versions(line: str, version: tuple[int, ...]) -> list[str]:
    """Return “opus four one” and “opus four point one”, or nothing without a version."""
    if not version:
        return []
    words = [spell_number(number) for number in version]
    return [f"{line} {' '.join(words)}", f"{line} {' point '.join(words)}"]
