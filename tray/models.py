"""How the tray names the models of `GET /v1/models`, and which of them it offers."""

from __future__ import annotations

from bridge.wire.models import Model

BRIDGE_OWNER = "claude-openai-bridge"
"""`owned_by` of models that are not Claude, such as the offline echo."""


def is_selectable(model: Model) -> bool:
    """Return whether a user can choose it: no alias, no embedding model, not retired."""
    return not (
        model.get("alias_of")
        or model.get("capabilities", {}).get("embeddings")
        or model["lifecycle"] == "retired"
    )


def shorten_name(model: Model) -> str:
    """Return the display name without `Claude` before it."""
    name = model["display_name"] or model["id"]
    return name if is_from_bridge(model) else name.removeprefix("Claude ")


def parse_family(model: Model) -> str:
    """Return the family, such as `Opus`; empty for models that are not Claude."""
    if is_from_bridge(model):
        return ""
    words = model["id"].removeprefix("claude-").split("-")
    # Older ids have the version before the family: claude-3-5-sonnet.
    return next((word for word in words if word.isalpha()), words[0]).title()


def parse_version(model: Model) -> tuple[int, ...]:
    """Return the version for sorting: `claude-opus-5-5` comes after `claude-opus-5`."""
    # Eight digits are a release date, which is not a part of the version.
    return tuple(int(word) for word in model["id"].split("-") if word.isdecimal() and len(word) < 8)


def is_from_bridge(model: Model) -> bool:
    """Return whether the bridge itself answers for this model."""
    return model["owned_by"] == BRIDGE_OWNER
