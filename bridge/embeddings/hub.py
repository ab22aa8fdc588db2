"""Download a model from the Hugging Face hub with `huggingface_hub`, whole or not at all.

The library does the HTTP: redirects, resuming, `HF_TOKEN`, `HF_HUB_OFFLINE`, time-outs, proxies.
This module adds what it lacks: one commit for all files, a SHA-256 check, a quick stop, and
errors in one sentence.
https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import httpx2

from bridge.errors import EmbeddingModelMissing, ShuttingDown
from bridge.private_modes import create_folder

if TYPE_CHECKING:
    # Takes a quarter of a second to import, and is only needed for a download.
    from huggingface_hub.errors import HfHubHTTPError

DEFAULT_ENDPOINT = "https://huggingface.co"

_PART = ".part"
_ABANDONED_SECONDS = 86_400
_LOG_SECONDS = 5.0
_CHUNK_BYTES = 1_000_000
_SHA256 = re.compile(r"[0-9a-f]{64}")

_log = logging.getLogger(__name__)

# The library's HTTP client is shared by the process, its hooks run in the thread that downloads.
_is_stopped: ContextVar[Callable[[], bool]] = ContextVar("_is_stopped", default=lambda: False)


def find_endpoint(environment: Mapping[str, str]) -> str:
    """Return the address of the hub: `HF_ENDPOINT`, or the public one."""
    return (environment.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")


def download_model(
    model: str,
    names: Sequence[str],
    folder: Path,
    is_stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Put the files `names` of `model` (such as `minishlab/potion-base-8M`) into `folder`.

    For a worker thread: may take minutes. Several processes may do it at once. All files are of
    one commit. Raises EmbeddingModelMissing with the reason, ShuttingDown once `is_stopped()`.
    """
    from huggingface_hub.constants import is_offline_mode

    if is_offline_mode():
        raise EmbeddingModelMissing("HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE forbids downloads.")
    _configure_library()
    endpoint = find_endpoint(os.environ)
    token = _is_stopped.set(is_stopped)
    try:
        create_folder(folder)
        _remove_abandoned(folder)
        # Inside the folder, so that the files can be moved to their places in one step.
        with tempfile.TemporaryDirectory(_PART, ".", folder) as part:
            _download_files(endpoint, model, names, Path(part))
            for name in names:
                (Path(part) / name).replace(folder / name)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise EmbeddingModelMissing(_explain(error, endpoint, model)) from error
    finally:
        _is_stopped.reset(token)


def _download_files(endpoint: str, model: str, names: Sequence[str], folder: Path) -> None:
    from huggingface_hub.file_download import get_hf_file_metadata, hf_hub_download, hf_hub_url

    commit = "main"
    for name in names:
        url = hf_hub_url(model, name, revision=commit, endpoint=endpoint)
        metadata = get_hf_file_metadata(url, endpoint=endpoint)
        commit = metadata.commit_hash or commit
        # Forced: otherwise the library retries for 23 s before it reports that the hub is down.
        path = hf_hub_download(
            model,
            name,
            revision=commit,
            local_dir=folder,
            endpoint=endpoint,
            force_download=True,
            tqdm_class=cast(Any, partial(_Progress, f"{model}/{name}")),
        )
        _verify_checksum(Path(path), metadata.etag or "", f"{model}/{name}")


def _verify_checksum(path: Path, etag: str, title: str) -> None:
    """Raise EmbeddingModelMissing if the hub's `etag` is a SHA-256 and the file has another."""
    with path.open("rb") as file:
        if _SHA256.fullmatch(etag) and hashlib.file_digest(file, "sha256").hexdigest() != etag:
            raise EmbeddingModelMissing(f"{title} arrived damaged and was discarded.")


@cache
def _configure_library() -> None:
    """Turn off what the bridge must not do, and make downloads stop when the bridge stops."""
    from huggingface_hub import constants, set_client_factory

    # Telemetry includes a download of a list of AI agents, to report which of them is running.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    # Xet is a second way to download, in native threads that cannot be stopped.
    constants.HF_HUB_DISABLE_XET = True
    constants.DOWNLOAD_CHUNK_SIZE = _CHUNK_BYTES
    # Its warnings quote signed addresses; errors are raised, and logged by the embedder.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    set_client_factory(_make_client)


def _make_client() -> httpx2.Client:
    from huggingface_hub import constants

    return httpx2.Client(
        event_hooks={"request": [_check_stopped]},
        follow_redirects=True,
        timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT,
    )


def _check_stopped(_request: object = None) -> None:
    if _is_stopped.get()():
        raise ShuttingDown("The bridge is stopping; the embedding model was not downloaded.")


def _explain(error: Exception, endpoint: str, model: str) -> str:
    """Return one sentence about why a download failed."""
    from huggingface_hub.errors import FileMetadataError, HfHubHTTPError

    # Its own message is only "Force download failed due to the above error."
    cause = error.__cause__ if isinstance(error, ValueError) else None
    match cause or error:
        case HfHubHTTPError() as refusal:
            return _explain_status(refusal, model)
        case httpx2.TimeoutException():
            return f"{endpoint} did not respond in time."
        case httpx2.HTTPError() | httpx2.InvalidURL():
            return f"{endpoint} cannot be reached: {error}."
        # An OSError too, but the disk is not at fault.
        case FileMetadataError():
            return (
                f"{endpoint} is no complete mirror of the Hugging Face hub: "
                "it does not name the commit or the hash of a file."
            )
        case OSError():
            return f"The model cannot be saved: {error}."
        case other:
            return f"{endpoint} cannot be used: {other}."


def _explain_status(error: HfHubHTTPError, model: str) -> str:
    status, url = error.response.status_code, error.response.request.url
    if status in (401, 403):
        reason = f"requires a token with access to {model}: set HF_TOKEN"
    elif status == 404:
        reason = f"has no {url.path.rpartition('/')[2]} for the model {model}"
    else:
        reason = "is not available now"
    return f"{url.scheme}://{url.netloc.decode()} {reason} (status {status})."


def _remove_abandoned(folder: Path) -> None:
    """Remove parts that a killed process left; newer ones may belong to another process."""
    for path in folder.glob(f".*{_PART}"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()


class _Progress:
    """Replacement for the library's tqdm bar: logs every five seconds, stops the download."""

    def __init__(
        self, name: str, *, total: int | None = None, initial: int = 0, **_others: Any
    ) -> None:
        # The library's own name for it, in `desc`, may be the end of a signed address.
        self._name = name
        self._total = total or 0
        self._done = initial
        self._next = time.monotonic() + _LOG_SECONDS
        _log.info("Downloading %s (%.1f MB).", name, self._total / 1e6)

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if error is None:
            _log.info("Downloaded %s (%.1f MB).", self._name, self._done / 1e6)

    def update(self, count: float) -> None:
        """Count `count` more bytes; negative when the library starts again."""
        _check_stopped()
        self._done += int(count)
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _LOG_SECONDS
            _log.info("%s: %.1f of %.1f MB.", self._name, self._done / 1e6, self._total / 1e6)
