"""The kinds of clouds; to add one, add a class and a line."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.backends.anthropic_api.clouds.bedrock import Bedrock, BedrockMantle
from bridge.backends.anthropic_api.clouds.cloud import Cloud
from bridge.backends.anthropic_api.clouds.foundry import Foundry
from bridge.backends.anthropic_api.clouds.vertex import Vertex
from bridge.clouds.table import CloudKindName

KINDS: Mapping[CloudKindName, type[Cloud]] = {
    "bedrock": Bedrock,
    "bedrock-mantle": BedrockMantle,
    "foundry": Foundry,
    "vertex": Vertex,
}
