"""Parse the query parameters of a request with the model in its endpoint's row."""

from __future__ import annotations

from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic_core import PydanticCustomError

from bridge.errors import InvalidRequest
from bridge.server.http.endpoint import find_endpoint

_Query = TypeVar("_Query", bound=BaseModel)


def _parse_decimal(value: Any) -> Any:
    """Accept ASCII digits only: pydantic alone would also take `1_0`, ` 1 ` and `+1`."""
    if isinstance(value, str):
        # Python refuses to parse thousands of digits, so their number is limited first.
        if not (value.isascii() and value.isdecimal() and len(value) < 10):
            raise PydanticCustomError("decimal", "must be a whole number")
        return int(value)
    return value


DECIMAL = BeforeValidator(_parse_decimal)
"""For `Annotated[int, Field(…), DECIMAL]`: a whole number, written in ASCII digits."""


def read_query(request: web.Request, model: type[_Query]) -> _Query:
    """Parse the query parameters; unknown ones are ignored.

    Raises InvalidRequest with `param` set to the name of the wrong parameter, and TypeError if the
    endpoint's row declares another model.
    """
    endpoint = find_endpoint(request)
    if endpoint is None or endpoint.query is not model:
        raise TypeError(f"{model.__name__} is not the query model of {request.match_info.route}.")
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        param = str(problem["loc"][0])
        message = f"Invalid value for {param}: {problem['msg']}."
        raise InvalidRequest(message, param=param) from error
