"""For schemathesis: most requests name a model that exists, or they would get no further."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def map_body(_context: Any, body: Any) -> Any:
    if isinstance(body, dict) and isinstance(body.get("model"), str) and len(body["model"]) % 4:
        return {**body, "model": "claude-sonnet-5-5"}
    return body


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """A paused bridge would reject all further requests."""
    if case.path == "/control/switches" and isinstance(case.body, dict) and case.body.get("paused"):
        case.body = {**case.body, "paused": False}
