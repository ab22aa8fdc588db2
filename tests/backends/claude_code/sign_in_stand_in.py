"""A fake of `claude auth login`, as observed in version 2.1."""

from __future__ import annotations

import sys
from pathlib import Path

PAGE = "https://claude.ai/oauth/authorize?made=up"
CODE = "the-right-code"

_PROGRAM = f"""#!{sys.executable}
import sys
if sys.argv[1:] != ["auth", "login"]:
    sys.exit("not asked to sign in")
print("Opening browser to sign in…")
print("If the browser didn't open, visit:")
print("{PAGE}")
print("Paste code here if prompted > ", end="", flush=True)
said = sys.stdin.readline().strip()
if said == "{CODE}":
    print("Login successful.")
else:
    print("Login failed: Invalid code.")
    sys.exit(1)
"""


def write_sign_in(path: Path) -> Path:
    """Writes it there, and says where."""
    path.write_text(_PROGRAM, "utf-8")
    path.chmod(0o755)
    return path
