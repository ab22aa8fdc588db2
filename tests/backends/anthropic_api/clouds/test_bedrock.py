"""Amazon Bedrock: signatures, AWS's sources of credentials, paths, versions and errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from bridge.clouds.table import CloudKindName
from bridge.errors import InvalidRequest, KeyRejected, NotSignedIn, NotSupported
from tests.fake_anthropic.server import FakeAnthropic
from tests.fake_clouds import aws
from tests.fake_clouds.bedrock import FakeBedrock
from tests.fake_clouds.calls import HI, open_backend, read_text
from tests.fake_clouds.mantle import FakeMantle
from tests.fake_clouds.signed_in import SignedIn, sign_in

PATH = "/model/eu.anthropic.claude-opus-5-5-v1:0/invoke-with-response-stream"


@pytest.fixture
async def bedrock(
    fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[SignedIn]:
    async with sign_in("bedrock", fake, monkeypatch, tmp_path) as cloud:
        yield cloud


@pytest.fixture(params=["bedrock", "bedrock-mantle"])
async def either(
    request: pytest.FixtureRequest,
    fake: FakeAnthropic,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> AsyncIterator[SignedIn]:
    kind: CloudKindName = request.param
    async with sign_in(kind, fake, monkeypatch, tmp_path) as cloud:
        yield cloud


def access_of(signed_in: SignedIn) -> aws.AwsAccess:
    return cast("FakeBedrock | FakeMantle", signed_in.cloud).access


async def test_the_model_is_in_the_path_and_the_version_in_the_body(bedrock: SignedIn) -> None:
    async with open_backend(bedrock.clouds) as backend:
        assert await read_text(backend)
    (request,) = bedrock.cloud.requests
    assert request.path == PATH
    assert request.body["anthropic_version"] == "bedrock-2023-05-31"
    assert not {"model", "stream"} & request.body.keys()
    assert "anthropic-version" not in request.headers


async def test_a_beta_is_also_in_the_body(bedrock: SignedIn) -> None:
    async with open_backend(bedrock.clouds) as backend:
        await read_text(backend, replace(HI, headers={"anthropic-beta": "files-api-2025-04-14"}))
    assert bedrock.cloud.requests[0].body["anthropic_beta"] == ["files-api-2025-04-14"]


async def test_the_version_can_be_set(bedrock: SignedIn) -> None:
    async with open_backend(bedrock.clouds, version="2026-10-21") as backend:
        # The fake knows one version only, as Bedrock does for most models.
        with pytest.raises(InvalidRequest, match="anthropic_version"):
            await read_text(backend)
    assert bedrock.cloud.requests[0].body["anthropic_version"] == "2026-10-21"


async def test_temporary_credentials_are_signed_with_their_token(
    either: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "made-up-token")
    access_of(either).session_token = "made-up-token"
    async with open_backend(either.clouds) as backend:
        assert await read_text(backend)


async def test_a_profile_has_credentials_and_region(
    either: SignedIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "config").write_text(
        f"[profile office]\nregion = {aws.REGION}\naws_access_key_id = {aws.ACCESS_KEY}\n"
        f"aws_secret_access_key = {aws.SECRET_KEY}\n"
    )
    async with open_backend(either.clouds, profile="office", region=None) as backend:
        assert await read_text(backend)


async def test_a_key_of_bedrock_is_sent_instead_of_a_signature(
    either: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "made-up-bearer")
    access_of(either).bearer = "made-up-bearer"
    async with open_backend(either.clouds) as backend:
        assert await read_text(backend)
    assert either.cloud.requests[0].headers["authorization"] == "Bearer made-up-bearer"


@pytest.mark.parametrize(
    ("name", "words"),
    [("AWS_SECRET_ACCESS_KEY", "signature"), ("AWS_ACCESS_KEY_ID", "token included")],
)
async def test_wrong_credentials_are_rejected_in_the_words_of_aws(
    either: SignedIn, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.setenv(name, "other")
    async with open_backend(either.clouds) as backend:
        assert (await backend.readiness()).ready
        with pytest.raises(KeyRejected, match=words):
            await read_text(backend)
        readiness = await backend.readiness()
    assert readiness.is_rejected
    assert "(“work”) rejected the credentials: The" in readiness.reason
    assert "aws sso login" in (readiness.hint or "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "AWS's tools find none on this computer"),
        ({"profile": "nobody"}, r"The config profile \(nobody\) could not be found"),
    ],
)
async def test_missing_credentials_are_named(
    either: SignedIn, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], words: str
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    async with open_backend(either.clouds, **changes) as backend:
        readiness = await backend.readiness()
        with pytest.raises(NotSignedIn, match=words):
            await read_text(backend)
    assert not readiness.ready
    assert "has no usable credentials" in readiness.reason
    assert "aws sso login" in (readiness.hint or "")
    assert either.cloud.requests == []


async def test_a_missing_region_is_named(either: SignedIn) -> None:
    async with open_backend(either.clouds, region=None) as backend:
        readiness = await backend.readiness()
    assert "no region is set in [clouds.work]" in readiness.reason


async def test_a_key_and_a_profile_cannot_be_used_together(
    bedrock: SignedIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "made-up-bearer")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text("[profile office]\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / ".aws/config"))
    async with open_backend(bedrock.clouds, profile="office") as backend:
        assert "only one can be used" in (await backend.readiness()).reason


async def test_counting_is_refused_by_name_where_it_is_not_offered(bedrock: SignedIn) -> None:
    async with open_backend(bedrock.clouds) as backend:
        with pytest.raises(NotSupported, match=r"Amazon Bedrock \(“work”\) cannot count tokens"):
            await backend.count_tokens(HI)


async def test_the_messages_api_counts_tokens_with_a_signature(
    fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with (
        sign_in("bedrock-mantle", fake, monkeypatch, tmp_path) as mantle,
        open_backend(mantle.clouds) as backend,
    ):
        assert (await backend.count_tokens(HI)).tokens > 0
    (request,) = mantle.cloud.requests
    assert request.path == "/anthropic/v1/messages/count_tokens"
    assert request.body["model"] == "anthropic.claude-opus-5-5"
    assert "/bedrock-mantle/aws4_request" in request.headers["authorization"]
