"""A fake of `claude auth login`, `status` and `logout`, as observed in version 2.1."""

from __future__ import annotations

import sys
from pathlib import Path

PAGE = "https://claude.ai/oauth/authorize?made=up"
CODE = "the-right-code"
EMAIL = "ada@example.com"

_PROGRAM = f"""#!{sys.executable}
import json, os, pathlib, sys
file = pathlib.Path(__file__).with_suffix(".signed-in")
if sys.argv[1:] == ["auth", "status"]:
    if os.environ.get("CLAUDE_CODE_OAUTH_TOKEN"):
        print(json.dumps({{"loggedIn": True, "authMethod": "oauth_token"}}))
    elif not file.exists():
        print(json.dumps({{"loggedIn": False, "authMethod": "none"}}))
        sys.exit(1)
    else:
        print(json.dumps({{
            "loggedIn": True, "authMethod": "claude.ai", "apiProvider": "firstParty",
            "email": "{EMAIL}", "subscriptionType": "max",
        }}))
    sys.exit()
if sys.argv[1:] == ["auth", "logout"]:
    file.unlink(missing_ok=True)
    print("Successfully logged out from your Anthropic account.")
    sys.exit()
if sys.argv[1:] != ["auth", "login"]:
    sys.exit("not asked to sign in")
print("Opening browser to sign in…")
print("If the browser didn't open, visit:")
print("{PAGE}")
print("Paste code here if prompted > ", end="", flush=True)
said = sys.stdin.readline().strip()
if said == "{CODE}":
    file.touch()
    print("Login successful.")
else:
    print("Login failed: Invalid code.")
    sys.exit(1)
"""


def write_sign_in(path: Path) -> Path:
    """Write the program, and return its path; nobody is signed in."""
    path.write_text(_PROGRAM, "utf-8")
    path.chmod(0o755)
    return path
