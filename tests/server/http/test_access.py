"""Every endpoint demands what its row in the table declares."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from bridge.keys import KeyChain, Keys, NamedKey
from bridge.server.api.routes import ENDPOINTS
from bridge.server.app import make_app
from bridge.server.http.endpoint import ENDPOINTS_BY_ROUTE, Endpoint
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.conftest import StartBridge

KEY = "cb-own"
HEADERS = ("Authorization", "x-api-key", "api-key")
LOCKED = [row for row in ENDPOINTS if row.access != "open"]
REFUSED = {"key": (401, "invalid_api_key"), "token": (403, "forbidden")}


def name_row(row: Endpoint) -> str:
    return f"{row.method} {row.path}"


@pytest.fixture
async def open_bridge(start_bridge: StartBridge) -> Bridge:
    """A bridge without an access key."""
    return await start_bridge(backend="offline")


@pytest.fixture
async def locked_bridge(start_bridge: StartBridge) -> Bridge:
    """A bridge with the access key `cb-own`."""
    keys = Keys().with_key("bridge", NamedKey("a", KEY))
    await asyncio.to_thread(KeyChain(find_paths().data).save, keys)
    return await start_bridge(backend="offline")


async def call(bridge: Bridge, row: Endpoint, headers: Mapping[str, str]) -> tuple[int, Any]:
    """Call an endpoint with a body that no handler accepts, so that nothing happens."""
    path = row.path.replace("{id}", "none").replace("{name}", "none")
    body: Any = [] if row.method == "POST" else None
    async with (
        aiohttp.ClientSession(bridge.url) as session,
        session.request(row.method, path, json=body, headers=headers) as answer,
    ):
        is_json = answer.content_type == "application/json"
        return answer.status, await answer.json() if is_json else None


def is_refused(row: Endpoint, status: int, body: Any) -> bool:
    """Return whether the answer is the one to a missing or wrong credential."""
    if not isinstance(body, dict) or "error" not in body:
        return False
    expected, code = REFUSED[row.access]
    # Anthropic's error objects have a type in place of a code.
    names = {"invalid_api_key": "authentication_error", "forbidden": "permission_error"}
    name = body["error"].get("code") or body["error"]["type"]
    return status == expected and name in (code, names[code])


def write_credential(header: str, secret: str) -> list[dict[str, str]]:
    """Return every way to send the secret in that header."""
    return [{header: secret}, {header: f"Bearer {secret}"}]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("row", LOCKED, ids=name_row)
async def test_a_locked_endpoint_refuses_a_wrong_credential(
    locked_bridge: Bridge, row: Endpoint, header: str
) -> None:
    wrong = [KEY + "x", KEY[:-1], "", locked_bridge.control_token[:-1], "Bearer"]
    if row.access == "token":
        wrong.append(KEY)
    for secret in wrong:
        for headers in write_credential(header, secret):
            status, body = await call(locked_bridge, row, headers)
            assert is_refused(row, status, body), (headers, status, body)


@pytest.mark.parametrize("row", LOCKED, ids=name_row)
async def test_a_locked_endpoint_refuses_a_missing_credential(
    locked_bridge: Bridge, row: Endpoint
) -> None:
    for headers in ({}, {"Cookie": f"token={locked_bridge.control_token}"}, {"X-Token": KEY}):
        status, body = await call(locked_bridge, row, headers)
        assert is_refused(row, status, body), (headers, status, body)


@pytest.mark.parametrize("row", [row for row in ENDPOINTS if row.access == "token"], ids=name_row)
async def test_without_an_access_key_only_the_token_still_locks(
    open_bridge: Bridge, row: Endpoint
) -> None:
    for headers in ({}, {"Authorization": "Bearer any"}, {"x-api-key": "any"}):
        status, body = await call(open_bridge, row, headers)
        assert is_refused(row, status, body), (headers, status, body)


def test_every_path_declares_the_access_of_its_family() -> None:
    for row in ENDPOINTS:
        if row.path.startswith("/v1/"):
            assert row.access == "key", row.path
        if row.path.startswith(("/control/", "/computer")):
            # The page that redeems a ticket or a code has no session yet.
            expected = "open" if row.path.endswith("/redeem") else "token"
            assert row.access == expected, row.path


def is_harmless(row: Endpoint) -> bool:
    """Return whether the call reads only, or fails by its body."""
    return row.method != "POST" or row.body is not None


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("row", [row for row in LOCKED if is_harmless(row)], ids=name_row)
async def test_a_locked_endpoint_takes_the_right_credential(
    locked_bridge: Bridge, row: Endpoint, header: str
) -> None:
    secrets = [locked_bridge.control_token] + ([KEY] if row.access == "key" else [])
    for secret in secrets:
        for headers in write_credential(header, secret):
            status, body = await call(locked_bridge, row, headers)
            if row.access == "token" and row.path.startswith("/computer/"):
                # A screenshot is refused with 403, too, but because computer use is off.
                assert body is None or body.get("error", {}).get("code") != "forbidden"
            else:
                assert status not in (401, 403), (headers, status, body)


@pytest.mark.parametrize("path", ["/control/sign-out", "/control/reload", "/computer/stop"])
@pytest.mark.parametrize("header", HEADERS)
async def test_an_endpoint_without_a_body_takes_the_token_in_each_header(
    locked_bridge: Bridge, path: str, header: str
) -> None:
    (row,) = (row for row in ENDPOINTS if row.path == path)
    for headers in write_credential(header, locked_bridge.control_token):
        assert (await call(locked_bridge, row, headers))[0] == 200


@pytest.mark.parametrize("row", [row for row in ENDPOINTS if row.access == "open"], ids=name_row)
async def test_an_open_endpoint_needs_no_credential(locked_bridge: Bridge, row: Endpoint) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        status, body = await call(locked_bridge, row, headers)
        assert status not in (401, 403), body


@pytest.mark.parametrize("row", [row for row in ENDPOINTS if row.access == "key"], ids=name_row)
async def test_without_an_access_key_any_key_opens(open_bridge: Bridge, row: Endpoint) -> None:
    for headers in ({}, {"Authorization": "Bearer any"}, {"x-api-key": "any"}):
        status, body = await call(open_bridge, row, headers)
        assert status not in (401, 403), body


@pytest.mark.parametrize("path", ["/nowhere", "/v1/nowhere", "/control/nowhere", "/computer/x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_unknown_path_is_a_404_with_and_without_a_key(
    open_bridge: Bridge, locked_bridge: Bridge, method: Any, path: str
) -> None:
    row = Endpoint(method, path, ENDPOINTS[0].handler, "", "", ENDPOINTS[0].answer, access="open")
    for bridge in (open_bridge, locked_bridge):
        for headers in ({}, {"Authorization": f"Bearer {KEY}"}):
            status, body = await call(bridge, row, headers)
            assert (status, body["error"]["code"]) == (404, "not_found")


async def test_an_unknown_path_answers_in_the_callers_format(locked_bridge: Bridge) -> None:
    headers = {"anthropic-version": "2023-06-01"}
    row = ENDPOINTS[0]
    unknown = Endpoint("GET", "/v1/nowhere", row.handler, "", "", row.answer, access="open")
    status, body = await call(locked_bridge, unknown, headers)
    assert (status, body["type"], body["error"]["type"]) == (404, "error", "not_found_error")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_wrong_method_is_a_405_with_a_key_and_without_one(
    locked_bridge: Bridge, method: str
) -> None:
    async with aiohttp.ClientSession(locked_bridge.url) as session:
        for path in {row.path.replace("{", "").replace("}", "") for row in ENDPOINTS}:
            async with session.request(method, path) as answer:
                assert (path, answer.status) == (path, 405)


async def test_every_route_comes_from_the_table(open_bridge: Bridge) -> None:
    app = make_app(open_bridge)
    row_by_route = app[ENDPOINTS_BY_ROUTE]
    assert row_by_route.keys() == set(app.router.routes())
    # A page has a second route, for HEAD.
    assert tuple(dict.fromkeys(row_by_route.values())) == ENDPOINTS
    methods = {route.method for route in row_by_route if row_by_route[route].method != "GET"}
    assert "HEAD" not in methods


WITH_BODY = [row for row in ENDPOINTS if row.body is not None]


@pytest.mark.parametrize("row", WITH_BODY, ids=name_row)
async def test_every_body_is_read_by_the_model_of_its_row(
    open_bridge: Bridge, row: Endpoint
) -> None:
    """A handler that reads another model raises a TypeError, which is a 500."""
    headers = {"Authorization": f"Bearer {open_bridge.control_token}"}
    status, body = await call(open_bridge, row, headers)
    assert status == 400
    assert "must be a JSON object" in body["error"]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "/usage?days=-1", "/usage?days=401", "/usage?days=1_0", "/usage?days=%201",
        "/usage?recent=1001", "/usage?recent=", "/usage?days=" + "9" * 5000,
        "/v1/responses/x/input_items?limit=0", "/v1/responses/x/input_items?limit=101",
        "/v1/responses/x/input_items?order=up",
        "/computer/screenshot?monitor=x", "/computer/screenshot?max_edge=99",
        "/computer/screenshot?region=1,2,3", "/computer/screenshot?region=1,2,1,9",
        "/computer/screenshot?region=1,2,3,x", "/computer/screenshot?format=gif",
    ],
)  # fmt: skip
async def test_a_wrong_query_parameter_is_named(open_bridge: Bridge, query: str) -> None:
    headers = {"Authorization": f"Bearer {open_bridge.control_token}"}
    async with (
        aiohttp.ClientSession(open_bridge.url, headers=headers) as session,
        session.get(query) as answer,
    ):
        error = (await answer.json())["error"]
    assert (answer.status, error["type"]) == (400, "invalid_request_error")
    assert error["param"] == query.partition("?")[2].partition("=")[0]
    assert error["message"].startswith(f"Invalid value for {error['param']}: ")


@pytest.mark.parametrize("row", [row for row in ENDPOINTS if row.query], ids=name_row)
async def test_unknown_query_parameters_are_ignored(open_bridge: Bridge, row: Endpoint) -> None:
    headers = {"Authorization": f"Bearer {open_bridge.control_token}"}
    odd = Endpoint("GET", f"{row.path}?odd=1", row.handler, "", "", row.answer, access="open")
    assert await call(open_bridge, odd, headers) == await call(open_bridge, row, headers)
