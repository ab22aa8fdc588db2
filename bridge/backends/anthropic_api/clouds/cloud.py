"""What one cloud needs beside the Messages API: a client, its own names, its own failures."""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict

from bridge.clouds.table import CloudTable
from bridge.errors import BridgeError, ModelNotFound, NotSignedIn
from bridge.models.spelling import remove_date
from bridge.wire.messages import MessagesRequest

if TYPE_CHECKING:
    import httpx2
    from anthropic import (
        AsyncAnthropicBedrock,
        AsyncAnthropicBedrockMantle,
        AsyncAnthropicFoundry,
        AsyncAnthropicVertex,
        Timeout,
    )

    from bridge.backends.anthropic_api.answer_start import UpstreamResponse

    CloudClient = (
        AsyncAnthropicBedrock
        | AsyncAnthropicBedrockMantle
        | AsyncAnthropicFoundry
        | AsyncAnthropicVertex
    )

_VERSION = "anthropic_version"


class ClientOptions(TypedDict):
    """What all clients of the SDK are created with."""

    http_client: httpx2.AsyncClient
    max_retries: int
    timeout: Timeout


class Cloud(ABC):
    """One cloud of the user's: the table of the setting `clouds`, and the saved key if any."""

    label: str
    """The cloud's name for the user."""
    extra: str | None = None
    """The extra of our package that installs `modules`."""
    modules: Sequence[str] = ()
    """Packages that the cloud needs and that may be missing."""
    counts_tokens = True
    has_version_in_body = False
    """Whether the API version is a field of the body instead of a header."""
    version: str | None = None
    """The API version, if it is not the SDK's."""
    hint: str
    """What to do about credentials that are missing or were rejected."""

    def __init__(self, name: str, table: CloudTable, secret: str | None) -> None:
        self.name = name
        self.table = table
        self._secret = secret

    @property
    def title(self) -> str:
        """Such as `Amazon Bedrock (“work”)`."""
        return f"{self.label} (“{self.name}”)"

    def check_packages(self) -> None:
        """Raise NotSignedIn if a package is missing; call it in a thread."""
        missing = [name for name in self.modules if not _is_installed(name)]
        if missing:
            raise NotSignedIn(
                f"{self.title} needs the package {missing[0]}. Install it with "
                f"`pip install 'anthropic[{self.extra}]'`, and restart the bridge."
            )

    @abstractmethod
    def make_client(self, options: ClientOptions) -> CloudClient:
        """Find the credentials, and make a client; call it in a thread.

        Raises NotSignedIn if something is missing, and what `translate_errors` translates.
        """

    def find_model(self, model: str) -> str:
        """Return the cloud's own name of a model. Raises ModelNotFound."""
        models = self.table.models
        found = models.get(model.lower()) or models.get(remove_date(model).lower())
        if found is None:
            raise ModelNotFound(
                f"{self.title} has no name for {model}. Add `{model}` and its name there to "
                f"`[clouds.{self.name}.models]` in config.toml.",
                param="model",
            )
        return found

    def adapt_request(self, request: MessagesRequest) -> MessagesRequest:
        """Move the API version to where the cloud reads it."""
        if not self.has_version_in_body:
            return request
        headers = dict(request.headers)
        own = headers.pop("anthropic-version", None)
        version = self.table.version or self.version or own
        more = request.more if version is None else {**request.more, _VERSION: version}
        return replace(request, headers=headers, more=more)

    def adapt_response(self, response: UpstreamResponse) -> UpstreamResponse:
        """Return a response whose bytes are server-sent events."""
        return response

    def list_failures(self) -> tuple[type[Exception], ...]:
        """Return the classes of failures of the cloud's own packages."""
        return ()

    def translate_failure(self, error: Exception) -> BridgeError:
        """Translate one of them."""
        return self.build_missing(str(error))

    def refine_error(self, error: BridgeError) -> BridgeError:
        """Return an error that says more, if the response does; else the same."""
        return error

    def build_missing(self, words: str) -> NotSignedIn:
        """Build the error for credentials that are missing or cannot be used."""
        problem = words.strip().removesuffix(".")
        return NotSignedIn(f"{self.title} has no usable credentials: {problem}. {self.hint}")

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Raise every failure of the SDK and of the cloud's packages as a BridgeError."""
        from bridge.backends.anthropic_api import sdk_errors

        try:
            with sdk_errors.translate_errors():
                yield
        except BridgeError as error:
            refined = self.refine_error(error)
            if refined is error:
                raise
            raise refined from error
        except self.list_failures() as error:
            raise self.translate_failure(error) from error


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        # The package that would contain it is missing.
        return False


def get_header(error: BridgeError, name: str) -> str:
    """Return a header of the response that an error was made from; empty without one."""
    response: Any = getattr(error.__cause__, "response", None)
    return str(response.headers.get(name, "")) if response is not None else ""
