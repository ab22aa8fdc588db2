"""One table of the setting `clouds`, and what it may contain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

CloudKindName = Literal["bedrock", "bedrock-mantle", "foundry", "vertex"]

_FIELDS: Mapping[CloudKindName, tuple[str, ...]] = {
    "bedrock": ("region", "profile", "version"),
    "bedrock-mantle": ("region", "profile"),
    "foundry": ("resource",),
    "vertex": ("region", "project", "version"),
}
"""The fields that only some kinds have."""


class CloudTable(BaseModel):
    """One table of `clouds`; it has no field for a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: CloudKindName
    region: str | None = Field(None, pattern=r"^[a-z0-9-]+$")
    profile: str | None = Field(None, min_length=1)
    project: str | None = Field(None, pattern=r"^[A-Za-z0-9.:_-]+$")
    resource: str | None = Field(None, pattern=r"^[A-Za-z0-9-]+$")
    base_url: str | None = None
    version: str | None = Field(None, pattern=r"^[a-z0-9-]+$")
    models: dict[str, str] = Field({})

    @field_validator("base_url")
    @classmethod
    def _check_url(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must begin with https:// or http://, and name a host")
        if "@" in parts.netloc:
            raise ValueError("must not contain a user name or a password")
        return url

    @field_validator("models")
    @classmethod
    def _check_models(cls, models: dict[str, str]) -> dict[str, str]:
        if not all(name.strip() and other.strip() for name, other in models.items()):
            raise ValueError("a model and its name in the cloud must not be empty")
        return {name.strip().lower(): other.strip() for name, other in models.items()}

    @model_validator(mode="after")
    def _check_fields(self) -> Self:
        known = {name for names in _FIELDS.values() for name in names}
        foreign = sorted(
            name for name in known - {*_FIELDS[self.kind]} if getattr(self, name) is not None
        )
        if foreign:
            raise ValueError(f"`{foreign[0]}` is not for the kind `{self.kind}`")
        if self.kind == "vertex" and self.region is None:
            raise ValueError('needs `region`, such as region = "global"')
        if self.kind == "foundry" and (self.resource is None) == (self.base_url is None):
            raise ValueError("needs `resource` or `base_url`, and not both")
        return self
