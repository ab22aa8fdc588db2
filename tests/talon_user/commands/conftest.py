"""Fixtures: a fake Talon with our package, connected to a real bridge with a fake upstream."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Collection
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest

from bridge.server.state import Bridge
from tests.fake_anthropic.script import Reply, Text
from tests.fake_anthropic.server import FakeAnthropic
from tests.talon_user.conftest import load_world
from tests.talon_world import TalonWorld
from tests.talon_world.apps import App


@dataclass
class Talk:
    """One Talon, one real bridge, one fake upstream."""

    world: TalonWorld
    bridge: Bridge
    fake: FakeAnthropic

    async def say(self, words: str) -> None:
        """Say something, and wait until everything has finished."""
        self.world.say(words)
        await self.wait_until_idle()

    async def wait_until_idle(self) -> None:
        """Wait until no cron job is left and the apps have processed their keys."""
        await self.world.run_until_async(lambda: not self.world.cron_jobs)
        self.world.advance(1)

    async def wait_until(self, happened: Any) -> None:
        """Wait until `happened()`."""
        await self.world.run_until_async(happened)

    def script_answers(self, *texts: str) -> None:
        """Script Claude's answers to the next questions, in uneven pieces."""
        self.fake.script(*(Reply((Text(text, cut_unevenly(text)),)) for text in texts))

    def read_question(self, index: int = -1) -> str:
        """Return the text of the newest user turn of a request."""
        content = self.fake.bodies("/v1/messages")[index]["messages"][-1]["content"]
        return "".join(block.get("text", "") for block in content)

    def read_instructions(self, index: int = -1) -> str:
        """Return the system prompt of a request."""
        return str(self.fake.bodies("/v1/messages")[index].get("system", ""))

    async def stop_bridge(self) -> None:
        """Stop the bridge, and wait until nothing listens there."""
        address = urlsplit(self.bridge.url)
        self.bridge.stop_requested.set()
        async with asyncio.timeout(30):
            with suppress(OSError):
                while True:
                    _, writer = await asyncio.open_connection(address.hostname, address.port)
                    writer.close()
                    await asyncio.sleep(0.01)

    @property
    def notes(self) -> list[str]:
        """The notifications that Talon has shown."""
        return self.world.notifications


class MakeTalk(Protocol):
    """Creates a Talk with these options."""

    def __call__(
        self, *, community: bool = ..., cursorless: bool = ..., gui: Collection[str] = ...
    ) -> Talk: ...


def install_program(path: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a program as a shell script, and put its folder first on the PATH."""
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(path.parent), prepend=":")


def cut_unevenly(text: str) -> tuple[str, ...]:
    """Cut a text unevenly: inside words, across words, and inside visible characters."""
    cuts, at, size = [], 0, 1
    while at < len(text):
        cuts.append(text[at : at + size])
        at, size = at + size, size % 7 + 2
    return tuple(cuts)


@pytest.fixture
async def make_talk(bridge: Bridge, fake: FakeAnthropic) -> AsyncIterator[MakeTalk]:
    with ExitStack() as stack:

        def make(**options: Any) -> Talk:
            world = stack.enter_context(load_world(**options))
            world.set_setting("user.claude_bridge_url", bridge.url)
            stack.callback(check, world)
            return Talk(world, bridge, fake)

        def check(world: TalonWorld) -> None:
            assert world.script.violations == []

        yield make


@pytest.fixture
def talk(make_talk: MakeTalk) -> Talk:
    """A Talk without community and without a GUI library."""
    return make_talk()


@pytest.fixture(params=["bare", "community"])
def any_talk(make_talk: MakeTalk, request: pytest.FixtureRequest) -> Talk:
    """A Talk, once without community and once with it."""
    return make_talk(community=request.param == "community")


@pytest.fixture
def notes(talk: Talk) -> App:
    """A focused plain text field."""
    return talk.world.open()
