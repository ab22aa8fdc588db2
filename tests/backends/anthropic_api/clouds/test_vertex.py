"""Google Vertex AI: tokens of a service account, paths, projects and errors."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from bridge.errors import KeyRejected, NotSignedIn, UpstreamUnreachable
from tests.fake_anthropic.server import FakeAnthropic
from tests.fake_clouds.calls import HI, open_backend, read_text
from tests.fake_clouds.signed_in import SignedIn, sign_in
from tests.fake_clouds.vertex import PROJECT, REGION, FakeVertex

MODELS = f"/v1/projects/{PROJECT}/locations/{REGION}/publishers/anthropic/models"


@pytest.fixture
async def vertex(
    fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[SignedIn]:
    async with sign_in("vertex", fake, monkeypatch, tmp_path) as cloud:
        yield cloud


async def test_a_token_is_bought_once_and_sent_with_each_request(vertex: SignedIn) -> None:
    async with open_backend(vertex.clouds) as backend:
        await read_text(backend)
        await read_text(backend)
    google = cast("FakeVertex", vertex.cloud)
    assert google.assertions == 1
    sent = {request.headers["authorization"] for request in google.requests}
    assert sent == {"Bearer ya29.made-up-1"}
    assert google.requests[0].path == f"{MODELS}/claude-opus-5-5@20260101:streamRawPredict"
    assert "model" not in google.requests[0].body


async def test_an_expired_token_is_renewed(vertex: SignedIn) -> None:
    google = cast("FakeVertex", vertex.cloud)
    google.token_seconds = 1
    async with open_backend(vertex.clouds) as backend:
        await read_text(backend)
        await read_text(backend)
    assert google.assertions == 2


@pytest.mark.parametrize(
    ("version", "sent"), [(None, "2023-06-01"), ("vertex-2023-10-16", "vertex-2023-10-16")]
)
async def test_the_version_of_a_request_is_in_the_body_unless_the_table_has_one(
    vertex: SignedIn, version: str | None, sent: str
) -> None:
    async with open_backend(vertex.clouds, version=version) as backend:
        await read_text(backend, replace(HI, headers={"anthropic-version": "2023-06-01"}))
    (request,) = vertex.cloud.requests
    assert request.body["anthropic_version"] == sent
    assert "anthropic-version" not in request.headers


async def test_tokens_are_counted_for_the_name_in_the_cloud(vertex: SignedIn) -> None:
    async with open_backend(vertex.clouds) as backend:
        assert (await backend.count_tokens(HI)).tokens > 0
    (request,) = vertex.cloud.requests
    assert request.path == f"{MODELS}/count-tokens:rawPredict"
    assert request.body["model"] == "claude-opus-5-5@20260101"


async def test_a_revoked_token_is_rejected_in_the_words_of_google(vertex: SignedIn) -> None:
    async with open_backend(vertex.clouds) as backend:
        await read_text(backend)
        cast("FakeVertex", vertex.cloud).tokens.clear()
        with pytest.raises(KeyRejected, match="Request had invalid authentication credentials"):
            await read_text(backend)
        assert (await backend.readiness()).is_rejected


async def test_a_deleted_account_is_named(vertex: SignedIn) -> None:
    cast("FakeVertex", vertex.cloud).sells_tokens = False
    async with open_backend(vertex.clouds) as backend:
        with pytest.raises(NotSignedIn, match=r"no usable credentials: .*no such account"):
            await read_text(backend)
        readiness = await backend.readiness()
    assert readiness.is_rejected
    assert readiness.reason.startswith("Google Vertex AI (“work”) has no usable credentials")


async def test_missing_credentials_are_named(
    vertex: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    async with open_backend(vertex.clouds) as backend:
        readiness = await backend.readiness()
    assert "default credentials were not found" in readiness.reason
    assert "gcloud auth application-default login" in (readiness.hint or "")


async def test_a_server_of_tokens_that_is_away_is_no_missing_sign_in(
    vertex: SignedIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account = json.loads((tmp_path / "account.json").read_text())
    path = tmp_path / "away.json"
    path.write_text(json.dumps({**account, "token_uri": "http://127.0.0.1:9/token"}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    async with open_backend(vertex.clouds) as backend:
        with pytest.raises(UpstreamUnreachable, match="Google cannot be asked for a token"):
            await read_text(backend)


async def test_a_missing_project_is_named(
    vertex: SignedIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account = json.loads((tmp_path / "account.json").read_text())
    del account["project_id"]
    path = tmp_path / "no-project.json"
    path.write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    # Google's package would ask the program `gcloud` for a project.
    monkeypatch.setenv("PATH", str(tmp_path))
    async with open_backend(vertex.clouds) as backend:
        assert "no project is set in [clouds.work]" in (await backend.readiness()).reason
    async with open_backend(vertex.clouds, project=PROJECT) as backend:
        assert await read_text(backend)
