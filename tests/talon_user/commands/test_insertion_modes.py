"""Tests of each insert mode in each kind of app, through the real bridge."""

from __future__ import annotations

import pytest

from tests.fake_anthropic.script import Reply, Text
from tests.talon_user.commands.conftest import MakeTalk, Talk, cut_unevenly
from tests.talon_world.apps import (
    App,
    Chat,
    CodeEditor,
    CompletionPopup,
    SlowPaster,
    Terminal,
)

CODE = "def f(xs):\n    for x in xs:\n\tprint(g[x])\n\nend"
AWKWARD = {
    "crlf and tabs": "one\r\n\ttwo\r\n\r\n\tthree\r\n",
    "astral and combining": "🙂🏳️‍🌈e\u0301\u0323 Z\u0335\u0321 𝒳\u0301 한글 \u200d\u2066x\u2069.",
    "only whitespace pieces": "def f():\n    return 1\n\n\n    \n",
    "brackets and quotes": "f(a[0], {'b': \"c\"})\n",
}
EDITORS_LIKE = [App, SlowPaster, CompletionPopup, CodeEditor, Chat]


@pytest.mark.parametrize("app", EDITORS_LIKE)
@pytest.mark.parametrize("mode", ["stream", "lines", "at_end"])
@pytest.mark.parametrize("text", [CODE, *AWKWARD.values()], ids=["code", *AWKWARD])
async def test_an_answer_is_inserted_exactly(
    talk: Talk, app: type[App], mode: str, text: str
) -> None:
    talk.world.set_setting("user.claude_insert_mode", mode)
    talk.world.set_setting("user.claude_code_mode", False)
    window = talk.world.open(app)
    talk.world.clipboard.user_copies("mine", html="<b>mine</b>")
    talk.script_answers(text)
    await talk.say("claude ask something")
    assert window.text == text
    assert talk.world.clipboard.formats == {"text/plain": "mine", "html": "<b>mine</b>"}
    assert not getattr(window, "sent", [])


@pytest.mark.parametrize("app", EDITORS_LIKE)
async def test_an_answer_is_inserted_exactly_with_community(
    make_talk: MakeTalk, app: type[App]
) -> None:
    talk = make_talk(community=True)
    window = talk.world.open(app)
    talk.world.clipboard.user_copies("mine")
    talk.script_answers(CODE)
    await talk.say("claude ask something")
    assert (window.text, talk.world.clipboard.text) == (CODE, "mine")


async def test_a_code_editor_gets_whole_lines_by_default(talk: Talk) -> None:
    editor = talk.world.open(CodeEditor)
    talk.script_answers(CODE)
    await talk.say("claude ask something")
    assert editor.text == CODE


@pytest.mark.parametrize("mode", ["stream", "lines", "at_end"])
async def test_a_terminal_never_runs_anything(talk: Talk, mode: str) -> None:
    talk.world.set_setting("user.claude_insert_mode", mode)
    terminal = talk.world.open(Terminal)
    assert isinstance(terminal, Terminal)
    talk.script_answers("ls\r\n\x1b[2Jrm -r\tx\n" + "y" * 500)
    await talk.say("claude ask something")
    assert terminal.ran == []
    assert terminal.text == "ls   [2Jrm -r x " + "y" * 500
    assert talk.notes == [
        "Line breaks were replaced with spaces, because a terminal would run each line."
    ]


@pytest.mark.parametrize("mode", ["stream", "lines", "at_end"])
async def test_two_hundred_kilobytes_arrive_without_blocking_speech(talk: Talk, mode: str) -> None:
    talk.world.set_setting("user.claude_insert_mode", mode)
    text = "".join(f"{number} häßlich 🙂 lines\n" for number in range(8000))
    assert len(text.encode()) > 200_000
    talk.fake.script(Reply((Text(text, tuple(text[i : i + 64] for i in range(0, len(text), 64))),)))
    window = talk.world.open()
    await talk.say("claude ask for much")
    assert window.text == text
    assert talk.world.script.slowest < 0.02


async def test_a_very_long_line_is_streamed(talk: Talk) -> None:
    text = "word " * 5000
    talk.fake.script(Reply((Text(text, tuple(text[i : i + 50] for i in range(0, len(text), 50))),)))
    window = talk.world.open()
    await talk.say("claude ask for much")
    assert window.text == text


async def test_prose_is_inserted_before_the_answer_ends(talk: Talk) -> None:
    text = "the first"
    talk.fake.script(Reply((Text(text, cut_unevenly(text)), Text(" second")), delay=0.05))
    window = talk.world.open()
    talk.world.say("claude ask something")
    await talk.wait_until(lambda: window.text)
    assert window.text != "the first second"
    await talk.wait_until_idle()
    assert window.text == "the first second"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("```python\n    def f():\n\treturn 1\n```\n", "    def f():\n\treturn 1"),
        ("~~~\nx\n```\ny\n~~~", "x\n```\ny"),
        ("```\nnever closed", "never closed"),
        ("x = 1\ny = 2", "x = 1\ny = 2"),
    ],
)
@pytest.mark.parametrize("mode", ["lines", "at_end"])
async def test_code_is_inserted_without_fences(
    talk: Talk, mode: str, answer: str, code: str
) -> None:
    talk.world.set_setting("user.claude_insert_mode", mode)
    editor = talk.world.open(CodeEditor)
    talk.script_answers(answer)
    await talk.say("claude ask for code")
    assert (editor.text, talk.notes) == (code, [])
    assert "If the user asks for code" in talk.read_instructions()


@pytest.mark.parametrize(
    "answer",
    [
        "It adds the numbers.",
        "It calls `f`, like this:\n\n```python\nf()\n```\nThen it ends.",
        "`f` adds the numbers.",
        "\n~ 3 seconds",
    ],
)
async def test_an_answer_in_prose_is_inserted_into_an_editor_as_it_is(
    talk: Talk, answer: str
) -> None:
    editor = talk.world.open(CodeEditor)
    talk.script_answers(answer)
    await talk.say("claude ask what does this do")
    assert (editor.text, talk.notes) == (answer, [])


async def test_what_follows_a_code_block_is_inserted_too(talk: Talk) -> None:
    editor = talk.world.open(CodeEditor)
    talk.script_answers("```python\nf()\n```\nThen it ends.")
    await talk.say("claude ask for code")
    assert editor.text == "f()\nThen it ends."


async def test_prose_is_streamed_into_an_editor(talk: Talk) -> None:
    talk.fake.script(Reply((Text("first line\n"), Text("second")), delay=0.1))
    editor = talk.world.open(CodeEditor)
    talk.world.say("claude ask what does this do")
    await talk.wait_until(lambda: editor.text == "first line\n")
    await talk.wait_until_idle()
    assert editor.text == "first line\nsecond"


async def test_prose_keeps_its_fences(talk: Talk, notes: App) -> None:
    talk.script_answers("Do:\n```\nx\n```\n")
    await talk.say("claude ask for help")
    assert notes.text == "Do:\n```\nx\n```\n"
    assert "fenced" not in talk.read_instructions()


async def test_a_prompt_for_code_replaces_code_with_code(talk: Talk) -> None:
    editor = talk.world.open(CodeEditor)
    editor.write("class A:\n    def f(self):\n        pass\n")
    editor.select("    def f(self):\n        pass")
    doc = '    def f(self):\n        """F."""\n        pass'
    talk.script_answers(f"Sure:\n```python\n{doc}\n```")
    await talk.say("claude add docstring")
    assert editor.text == f"class A:\n{doc}\n"
