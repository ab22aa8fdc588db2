"""`claude-bridge ask`: a question, its context from a pipe, and how it can fail."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bridge.cli.main import main
from tests.cli.fake_server import answer_with
from tests.cli.started_server import StartedServer, run_command

TOKEN = "the-control-token"


def test_the_answer_goes_to_stdout_and_a_pipe_is_the_context(server: StartedServer) -> None:
    result = run_command(server.home, "ask", "What", "is it?", text="  a teapot\n")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "[bridge-echo, not Claude] a teapot\n\nWhat is it?\n"


@pytest.fixture
def no_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)


@pytest.mark.usefixtures("no_pipe")
def test_without_a_question_it_shows_how_to_ask(
    server: StartedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask"]) == 2
    assert capsys.readouterr().err == (
        'claude-bridge: nothing to ask. Try: claude-bridge ask "How do I undo a commit?"\n'
    )


def test_a_pipe_alone_is_the_question(
    server: StartedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"caf\xff?")))
    assert main(["ask"]) == 0
    assert capsys.readouterr().out == "[bridge-echo, not Claude] caf\ufffd?\n"


@pytest.mark.usefixtures("no_pipe")
def test_a_model_that_does_not_exist_is_named(
    server: StartedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "Hi", "--model", "claude-opus-99"]) == 1
    assert "claude-opus-99" in capsys.readouterr().err


@pytest.mark.usefixtures("no_pipe")
def test_without_a_server_it_says_how_to_start_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "Hi"]) == 3
    assert "Start it with: claude-bridge" in capsys.readouterr().err


@contextmanager
def answer_with_events(*events: str, head: str = "") -> Iterator[str]:
    """Yield the port of a server that answers with these events."""
    body = "".join(f"data: {event}\n\n" for event in events)
    response = f"HTTP/1.1 200 OK\r\n{head}Content-Length: {len(body.encode())}\r\n\r\n{body}"
    with answer_with(response.encode(), TOKEN) as (url, _):
        yield url.rpartition(":")[2]


def write_chunk(text: str, reason: str = "null") -> str:
    choice = f'{{"delta": {{"content": "{text}"}}, "finish_reason": {reason}}}'
    return f'{{"choices": [{choice}]}}'


@pytest.fixture
def token(home: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    from bridge.paths import find_paths

    find_paths().data.mkdir(parents=True)
    find_paths().control_token.write_text(TOKEN)


@pytest.mark.usefixtures("no_pipe", "token")
@pytest.mark.parametrize(
    ("events", "out", "err", "code"),
    [
        ((write_chunk("Hi"), write_chunk("", '"stop"'), "[DONE]"), "Hi\n", "", 0),
        (
            (write_chunk("Hi"), write_chunk("", '"length"'), "[DONE]"),
            "Hi\n",
            "The answer is cut off: it reached the longest length of the model.\n",
            1,
        ),
        (
            (write_chunk("Hal"), '{"error": {"message": "Overloaded.", "code": "overloaded"}}'),
            "Hal\n",
            "Overloaded.\n",
            1,
        ),
        (
            (write_chunk("\\u001b]52;c;aGk=\\u0007red\\u202e"), write_chunk("", '"stop"')),
            "]52;c;aGk=red\n",
            "",
            0,
        ),
    ],
    ids=["whole", "cut off", "failed", "with control characters"],
)
def test_how_an_answer_ends_is_the_exit_code(
    events: tuple[str, ...], out: str, err: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with answer_with_events(*events) as port:
        assert main(["ask", "Hi", "--port", port]) == code
    assert capsys.readouterr() == (out, err)


@pytest.mark.usefixtures("no_pipe", "token")
def test_a_notice_about_the_request_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    head = "x-bridge-notice: o3 stands for claude-opus-5-5\r\n"
    with answer_with_events(write_chunk("Hi", '"stop"'), head=head) as port:
        assert main(["ask", "Hi", "--port", port]) == 0
    assert capsys.readouterr() == ("Hi\n", "Note: o3 stands for claude-opus-5-5\n")
