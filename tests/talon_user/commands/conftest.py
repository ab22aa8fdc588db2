"""Somebody who speaks to a Talon that has our package and a real bridge behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from bridge.server.state import Bridge
from tests.fake_anthropic.script import Reply, Text
from tests.fake_anthropic.server import FakeAnthropic
from tests.talon_user.conftest import loaded
from tests.talon_world import TalonWorld
from tests.talon_world.apps import App


@dataclass
class Talk:
    """One Talon, one real bridge, one fake upstream."""

    world: TalonWorld
    bridge: Bridge
    fake: FakeAnthropic

    async def say(self, words: str) -> None:
        """Say something, and wait until nothing goes on any more."""
        self.world.say(words)
        await self.idle()

    async def idle(self) -> None:
        """Wait until nothing goes on any more, and the apps have done what they were told."""
        await self.world.run_until_async(lambda: not self.world.cron_jobs, 10)
        self.world.advance(1)

    async def until(self, happened: Any) -> None:
        """Wait until `happened()`."""
        await self.world.run_until_async(happened, 10)

    def answers(self, *texts: str) -> None:
        """Have Claude answer the coming questions with these texts, in uneven pieces."""
        self.fake.script(*(Reply((Text(text, in_pieces(text)),)) for text in texts))

    def asked(self, index: int = -1) -> str:
        """Return the text of the newest user turn of a request."""
        content = self.fake.bodies("/v1/messages")[index]["messages"][-1]["content"]
        return "".join(block.get("text", "") for block in content)

    def told(self, index: int = -1) -> str:
        """Return what a request says besides the conversation."""
        return str(self.fake.bodies("/v1/messages")[index].get("system", ""))

    @property
    def notes(self) -> list[str]:
        """What Talon has notified the user of."""
        return self.world.notifications


class MakeTalk(Protocol):
    """Starts a Talon with these options."""

    def __call__(
        self, *, community: bool = ..., cursorless: bool = ..., gui: Collection[str] = ...
    ) -> Talk: ...


def in_pieces(text: str) -> tuple[str, ...]:
    """Cut a text unevenly: in words, across words, across what is seen as one character."""
    cuts, at, size = [], 0, 1
    while at < len(text):
        cuts.append(text[at : at + size])
        at, size = at + size, size % 7 + 2
    return tuple(cuts)


@pytest.fixture
async def make_talk(bridge: Bridge, fake: FakeAnthropic) -> AsyncIterator[MakeTalk]:
    with ExitStack() as stack:

        def make(**options: Any) -> Talk:
            world = stack.enter_context(loaded(**options))
            world.set_setting("user.claude_bridge_url", bridge.url)
            stack.callback(check, world)
            return Talk(world, bridge, fake)

        def check(world: TalonWorld) -> None:
            assert world.script.violations == []

        yield make


@pytest.fixture
def talk(make_talk: MakeTalk) -> Talk:
    """Without community, without anything to draw with."""
    return make_talk()


@pytest.fixture(params=["bare", "community"])
def any_talk(make_talk: MakeTalk, request: pytest.FixtureRequest) -> Talk:
    """Once without community, once with it."""
    return make_talk(community=request.param == "community")


@pytest.fixture
def notes(talk: Talk) -> App:
    """A plain text field with the focus."""
    return talk.world.open()
