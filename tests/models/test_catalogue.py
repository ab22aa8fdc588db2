"""The list of models: live, cached, with the built-in table as fallback."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bridge.errors import UpstreamUnreachable
from bridge.models.catalogue import BUILT_IN, Catalogue, ListedModel
from bridge.models.retirement import has_retired

NEW = ListedModel("claude-opus-6", "Claude Opus 6", 1)
GONE = ListedModel("claude-opus-1", "Claude Opus 1", 1, lifecycle="retired")


class Lister:
    name = "anthropic"

    def __init__(self) -> None:
        self.asked = 0
        self.down = False

    async def models(self) -> Sequence[ListedModel]:
        self.asked += 1
        if self.down:
            raise UpstreamUnreachable("down")
        return [NEW, GONE]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_without_a_backend_the_built_in_table_is_listed() -> None:
    assert await Catalogue(Clock()).list_models(None) == BUILT_IN
    assert BUILT_IN[0].display_name == "Claude Fable 5.2"


async def test_the_list_is_loaded_once_in_ten_minutes_without_retired_models() -> None:
    clock, lister = Clock(), Lister()
    catalogue = Catalogue(clock)
    assert [await catalogue.list_models(lister) for _ in range(3)] == [[NEW]] * 3
    assert lister.asked == 1
    assert catalogue.ids == {"claude-opus-6"}
    clock.now = 601
    await catalogue.list_models(lister)
    assert lister.asked == 2


async def test_the_last_list_stays_while_the_backend_fails() -> None:
    clock, lister = Clock(), Lister()
    catalogue = Catalogue(clock)
    await catalogue.list_models(lister)
    lister.down, clock.now = True, 601
    assert await catalogue.list_models(lister) == [NEW]


async def test_the_built_in_table_stays_if_the_backend_never_answers() -> None:
    lister = Lister()
    lister.down = True
    assert await Catalogue(Clock()).list_models(lister) == BUILT_IN


async def test_a_model_listed_as_retired_is_known_by_its_day() -> None:
    catalogue = Catalogue(Clock())
    await catalogue.list_models(Lister())
    assert has_retired("claude-opus-1", catalogue.retirements, date(2026, 1, 1))
    assert not has_retired("claude-opus-6", catalogue.retirements, date(2099, 1, 1))
