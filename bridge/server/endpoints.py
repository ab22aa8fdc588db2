"""The endpoint table: method, path, handler. Routing follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aiohttp.typedefs import Handler

from bridge.server.chat import chat_completions
from bridge.server.control import reload, stop, switch
from bridge.server.health import health
from bridge.server.metrics import metrics
from bridge.server.models import get_model, list_models
from bridge.server.root import root


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row; `summary` is for people."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    summary: str


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/", root, "A page for a person, a pointer for a program"),
    Endpoint("GET", "/health", health, "Whether the bridge runs and Claude can be asked"),
    Endpoint("GET", "/metrics", metrics, "Numbers for Prometheus"),
    Endpoint("GET", "/v1/models", list_models, "The models that can be asked for"),
    Endpoint("GET", "/v1/models/{id}", get_model, "One model"),
    Endpoint("POST", "/v1/chat/completions", chat_completions, "Answer a chat"),
    Endpoint("POST", "/control/switches", switch, "Change model or backend (control token)"),
    Endpoint("POST", "/control/reload", reload, "Read the keys anew (control token)"),
    Endpoint("POST", "/control/stop", stop, "Finish the running answers and end (control token)"),
)
