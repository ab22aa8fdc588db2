"""The endpoint table: the routes of all resources, in the order of the documentation."""

from __future__ import annotations

from bridge.server.api import (
    aliases,
    assets,
    chat,
    completions,
    connect,
    control,
    embeddings,
    health,
    log_tail,
    messages,
    metrics,
    models,
    openapi_json,
    pages,
    proof,
    rules,
    stored,
    tickets,
    usage,
)
from bridge.server.api.accounts import codes, keys, sign_ins
from bridge.server.api.computer import approvals, apps, desktop, runs, status
from bridge.server.api.inspect import again, cases, exchanges
from bridge.server.api.responses import compact, resource, socket
from bridge.server.http.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *chat.ROUTES,
    *completions.ROUTES,
    *resource.ROUTES,
    *socket.ROUTES,
    *compact.ROUTES,
    *embeddings.ROUTES,
    *messages.ROUTES,
    *models.ROUTES,
    *pages.ROUTES,
    *openapi_json.ROUTES,
    *assets.ROUTES,
    *health.ROUTES,
    *usage.ROUTES,
    *metrics.ROUTES,
    *connect.ROUTES,
    *proof.ROUTES,
    *control.ROUTES,
    *keys.ROUTES,
    *sign_ins.ROUTES,
    *codes.ROUTES,
    *log_tail.ROUTES,
    *aliases.ROUTES,
    *rules.ROUTES,
    *tickets.ROUTES,
    *stored.ROUTES,
    *status.ROUTES,
    *desktop.ROUTES,
    *approvals.ROUTES,
    *apps.ROUTES,
    *runs.ROUTES,
    *exchanges.ROUTES,
    *again.ROUTES,
    *cases.ROUTES,
)
