"""A cache of the models that the active backend lists, with the built-in table as fallback."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from bridge.errors import BridgeError
from bridge.models.retirement import RETIREMENTS, index_retirements
from bridge.models.rules import RULES
from bridge.models.spelling import remove_date

FRESH_SECONDS = 600.0
RETRY_SECONDS = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as its backend lists it; fields are None if the backend does not report them."""

    id: str
    display_name: str
    created: int
    """Unix seconds; 0 if unknown."""
    context: int | None = None
    max_output: int | None = None
    lifecycle: str = "active"
    efforts: tuple[str, ...] | None = None
    thinking: tuple[str, ...] | None = None
    """The values of `thinking.type` that it accepts."""
    structured: bool | None = None
    """Whether it supports structured output."""
    retires: date | None = None
    """The day from which it does not answer, in UTC."""


class ModelSource(Protocol):
    """Anything that lists models, such as a backend."""

    @property
    def name(self) -> str: ...

    async def models(self) -> Sequence[ListedModel]: ...


def _format_display_name(model: str) -> str:
    _, line, *version = model.split("-")
    return f"Claude {line.title()} {'.'.join(version)}"


BUILT_IN: tuple[ListedModel, ...] = tuple(
    ListedModel(
        rules.id,
        _format_display_name(rules.id),
        0,
        rules.context,
        rules.max_output,
        retires=RETIREMENTS.get(rules.id),
    )
    for rules in RULES
)


def find_built_in(model: str) -> ListedModel | None:
    """Find a model in the built-in table, also by the id of a dated snapshot."""
    plain = remove_date(model)
    return next((listed for listed in BUILT_IN if listed.id == plain), None)


def _read_last_day(model: ListedModel) -> date | None:
    return date.min if model.lifecycle == "retired" else model.retires


class Catalogue:
    """A cache for the list of one source at a time; `clock` returns monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._source: str | None = None
        self._store(BUILT_IN)
        self._until = float("-inf")

    def _store(self, listed: Sequence[ListedModel]) -> None:
        # A retired model stays known by its day only, so that its successor answers for it.
        self._retirements = index_retirements({model.id: _read_last_day(model) for model in listed})
        self._listed = (
            listed
            if listed is BUILT_IN
            else [model for model in listed if model.lifecycle != "retired"]
        )
        self._by_id = {model.id: model for model in self._listed}

    @property
    def ids(self) -> Collection[str]:
        """The ids of the current list, without a request."""
        return self._by_id.keys()

    @property
    def retirements(self) -> Mapping[str, date]:
        """The announced last days of the models of the current list."""
        return self._retirements

    def find(self, model: str) -> ListedModel | None:
        """Return the listed model with this exact id; None while only the built-in table is known.

        The built-in table has no information beyond the rules, which callers have already.
        """
        if self._listed is BUILT_IN:
            return None
        return self._by_id.get(model)

    def expire(self) -> None:
        """Load the list again when it is needed next: the credential may be another one."""
        self._until = float("-inf")

    async def list_models(self, source: ModelSource | None) -> Sequence[ListedModel]:
        """Return the models of `source`, from the cache if it is fresh or `source` fails.

        None as the source returns the built-in table.
        """
        name = source.name if source is not None else None
        if name == self._source and self._clock() < self._until:
            return self._listed
        if name != self._source:
            # The old list may contain models that the new backend does not have.
            self._source = name
            self._store(BUILT_IN)
        if source is not None:
            await self._refresh(source)
        return self._listed

    async def _refresh(self, source: ModelSource) -> None:
        try:
            self._store(await source.models())
        except BridgeError as error:
            _log.warning("Could not load the model list of %s: %s", source.name, error.message)
            # Keep the last list, and do not repeat a failing request for every client.
            self._until = self._clock() + RETRY_SECONDS
        else:
            self._until = self._clock() + FRESH_SECONDS
