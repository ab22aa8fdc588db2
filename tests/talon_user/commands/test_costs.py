"""No callback takes more than 20 ms, whatever an answer of 200 kB is used for."""

from __future__ import annotations

import base64

import pytest

from tests.talon_user.conftest import STRICT, load_world
from tests.talon_user.loopback import DONE, STREAM_HEAD, LoopbackBridge, build_delta
from tests.talon_user.scripted_stream import ScriptedBridge
from tests.talon_world import TalonWorld, gui
from tests.talon_world.apps import App, CodeEditor, Terminal

SENTENCES = "It has 200 kB, “quoted” and bold **words**. " * 5000
LINES = "    a line (of code)\n" * 10_000
# Each line of code is looked at, so short ones take the longest.
CODE = "```py\n" + "x\n" * 100_000 + "```\n"


def check_time(world: TalonWorld) -> None:
    world.advance(200)
    assert world.script.slowest < STRICT


@pytest.mark.parametrize("answer", [SENTENCES, LINES, CODE], ids=["sentences", "lines", "code"])
@pytest.mark.parametrize(
    ("words", "app"),
    [
        ("claude to clip ask hello", App),
        ("claude append ask hello", App),
        ("claude to browser ask hello", App),
        ("claude to window ask hello", App),
        ("claude aloud ask hello", App),
        ("claude here ask hello", CodeEditor),
        ("claude fix code", CodeEditor),
        ("claude here ask hello", Terminal),
        ("claude shell list the files", Terminal),
    ],
)
def test_a_long_answer_blocks_nothing(
    monkeypatch: pytest.MonkeyPatch, words: str, app: type[App], answer: str
) -> None:
    with load_world(community=True, gui={"canvas"}) as world:
        monkeypatch.setenv("PATH", "")  # so that no browser opens
        world.builtins["user.tts"] = lambda _text, _interrupt: None
        bridge = ScriptedBridge()
        bridge.attach(world, monkeypatch)
        window = world.open(app)
        window.write("one two three")
        window.select("two")
        world.clipboard.user_copies("mine")
        world.say(words)
        world.advance(1)
        bridge.answer(world, answer)
        check_time(world)
        world.say("claude stop")
        assert world.script.violations == []


def test_a_large_picture_blocks_nothing(world: TalonWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    png = bytes(range(256)) * 16_000
    monkeypatch.setattr(gui.Image, "data", lambda _image: png)
    notes = world.open()
    with LoopbackBridge(STREAM_HEAD, build_delta("A cat."), DONE) as bridge:
        world.set_setting("user.claude_bridge_url", bridge.url)
        world.say("claude on screen ask what is it")
        world.run_until(lambda: not world.cron_jobs)
        (picture, _) = bridge.body()["input"][0]["content"]
    assert picture["image_url"] == "data:image/png;base64," + base64.b64encode(png).decode()
    assert notes.text == "A cat."


@pytest.mark.parametrize(
    "words",
    [
        "claude fix all",
        "claude fix this",
        "claude on clip ask why",
        "claude apply clip",
        "claude remember all",
    ],
)
def test_a_long_source_blocks_nothing(
    world: TalonWorld, scripted: ScriptedBridge, words: str
) -> None:
    window = world.open()
    window.write(SENTENCES)
    window.select(SENTENCES[:-1])
    world.clipboard.user_copies(LINES)
    world.say(words)
    world.advance(1)
    world.say("claude ask hello")
    scripted.answer(world, "Hi.")
    check_time(world)


@pytest.mark.parametrize("key_wait", [1.0, 10.0])
@pytest.mark.parametrize("words", ["claude fix that", "claude undo"])
def test_a_long_selection_blocks_nothing_however_slow_keys_are(
    monkeypatch: pytest.MonkeyPatch, key_wait: float, words: str
) -> None:
    with load_world(community=True) as world:
        bridge = ScriptedBridge()
        bridge.attach(world, monkeypatch)
        world.set_setting("key_wait", key_wait)
        window = world.open()
        text = "some words " * 12
        if words == "claude undo":
            world.say("claude ask hello")
            bridge.answer(world, text)
        else:
            window.write(text)
            world.last_dictated = text
        world.say(words)
        check_time(world)
        assert window.text == ("" if words == "claude undo" else text)
        assert world.notifications == []


@pytest.mark.parametrize("key_wait", [1.0, 10.0])
def test_a_terminal_that_gets_single_keys_blocks_nothing(
    monkeypatch: pytest.MonkeyPatch, key_wait: float
) -> None:
    with load_world(community=True) as world:
        bridge = ScriptedBridge()
        bridge.attach(world, monkeypatch)
        world.set_setting("key_wait", key_wait)
        world.set_setting("user.paste_to_insert_threshold", 0)
        terminal = world.open(Terminal)
        world.say("claude ask hello")
        bridge.answer(world, "some words " * 20)
        check_time(world)
        assert terminal.text == "some words " * 20
