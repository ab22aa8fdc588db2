"""Tests of answers that are read aloud."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.fake_anthropic.script import Reply, Text
from tests.talon_user.commands.conftest import Talk, install_program
from tests.talon_world.apps import App


@pytest.fixture
def spoken_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which a fake voice writes each sentence as a line."""
    spoken_lines = tmp_path / "said"
    spoken_lines.touch()
    install_program(
        tmp_path / "bin" / "spd-say", f"cat >> {spoken_lines}\nexec sleep 0.2", monkeypatch
    )
    return spoken_lines


async def test_sentences_are_spoken_without_markdown(
    talk: Talk, notes: App, spoken_lines: Path
) -> None:
    talk.script_answers("It is **so**. And `that` is all.\n\n- Bye!")
    await talk.say("claude to speech ask why")
    assert spoken_lines.read_text() == "It is so.\nAnd that is all.\nBye!\n"
    assert (notes.text, talk.notes) == ("", [])
    assert "read aloud" in talk.read_instructions()


async def test_speech_starts_while_the_answer_arrives(talk: Talk, spoken_lines: Path) -> None:
    pieces = ("One. ", "Two", " and", " three.")
    talk.fake.script(Reply((Text("".join(pieces), pieces),), delay=0.15))
    talk.world.say("claude aloud ask why")
    await talk.wait_until(spoken_lines.read_text)
    assert spoken_lines.read_text() == "One.\n"
    await talk.wait_until_idle()
    assert spoken_lines.read_text() == "One.\nTwo and three.\n"


async def test_stop_silences_speech_at_once(talk: Talk, spoken_lines: Path) -> None:
    talk.script_answers("One. " * 40)
    talk.world.say("claude speech ask why")
    await talk.wait_until(spoken_lines.read_text)
    start = time.perf_counter()
    await talk.say("claude stop")
    assert time.perf_counter() - start < 10
    assert spoken_lines.read_text().count("One.") < 5


async def test_read_aloud_speaks_the_selection(talk: Talk, notes: App, spoken_lines: Path) -> None:
    notes.write("Bonjour.")
    notes.select("Bonjour.")
    talk.script_answers("Bonjour.")
    await talk.say("claude read aloud")
    assert spoken_lines.read_text() == "Bonjour.\n"


async def test_a_missing_voice_is_reported_with_a_hint(
    talk: Talk, notes: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    await talk.say("claude to speech ask why")
    notice = "No voice found to read the answer aloud. On Linux, install speech-dispatcher."
    assert talk.notes == [notice]
    assert talk.fake.bodies("/v1/messages") == []


@pytest.mark.parametrize("action", ["tts", "robot_tts"])
async def test_sight_free_talon_is_preferred(
    talk: Talk, notes: App, spoken_lines: Path, action: str
) -> None:
    spoken: list[tuple[float, str]] = []

    def robot_tts(text: str) -> None:
        spoken.append((talk.world.script.now, text))

    def tts(text: str, interrupt: bool = True) -> None:
        assert not interrupt
        robot_tts(text)

    talk.world.builtins[f"user.{action}"] = {"tts": tts, "robot_tts": robot_tts}[action]
    talk.script_answers("One two three four. And five.")
    await talk.say("claude to speech ask why")
    assert [text for _, text in spoken] == ["One two three four.", "And five."]
    assert spoken[1][0] - spoken[0][0] >= 4 * 0.4
    assert spoken_lines.read_text() == ""
