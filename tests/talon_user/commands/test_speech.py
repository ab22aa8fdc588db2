"""Answers read aloud, sentence by sentence."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import pytest

from tests.fake_anthropic.script import Reply, Text
from tests.talon_user.commands.conftest import Talk
from tests.talon_world.apps import App


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system with a voice; what it says is kept, a line for each sentence."""
    kept = tmp_path / "said"
    kept.touch()
    program = tmp_path / "bin" / "spd-say"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ncat >> {kept}\nexec sleep 0.2\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return kept


async def test_sentences_are_said_one_by_one_without_their_marks(
    talk: Talk, notes: App, said: Path
) -> None:
    talk.answers("It is **so**. And `that` is all.\n\n- Bye!")
    await talk.say("claude to speech ask why")
    assert said.read_text() == "It is so.\nAnd that is all.\nBye!\n"
    assert (notes.text, talk.notes) == ("", [])
    assert "read aloud" in talk.told()


async def test_the_first_is_said_while_the_rest_is_written(talk: Talk, said: Path) -> None:
    pieces = ("One. ", "Two", " and", " three.")
    talk.fake.script(Reply((Text("".join(pieces), pieces),), delay=0.15))
    talk.world.say("claude aloud ask why")
    await talk.until(said.read_text)
    assert said.read_text() == "One.\n"
    await talk.idle()
    assert said.read_text() == "One.\nTwo and three.\n"


async def test_it_is_silent_at_once_when_it_is_stopped(talk: Talk, said: Path) -> None:
    talk.answers("One. " * 40)
    talk.world.say("claude speech ask why")
    await talk.until(said.read_text)
    start = time.perf_counter()
    await talk.say("claude stop")
    assert time.perf_counter() - start < 1
    assert said.read_text().count("One.") < 5


async def test_read_aloud_is_a_prompt(talk: Talk, notes: App, said: Path) -> None:
    notes.write("Bonjour.")
    notes.select("Bonjour.")
    talk.answers("Bonjour.")
    await talk.say("claude read aloud")
    assert said.read_text() == "Bonjour.\n"


async def test_without_a_voice_it_says_what_to_install(
    talk: Talk, notes: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    await talk.say("claude to speech ask why")
    said = "No voice found to read the answer aloud. On Linux, install speech-dispatcher."
    assert talk.notes == [said]
    assert talk.fake.bodies("/v1/messages") == []


@pytest.mark.parametrize("action", ["tts", "robot_tts"])
async def test_sight_free_talons_voice_is_taken_where_it_is(
    talk: Talk, notes: App, said: Path, action: str
) -> None:
    spoken: list[tuple[float, str]] = []

    def robot_tts(text: str) -> None:
        spoken.append((talk.world.script.now, text))

    def tts(text: str, interrupt: bool = True) -> None:
        assert not interrupt
        robot_tts(text)

    talk.world.builtins[f"user.{action}"] = {"tts": tts, "robot_tts": robot_tts}[action]
    talk.answers("One two three four. And five.")
    await talk.say("claude to speech ask why")
    assert [text for _, text in spoken] == ["One two three four.", "And five."]
    assert spoken[1][0] - spoken[0][0] >= 4 * 0.4
    assert said.read_text() == ""
