"""The setting `clouds` as a whole: tables by name, from the file, a flag or a variable."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode

from bridge.clouds.table import CloudTable

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")


def parse_clouds(value: Any) -> Any:
    """Parse JSON, as flags and variables have it, into tables by name."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value.strip() or "{}")
    except (ValueError, RecursionError) as error:
        raise ValueError("must be an object of tables in JSON") from error


def check_names(clouds: dict[str, CloudTable]) -> dict[str, CloudTable]:
    """Return the tables. Raises ValueError for a name that a step of `fallback` cannot have."""
    for name in clouds:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"`{name}` must be a name of lower-case letters, digits, `-` and `_`, "
                "of at most 30 characters"
            )
    return clouds


CloudTables = Annotated[
    dict[str, CloudTable], NoDecode, BeforeValidator(parse_clouds), AfterValidator(check_names)
]
"""Tables `[clouds.NAME]` in `config.toml`; in a flag or a variable, an object in JSON."""
