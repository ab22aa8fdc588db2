"""A fake cloud, and a user of this computer who is signed in to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from anthropic.lib.aws._auth import _get_session

from bridge.clouds.table import CloudKindName
from bridge.keys import KeyChain, NamedKey
from bridge.models.rules import RULES
from bridge.paths import find_paths
from tests.fake_anthropic.server import FakeAnthropic
from tests.fake_clouds import aws, bedrock, foundry, mantle, vertex
from tests.fake_clouds.gateway import FakeCloud

BEDROCK_IDS = {rules.id: f"eu.anthropic.{rules.id}-v1:0" for rules in RULES}
MANTLE_IDS = {rules.id: f"anthropic.{rules.id}" for rules in RULES}
VERTEX_IDS = {rules.id: f"{rules.id}@20260101" for rules in RULES}


@dataclass(frozen=True)
class SignedIn:
    """`clouds` is the setting."""

    cloud: FakeCloud
    clouds: Mapping[str, Any]


@asynccontextmanager
async def sign_in(
    kind: CloudKindName, upstream: FakeAnthropic, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> AsyncIterator[SignedIn]:
    """Start the cloud, put its credentials where its own tools put them, and write the setting."""
    match kind:
        case "bedrock":
            known = {id: model for model, id in BEDROCK_IDS.items()}
            async with bedrock.FakeBedrock(upstream, known) as cloud:
                _sign_in_to_aws(monkeypatch)
                table = {"region": aws.REGION, "base_url": cloud.url, "models": BEDROCK_IDS}
                yield SignedIn(cloud, {"work": {"kind": kind, **table}})
        case "bedrock-mantle":
            known = {id: model for model, id in MANTLE_IDS.items()}
            async with mantle.FakeMantle(upstream, known) as new:
                _sign_in_to_aws(monkeypatch)
                url = f"{new.url}/anthropic"
                table = {"region": aws.REGION, "base_url": url, "models": MANTLE_IDS}
                yield SignedIn(new, {"work": {"kind": kind, **table}})
        case "vertex":
            known = {id: model for model, id in VERTEX_IDS.items()}
            async with vertex.FakeVertex(upstream, known) as google:
                account = google.write_account(folder)
                monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account))
                url = f"{google.url}/v1"
                table = {"region": vertex.REGION, "base_url": url, "models": VERTEX_IDS}
                yield SignedIn(google, {"work": {"kind": kind, **table}})
        case "foundry":
            async with foundry.FakeFoundry(upstream) as azure:
                key = NamedKey("work", foundry.KEY)
                chain = KeyChain(find_paths().data)
                await asyncio.to_thread(chain.update, lambda keys: keys.with_key("cloud", key))
                url = f"{azure.url}/anthropic/"
                yield SignedIn(azure, {"work": {"kind": kind, "base_url": url}})


def _sign_in_to_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    # The SDK keeps what it found for as long as the process runs.
    _get_session.cache_clear()  # type: ignore[attr-defined]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws.ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", aws.SECRET_KEY)
