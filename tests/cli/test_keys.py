"""`claude-bridge key test` asks Anthropic about all keys that the bridge could use."""

from __future__ import annotations

import pytest

from bridge.backends.anthropic_api import key_check
from bridge.backends.anthropic_api.key_check import KeyCheck
from bridge.cli.main import main
from bridge.keys import KeyChain, Keys, NamedKey
from bridge.paths import find_paths


def test_the_key_of_the_environment_is_tested_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def check(secret: str) -> KeyCheck:
        return KeyCheck("accepted") if secret == "sk-ant-good" else KeyCheck("rejected", "no")

    monkeypatch.setattr(key_check, "check_key", check)
    KeyChain(find_paths().data).save(Keys((NamedKey("work", "sk-ant-good"),)))
    assert main(["key", "test"]) == 0
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-bad")
    assert main(["key", "test"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["work", "work", "ANTHROPIC_API_KEY"]
    assert "sk-ant-bad" not in "".join(lines)
