"""Read the whole responses of Claude's API: token counts and the list of models.

Each field is checked, because gateways answer for these endpoints, too. A model whose fields are
odd is listed without them; a response of another form is an error.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from bridge.backends.anthropic_api.errors import read_object
from bridge.backends.anthropic_api.odd_answers import build_odd_error
from bridge.errors import NotClaudeApi
from bridge.models.catalogue import ListedModel

MAX_PAGES = 50
"""More are a mistake: a gateway that repeats a page would be asked for ever."""

_MAX_COUNT = 1 << 53
_LONGEST_TEXT = 200
_LEVELS = ("low", "medium", "high", "xhigh", "max")
_THINKING = ("adaptive", "between_tools", "disabled", "enabled")


@dataclass(frozen=True, slots=True)
class ModelPage:
    """One page of `GET /v1/models`; `next` is the id after which the next one begins, if any."""

    models: Sequence[ListedModel]
    next: str | None


def read_token_count(status: int, headers: Mapping[str, str], body: bytes) -> int:
    """Return `input_tokens`. Raises NotClaudeApi if there is no such number."""
    count = _read_number(read_object(status, headers, body).get("input_tokens"))
    if count is None:
        raise build_odd_error(NotClaudeApi, status, "JSON without the number `input_tokens`")
    return count


def read_page(status: int, headers: Mapping[str, str], body: bytes) -> ModelPage:
    """Read a page of models. Raises NotClaudeApi if there is not a list."""
    page = read_object(status, headers, body)
    rows = page.get("data")
    if not isinstance(rows, list):
        raise build_odd_error(NotClaudeApi, status, "JSON without the list `data`")
    last = page.get("last_id")
    has_next = page.get("has_more") is True and isinstance(last, str) and last != ""
    return ModelPage(list(_list_models(rows)), str(last) if has_next else None)


async def load_all_models(
    load: Callable[[str | None], Awaitable[ModelPage]],
) -> list[ListedModel]:
    """Load pages until the last; `load` takes the id after which a page begins."""
    models: dict[str, ListedModel] = {}
    after: str | None = None
    for _ in range(MAX_PAGES):
        page = await load(after)
        before = len(models)
        models.update((model.id, model) for model in page.models)
        if page.next is None or len(models) == before:
            break
        after = page.next
    return list(models.values())


def _list_models(rows: Sequence[Any]) -> Iterator[ListedModel]:
    for row in rows:
        id = _read_field(row.get("id")) if isinstance(row, dict) else None
        # Without an id it cannot be asked for.
        if id is not None and id.isprintable() and " " not in id:
            yield _as_listed_model(id, row)


def _as_listed_model(id: str, row: Mapping[str, Any]) -> ListedModel:
    return ListedModel(
        id=id,
        display_name=_read_field(row.get("display_name")) or id,
        created=_read_time(row.get("created_at")),
        # Zero is no limit: nothing could be sent or written.
        context=_read_number(row.get("max_input_tokens")) or None,
        max_output=_read_number(row.get("max_tokens")) or None,
        lifecycle=_read_field(row.get("lifecycle")) or "active",
        retires=_read_day(row.get("retires_at")),
        **_read_capabilities(row.get("capabilities")),
    )


def _read_capabilities(capabilities: Any) -> dict[str, Any]:
    """Return the fields of ListedModel; none for what the response does not say."""
    found: dict[str, Any] = {}
    efforts = _get_object(capabilities, "effort")
    if efforts:
        found["efforts"] = tuple(level for level in _LEVELS if _is_supported(efforts, level))
    thinking = _get_object(_get_object(capabilities, "thinking"), "types")
    if thinking:
        found["thinking"] = tuple(kind for kind in _THINKING if _is_supported(thinking, kind))
    structured = _get_object(capabilities, "structured_outputs").get("supported")
    if isinstance(structured, bool):
        found["structured"] = structured
    return found


def _is_supported(capabilities: Mapping[str, Any], name: str) -> bool:
    # Older versions of the API do not know the newer names.
    return _get_object(capabilities, name).get("supported") is True


def _get_object(parent: Any, name: str) -> Mapping[str, Any]:
    value = parent.get(name) if isinstance(parent, dict) else None
    return value if isinstance(value, dict) else {}


def _read_number(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MAX_COUNT
    return value if is_count and isinstance(value, int) else None


def _read_field(value: object) -> str | None:
    return value[:_LONGEST_TEXT] if isinstance(value, str) and value else None


def _read_day(value: object) -> date | None:
    """Return the day of an RFC 3339 time, in UTC; None if it is none."""
    seconds = _read_time(value)
    return datetime.fromtimestamp(seconds, UTC).date() if seconds else None


def _read_time(value: object) -> int:
    """Return the Unix seconds of an RFC 3339 time; 0 if it is none."""
    try:
        return (
            max(0, int(datetime.fromisoformat(value).timestamp())) if isinstance(value, str) else 0
        )
    except (ValueError, OverflowError):
        return 0
