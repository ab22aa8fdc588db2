"""A fake Claude Code, for failures that the real one cannot be made to have."""

from __future__ import annotations

import sys
from pathlib import Path

PROGRAMS = {
    "dies": "sys.stderr.write('out of cheese\\n'); sys.exit(3)",
    "says nothing": "time.sleep(60)",
    "writes errors without end": (
        "import itertools\nfor _ in itertools.count(): sys.stderr.write('e' * 100_000)"
    ),
    "says no JSON": "print('hello', flush=True); time.sleep(60)",
    "says no frame": "print('[1]', flush=True); time.sleep(60)",
    "says too much": (
        "sys.stdout.write('x' * (65 * 1024 * 1024)); sys.stdout.flush(); time.sleep(60)"
    ),
    "knows no settings": (
        "for line in sys.stdin: print(json.dumps({'type': 'control_response', 'response': "
        "{'subtype': 'error', 'request_id': json.loads(line).get('request_id'), "
        "'error': 'unsupported'}}), flush=True)"
    ),
}


def stand_in(folder: Path, behaviour: str, status: str = '{"loggedIn": true}') -> Path:
    """An executable that answers `auth status` with `status`, and else behaves as named."""
    path = folder / "claude"
    path.write_text(
        f"#!{sys.executable}\nimport json, sys, time\n"
        f"if sys.argv[1:] == ['auth', 'status']:\n    print({status!r}); sys.exit(0)\n"
        f"{PROGRAMS[behaviour]}\n"
    )
    path.chmod(0o755)
    return path
