"""Tests from the spoken words to the text in the app, with a scripted bridge on a socket."""

import asyncio
import socket

import pytest

from tests.talon_user.loopback import (
    DONE,
    STREAM_HEAD,
    LoopbackBridge,
    Step,
    build_delta,
    build_error,
    build_incomplete,
    wait_for_hang_up,
    wait_for_release,
)
from tests.talon_world import TalonWorld
from tests.talon_world.apps import (
    App,
    Chat,
    CodeEditor,
    CompletionPopup,
    SlowPaster,
    Terminal,
)

CODE = "def f(xs):\n    for x in xs:\n\tprint(g[x])\n\nend"
PIECES = [CODE[i : i + 4] for i in range(0, len(CODE), 4)]


def build_reply(*pieces: str) -> tuple[Step, ...]:
    return (STREAM_HEAD, *(build_delta(piece) for piece in pieces), DONE)


def ask(world: TalonWorld, bridge: LoopbackBridge, question: str = "hello") -> None:
    world.set_setting("user.claude_bridge_url", bridge.url)
    world.say(f"claude ask {question}")


def run_to_end(world: TalonWorld) -> None:
    world.run_until(lambda: not world.cron_jobs)
    world.advance(1)


def test_a_spoken_question_is_sent_and_the_answer_inserted(any_world: TalonWorld) -> None:
    notes = any_world.open()
    with LoopbackBridge(*build_reply("Two and two", " are\n\n", "four. 🙂 ")) as bridge:
        ask(any_world, bridge, "what is two plus two")
        assert notes.text == ""
        run_to_end(any_world)
    question = [{"type": "input_text", "text": "what is two plus two"}]
    assert bridge.body()["input"] == [{"role": "user", "content": question}]
    assert bridge.body()["model"] == "default"
    assert notes.text == "Two and two are\n\nfour. 🙂 "
    assert any_world.notifications == []


@pytest.mark.parametrize("app", [App, SlowPaster, CompletionPopup, CodeEditor])
@pytest.mark.parametrize("mode", ["lines", "at_end"])
def test_code_is_exact_when_it_is_pasted(world: TalonWorld, app: type[App], mode: str) -> None:
    world.set_setting("user.claude_insert_mode", mode)
    window = world.open(app)
    with LoopbackBridge(*build_reply(*PIECES)) as bridge:
        ask(world, bridge)
        run_to_end(world)
    assert window.text == CODE


@pytest.mark.parametrize("app", [App, SlowPaster, CompletionPopup])
def test_streamed_text_is_exact_in_a_plain_field(world: TalonWorld, app: type[App]) -> None:
    window = world.open(app)
    world.clipboard.user_copies("mine")
    with LoopbackBridge(*build_reply(*PIECES)) as bridge:
        ask(world, bridge)
        run_to_end(world)
    assert window.text == CODE
    assert world.clipboard.text == "mine"


def test_a_code_editor_gets_whole_lines_without_any_setting(world: TalonWorld) -> None:
    editor = world.open(CodeEditor)
    with LoopbackBridge(*build_reply(*PIECES)) as bridge:
        ask(world, bridge)
        run_to_end(world)
    assert editor.text == CODE


def test_an_answer_never_sends_a_chat_message(world: TalonWorld) -> None:
    chat = world.open(Chat)
    assert isinstance(chat, Chat)
    with LoopbackBridge(*build_reply("Dear all,\n", "\nyes.\n")) as bridge:
        ask(world, bridge)
        run_to_end(world)
    assert (chat.text, chat.sent) == ("Dear all,\n\nyes.\n", [])


@pytest.mark.parametrize("mode", ["stream", "lines", "at_end"])
def test_an_answer_runs_nothing_in_a_terminal(world: TalonWorld, mode: str) -> None:
    world.set_setting("user.claude_insert_mode", mode)
    terminal = world.open(Terminal)
    assert isinstance(terminal, Terminal)
    with LoopbackBridge(*build_reply("ls\n", "rm -r x\n")) as bridge:
        ask(world, bridge)
        run_to_end(world)
    assert (terminal.text, terminal.ran) == ("ls rm -r x ", [])
    assert world.notifications == [
        "Line breaks were replaced with spaces, because a terminal would run each line."
    ]


def test_a_terminal_is_recognized_by_talons_tag(world: TalonWorld) -> None:
    window = world.open()
    world.tags.add("terminal")
    with LoopbackBridge(*build_reply("a\nb")) as bridge:
        ask(world, bridge)
        run_to_end(world)
    assert window.text == "a b"


def test_all_clipboard_formats_are_restored(world: TalonWorld) -> None:
    world.open()
    world.clipboard.user_copies("mine", html="<b>mine</b>")
    with LoopbackBridge(*build_reply("a\n", "b\n")) as bridge:
        ask(world, bridge)
        run_to_end(world)
    assert world.clipboard.formats == {"text/plain": "mine", "html": "<b>mine</b>"}


def test_a_copy_during_the_stream_survives(world: TalonWorld) -> None:
    notes = world.open()
    world.clipboard.user_copies("old")
    steps = (
        STREAM_HEAD,
        build_delta("a\n"),
        wait_for_release,
        build_delta("b\n"),
        build_delta("c\n"),
        DONE,
    )
    with LoopbackBridge(*steps) as bridge:
        ask(world, bridge)
        world.run_until(lambda: notes.text == "a\n")
        world.clipboard.user_copies("new")
        bridge.release.set()
        run_to_end(world)
        world.say("claude resume")
        run_to_end(world)
    assert (notes.text, world.clipboard.text) == ("a\nb\nc\n", "new")


def test_a_copy_after_the_last_paste_survives(world: TalonWorld) -> None:
    notes = world.open()
    world.clipboard.user_copies("old")
    with LoopbackBridge(*build_reply("a\n")) as bridge:
        ask(world, bridge)
        world.run_until(lambda: notes.text == "a\n")
        world.clipboard.user_copies("new")
        run_to_end(world)
    assert world.clipboard.text == "new"


def test_a_short_visit_to_another_window_pauses(world: TalonWorld) -> None:
    notes = world.open()
    with LoopbackBridge(
        STREAM_HEAD, build_delta("a "), wait_for_release, build_delta("b"), DONE
    ) as bridge:
        ask(world, bridge)
        world.run_until(lambda: notes.text == "a ")
        world.open(title="other")
        notes.focus()
        bridge.release.set()
        world.advance(2)
        assert (notes.text, len(world.notifications)) == ("a ", 1)
        world.say("claude resume")
        run_to_end(world)
    assert notes.text == "a b"


def test_an_unreported_change_of_window_pauses(world: TalonWorld) -> None:
    world.open()
    with LoopbackBridge(STREAM_HEAD, wait_for_release) as bridge:
        ask(world, bridge)
        world.focused = App(world, "other")
        world.advance(0.1)
        assert len(world.notifications) == 1
        world.say("claude stop")


def test_another_window_gets_nothing_and_resume_continues(world: TalonWorld) -> None:
    notes, other = world.open(title="notes"), App(world, "other")
    world.clipboard.user_copies("mine")
    with LoopbackBridge(
        STREAM_HEAD, build_delta("a\n"), wait_for_release, build_delta("b\n"), DONE
    ) as bridge:
        ask(world, bridge)
        world.run_until(lambda: notes.text == "a\n")
        other.focus()
        bridge.release.set()
        world.run_until(lambda: world.clipboard.text == "mine")
        world.advance(5)
        world.say("claude resume")
        assert (notes.text, other.text) == ("a\n", "")
        notes.focus()
        world.say("claude resume")
        run_to_end(world)
    assert (notes.text, other.text) == ("a\nb\n", "")
    notice = (
        "Paused because another window has the focus. Go back and say “claude resume”, or say "
        "“claude here” to continue in this window."
    )
    assert world.notifications == [notice, notice]


def test_claude_here_continues_in_the_focused_window(world: TalonWorld) -> None:
    notes = world.open()
    with LoopbackBridge(
        STREAM_HEAD, build_delta("a\n"), wait_for_release, build_delta("b\n"), DONE
    ) as bridge:
        ask(world, bridge)
        world.run_until(lambda: notes.text == "a\n")
        other = world.open(CodeEditor)
        bridge.release.set()
        world.advance(1)
        world.say("claude here")
        run_to_end(world)
    assert (notes.text, other.text) == ("a\n", "b\n")


def test_another_command_pauses_the_insertion(world: TalonWorld) -> None:
    notes = world.open()
    with LoopbackBridge(
        STREAM_HEAD, build_delta("one "), wait_for_release, build_delta("two"), DONE
    ) as bridge:
        ask(world, bridge)
        world.run_until(lambda: notes.text == "one ")
        world.add_commands("tail: key(end)\n")
        world.say("tail")
        bridge.release.set()
        world.advance(2)
        assert notes.text == "one "
        world.say("claude resume")
        run_to_end(world)
    assert notes.text == "one two"
    assert world.notifications == [
        "Paused because you spoke. Say “claude resume” or “claude stop”."
    ]


def test_speech_while_talon_sleeps_does_not_pause(world: TalonWorld) -> None:
    notes = world.open()
    with LoopbackBridge(
        STREAM_HEAD, build_delta("one "), wait_for_release, build_delta("two"), DONE
    ) as bridge:
        ask(world, bridge)
        world.run_until(lambda: notes.text == "one ")
        world.speech_enabled = False
        world.say("hello there")
        bridge.release.set()
        run_to_end(world)
    assert notes.text == "one two"


def test_stop_closes_the_stream_and_restores_the_clipboard(world: TalonWorld) -> None:
    slow = world.open(SlowPaster)
    world.clipboard.user_copies("mine")
    with LoopbackBridge(STREAM_HEAD, build_delta("a\n"), wait_for_hang_up) as bridge:
        ask(world, bridge)
        world.run_until(lambda: world.clipboard.text == "a\n")
        world.say("claude stop")
        assert bridge.client_closed.wait(30)
        run_to_end(world)
    assert (slow.text, world.clipboard.text) == ("a\n", "mine")
    assert world.notifications == []


def test_stop_without_a_task_is_reported(world: TalonWorld) -> None:
    world.say("claude stop")
    assert world.notifications == ["Nothing to stop."]


def test_a_second_question_waits_for_the_first(world: TalonWorld) -> None:
    notes = world.open()
    steps = (STREAM_HEAD, build_delta("a "), wait_for_release, build_delta("b "), DONE)
    with LoopbackBridge(*steps) as bridge:
        ask(world, bridge, "first")
        world.run_until(lambda: notes.text == "a ")
        ask(world, bridge, "second")
        world.advance(1)
        assert len(bridge.requests) == 1
        bridge.release.set()
        run_to_end(world)
    assert notes.text == "a b a b "
    assert bridge.body(1)["input"][0]["content"][0]["text"] == "second"


def test_stop_drops_queued_questions(world: TalonWorld) -> None:
    notes = world.open()
    with LoopbackBridge(STREAM_HEAD, build_delta("a "), wait_for_hang_up) as bridge:
        ask(world, bridge, "first")
        world.run_until(lambda: notes.text == "a ")
        ask(world, bridge, "second")
        world.say("claude stop")
        run_to_end(world)
    assert (notes.text, len(bridge.requests), world.notifications) == ("a ", 1, [])


def test_a_bridge_that_is_not_running_is_reported(any_world: TalonWorld) -> None:
    any_world.open()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    any_world.set_setting("user.claude_bridge_url", f"http://127.0.0.1:{port}")
    any_world.say("claude ask hello")
    run_to_end(any_world)
    assert any_world.notifications == [
        f"The Claude bridge is not running at 127.0.0.1:{port}. "
        "Start it from its tray icon or run claude-bridge."
    ]


def test_an_http_errors_message_is_shown(world: TalonWorld) -> None:
    world.open()
    with LoopbackBridge(build_error("429 Too Many Requests", "Wait for 20 s.")) as bridge:
        ask(world, bridge)
        run_to_end(world)
    assert world.notifications == ["Wait for 20 s."]


def test_text_before_a_failure_is_inserted(world: TalonWorld) -> None:
    world.set_setting("user.claude_insert_mode", "at_end")
    notes = world.open()
    with LoopbackBridge(STREAM_HEAD, build_delta("half")) as bridge:
        ask(world, bridge)
        run_to_end(world)
    assert notes.text == "half"
    assert world.notifications == [
        "The bridge closed the connection before the answer was complete. "
        "Say “claude retry” to ask again."
    ]


def test_an_answer_at_its_length_limit_is_reported(world: TalonWorld) -> None:
    world.open()
    with LoopbackBridge(
        STREAM_HEAD, build_delta("half"), build_incomplete("max_output_tokens")
    ) as bridge:
        ask(world, bridge)
        run_to_end(world)
    assert world.notifications == [
        "Claude's answer reached its length limit. Say “claude continue”."
    ]


def test_without_a_window_nothing_is_sent(world: TalonWorld) -> None:
    with LoopbackBridge(*build_reply("hi")) as bridge:
        ask(world, bridge)
        assert (world.cron_jobs, bridge.requests) == ([], [])
    assert world.notifications == ["No window has the focus. Focus a window first."]


async def test_a_bridge_in_the_same_event_loop_can_answer(world: TalonWorld) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(STREAM_HEAD + build_delta("hi") + DONE)
        await writer.drain()
        writer.close()

    notes = world.open()
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        world.set_setting("user.claude_bridge_url", f"http://127.0.0.1:{port}")
        world.say("claude ask hello")
        await world.run_until_async(lambda: not world.cron_jobs)
    assert notes.text == "hi"


@pytest.mark.parametrize(
    ("name", "value"), [("bridge_url", "https://x"), ("api_key", "a\nb"), ("insert_mode", "fast")]
)
def test_a_bad_setting_is_reported(world: TalonWorld, name: str, value: str) -> None:
    world.open()
    with LoopbackBridge(*build_reply("hi")) as bridge:
        world.set_setting("user.claude_bridge_url", bridge.url)
        world.set_setting(f"user.claude_{name}", value)
        world.say("claude ask hello")
        run_to_end(world)
    (sentence,) = world.notifications
    assert f"user.claude_{name}" in sentence


def test_a_bad_setting_leaves_no_cron_job(world: TalonWorld) -> None:
    world.open()
    world.set_setting("user.claude_bridge_url", "https://x")
    world.say("claude models")
    world.say("claude stop")
    assert world.cron_jobs == []


def test_a_reload_during_a_stream_cleans_up(world: TalonWorld) -> None:
    notes = world.open()
    world.clipboard.user_copies("mine")
    with LoopbackBridge(STREAM_HEAD, build_delta("a\n"), wait_for_hang_up) as bridge:
        ask(world, bridge)
        world.run_until(lambda: notes.text == "a\n")
        assert world.clipboard.text == "a\n"
        world.reload()
        assert bridge.client_closed.wait(30)
        # The new copy asks which models there are, and restores the clipboard.
        world.run_until(lambda: not world.cron_jobs)
        assert world.clipboard.text == "mine"
    with LoopbackBridge(*build_reply("again")) as bridge:
        ask(world, bridge)
        run_to_end(world)
    assert notes.text == "a\nagain"


def test_no_callback_blocks_speech(world: TalonWorld) -> None:
    notes = world.open()
    long = "word " * 20_000
    with LoopbackBridge(*build_reply(long, "\n", long)) as bridge:
        ask(world, bridge)
        run_to_end(world)
    assert notes.text == f"{long}\n{long}"
    assert world.script.slowest < 0.2


def test_an_exception_in_a_step_cleans_up(world: TalonWorld) -> None:
    world.open()

    def broken(text: str) -> None:
        raise RuntimeError("the app is gone")

    world.builtins["insert"] = broken
    with LoopbackBridge(STREAM_HEAD, build_delta("a "), wait_for_hang_up) as bridge:
        ask(world, bridge)
        run_to_end(world)
        assert bridge.client_closed.wait(30)
    assert world.cron_jobs == []
    assert world.notifications == [
        "That did not work because of an error: the app is gone. Talon's log has the details."
    ]
