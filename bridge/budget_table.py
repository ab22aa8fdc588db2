"""One table of the setting `budgets`, and what it may contain."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from bridge.wire.usage import BudgetPeriod


class BudgetTable(BaseModel):
    """One table of `budgets`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dollars: Decimal = Field(ge=Decimal("0.01"), le=1_000_000, decimal_places=2)
    per: BudgetPeriod
    backend: Literal["anthropic", "claude-code"] | None = None
    client: str | None = Field(None, min_length=1)
    key: str | None = Field(None, min_length=1)
    each: bool = False
    at_limit: str = Field("refuse", min_length=1)

    @field_validator("each")
    @classmethod
    def _check_each(cls, each: bool, info: ValidationInfo) -> bool:
        if each and info.data.get("client") is None and info.data.get("key") is None:
            raise ValueError('needs `client` or `key`, such as client = "*"')
        return each
