"""Tests of answers in the browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.settings import find_paths
from tests.talon_user.commands.conftest import Talk, install_program
from tests.talon_world.apps import App


@pytest.fixture
def opened_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which a fake `xdg-open` writes each path as a line."""
    opened_paths = tmp_path / "opened"
    opened_paths.touch()
    install_program(tmp_path / "bin" / "xdg-open", f'echo "$1" >> {opened_paths}', monkeypatch)
    return opened_paths


async def test_an_answer_is_shown_in_the_browser(
    talk: Talk, notes: App, opened_paths: Path
) -> None:
    talk.script_answers("<b>bold</b> & more\n\nend", "Second.")
    await talk.say("claude to browser ask for html")
    page = find_paths().data / "talon-answer.html"
    await talk.wait_until(opened_paths.read_text)
    assert opened_paths.read_text() == f"{page}\n"
    assert page.stat().st_mode & 0o777 == 0o600
    assert "<main>&lt;b&gt;bold&lt;/b&gt; &amp; more\n\nend</main>" in page.read_text("utf-8")
    assert "<h1>for html</h1>" in page.read_text("utf-8")
    assert (notes.text, talk.notes) == ("", [])
    await talk.say("claude to browser ask again")
    assert "Second." in page.read_text("utf-8")
    assert "bold" not in page.read_text("utf-8")


async def test_without_a_browser_the_file_is_named(
    talk: Talk, notes: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    await talk.say("claude to browser ask for html")
    page = find_paths().data / "talon-answer.html"
    assert talk.notes == [
        f"No browser could be opened: No such file or directory. The answer is in {page}."
    ]
