"""`claude-bridge prove`: a certificate of what a program does with what it must survive."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli.main import main
from bridge.connect.service import Address
from tests.cli.connect.test_command import add_program, user
from tests.connect.test_files import posix_only

__all__ = ["user"]

QWEN = """\
#!{python}
import json, sys, urllib.error, urllib.request
settings = json.load(open(__import__("os").path.expanduser("~/.qwen/settings.json")))
provider = settings["modelProviders"]["openai"][0]
tools = [{{"type": "function", "function": {{"name": "ls", "parameters": {{"type": "object"}}}}}}]
messages = [{{"role": "user", "content": sys.argv[-1]}}]
body = {{"model": provider["id"], "messages": messages, "tools": tools}}
headers = {{"Content-Type": "application/json", "User-Agent": "QwenCode/0.15.10"}}
url = provider["baseUrl"] + "/chat/completions"
request = urllib.request.Request(url, json.dumps(body).encode(), headers)
for _ in range(2):
    try:
        print(urllib.request.urlopen(request).read().decode())
        break
    except ConnectionError:
        continue
    except urllib.error.HTTPError as error:
        sys.exit(f"status {{error.status}}")
"""


@posix_only
def test_a_program_gets_a_certificate(
    user: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_program(user, "qwen", QWEN)
    monkeypatch.setattr(
        "bridge.cli.connect.certify.PHENOMENA",
        {
            "stream": "long",
            "tools": "two tools",
            "error": "an error",
            "cut": "a cut",
            "429": "a limit",
        },
    )
    assert main(["connect", "qwen", "--wait", "0"]) == 0
    capsys.readouterr()
    assert main(["prove", "--client", "qwen"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "Qwen Code, answered by bridge-echo; no request goes to Claude.",
        "✓ stream: long: asked once, the last request ended as stop, exit code 0, "
        "showed the whole answer",
        "✓ tools: two tools: asked once, the last request ended as tool_calls, exit code 0",
        "✓ error: an error: asked once, the last request ended as upstream_error, exit code 1, "
        "did not show what came before",
        "✓ cut: a cut: asked 2 times, the last request ended as connection_dropped, exit code 0, "
        "did not show what came before, does not tell by its exit code that the answer broke off",
        "✗ 429: a limit: asked once, the last request ended as rate_limit_exceeded, exit code 1, "
        "did not show its end",
    ]
    assert main(["connect", "--undo"]) == 0


@posix_only
def test_a_program_that_asks_another_model_is_not_tested(
    user: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_program(user, "qwen", QWEN)
    assert main(["connect", "qwen", "--wait", "0", "--model", "default"]) == 0
    assert main(["prove", "--client", "qwen"]) == 2
    assert "asked as default. First: claude-bridge connect qwen --model bridge-echo" in (
        capsys.readouterr().err
    )
    assert main(["connect", "--undo"]) == 0


@posix_only
def test_a_program_that_cannot_be_recognized_is_not_started(
    user: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_program(user, "aider", "#!{python}\nraise SystemExit('started')\n")
    address = Address("http://127.0.0.1:8000/v1", "bridge-echo", "cb-secret")
    monkeypatch.setattr("bridge.cli.connect.certify.fetch_address", lambda *_: address)
    assert main(["prove", "--client", "aider"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "aider sends the access key and no name of its own, so the bridge" in output.err


def test_without_a_program_it_says_what_to_send(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove"]) == 0
    assert "  say `prove 429`  a rate limit with retry-after, then an answer" in (
        capsys.readouterr().out.splitlines()
    )
