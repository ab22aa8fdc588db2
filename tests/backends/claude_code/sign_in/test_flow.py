"""A sign-in that ends while the user pastes the code is reported with the program's reason."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bridge.backends.claude_code.sign_in.flow import SignIn
from tests.backends.claude_code.closed_pipe import close_inputs
from tests.backends.claude_code.sign_in_stand_in import CODE, write_sign_in

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")


async def test_a_code_for_a_program_with_a_closed_input_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_inputs(monkeypatch)
    sign_in = SignIn(write_sign_in(tmp_path / "claude"), {"default": dict(os.environ)})
    await sign_in.begin()
    status = await sign_in.submit_code(CODE)
    assert (status.state, status.words) == (
        "failed",
        "Claude Code's sign-in ended with 1: Login failed: Invalid code.",
    )
    await sign_in.close()
