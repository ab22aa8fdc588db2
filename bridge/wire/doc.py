"""A description for one field of a response type, without importing pydantic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Doc:
    """Describe a field in the JSON schema: `Annotated[int, Doc("Unix seconds.")]`.

    Pydantic calls the method below when it makes the schema. `Field(description=…)` would do the
    same, but the tray reads these types and must not load pydantic.
    """

    text: str

    def __get_pydantic_json_schema__(
        self, core_schema: Any, handler: Callable[[Any], dict[str, Any]]
    ) -> dict[str, Any]:
        return {**handler(core_schema), "description": self.text}
