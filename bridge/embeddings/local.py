"""Embed texts with a small model on this computer, in one worker thread."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bridge.embeddings.base import (
    EmbeddingResult,
    TextOrTokens,
    Vectors,
)
from bridge.embeddings.names import OPENAI_LENGTHS, resolve_length
from bridge.errors import ContextTooLong, EmbeddingModelBroken, EmbeddingModelMissing, ShuttingDown

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.embeddings.static_model import StaticModel

FILES = ("tokenizer.json", "model.safetensors")
"""The files that a model's folder must have; others are ignored."""

MAX_CHARACTERS = 262_144
"""Limit for one input: eight times the length of OpenAI's 8,192 tokens in English."""

_TEXTS_AT_ONCE = 64
_CHARACTERS_AT_ONCE = 65_536

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class LocalEmbedder:
    """An embedder that downloads and loads its model at the first request; others wait."""

    name = "local"

    def __init__(self, model: str, cache: Path) -> None:
        """`model` is a name on the hub, to store under `cache`, or the path of a folder."""
        self._on_hub = _is_hub_name(model)
        self._model_name = model if self._on_hub else Path(model).name
        self.folder = cache / model.replace("/", "--") if self._on_hub else Path(model).expanduser()
        """The folder of the files. The user can also put them there by hand."""
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="embeddings")
        self._loading: asyncio.Task[StaticModel] | None = None
        self._closed = False

    def list_models(self) -> Sequence[str]:
        return (*self._list_own_names(), *OPENAI_LENGTHS)

    async def embed(
        self, inputs: Sequence[TextOrTokens], *, model: str, dimensions: int | None
    ) -> EmbeddingResult:
        """See `Embedder.embed`. Small batches let other requests run in between."""
        length = resolve_length(model, dimensions, self._list_own_names())
        static = await self._get_model()
        texts = await self._run_in_worker(_decode_texts, inputs)
        parts = [
            await self._run_in_worker(static.embed, texts[start:end], start)
            for start, end in _split_batches(texts)
        ]
        batches = [vectors for vectors, _ in parts]
        vectors = await self._run_in_worker(_join_vectors, batches, length or static.length)
        return EmbeddingResult(vectors, sum(tokens for _, tokens in parts), self._model_name)

    def has_files(self) -> bool:
        """Return whether the model is on this computer; reads the disk."""
        # A download gives files their names only when they are complete.
        return all((self.folder / name).is_file() for name in FILES)

    async def warm(self) -> None:
        await self._get_model()

    async def close(self) -> None:
        """Stop; a running download is cancelled and discarded."""
        self._closed = True
        if self._loading is not None:
            await asyncio.wait([self._loading])
        await asyncio.to_thread(self._worker.shutdown)

    def _list_own_names(self) -> Sequence[str]:
        short = self._model_name.rpartition("/")[2]
        return (self._model_name,) if short == self._model_name else (self._model_name, short)

    async def _get_model(self) -> StaticModel:
        """Return the model, loading it once for all requests; after a failure, try again."""
        loading = self._loading
        if loading is None or (loading.done() and (loading.cancelled() or loading.exception())):
            self._loading = loading = asyncio.ensure_future(self._run_in_worker(self._load_model))
            loading.add_done_callback(_log_failure)
        # Shielded: a client that disconnects must not cancel the load for the others.
        return await asyncio.shield(loading)

    async def _run_in_worker(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        try:
            future = self._worker.submit(work, *arguments)
        except RuntimeError as error:
            raise ShuttingDown("The bridge is stopping.") from error
        return await asyncio.wrap_future(future)

    def _load_model(self) -> StaticModel:
        if not self.has_files():
            self._download()
        started = time.monotonic()
        # Imported here, because tokenizers and numpy are only needed once embeddings are used.
        from bridge.embeddings.static_model import StaticModel

        try:
            model = StaticModel(self.folder)
        except (EmbeddingModelBroken, OSError) as error:
            raise EmbeddingModelBroken(
                f"The embedding model in {self.folder} cannot be used: {error} Replace {_LIST} "
                f"there{', or remove them to download them again' * self._on_hub}."
            ) from error
        _log.info(
            "Embeddings: %s, %d dimensions, loaded in %.1f s.",
            self._model_name,
            model.length,
            time.monotonic() - started,
        )
        return model

    def _download(self) -> None:
        if not self._on_hub:
            raise EmbeddingModelMissing(
                f"No embedding model in {self.folder}: it must contain {_LIST}."
            )
        from bridge.embeddings.hub import download_model, find_endpoint

        try:
            download_model(self._model_name, FILES, self.folder, lambda: self._closed)
        except EmbeddingModelMissing as error:
            page = f"{find_endpoint(os.environ)}/{self._model_name}/tree/main"
            raise EmbeddingModelMissing(
                f"The embedding model {self._model_name} could not be downloaded: {error.message} "
                f"Try again when online, or put {_LIST} from {page} into {self.folder}."
            ) from error


_LIST = " and ".join(FILES)


def _is_hub_name(model: str) -> bool:
    """Return whether it is `organisation/name` and not a path."""
    return model.count("/") == 1 and "\\" not in model and not model.startswith(("/", ".", "~"))


def _decode_texts(inputs: Sequence[TextOrTokens]) -> list[str]:
    from bridge.embeddings.cl100k import decode_inputs

    texts = decode_inputs(inputs)
    for index, text in enumerate(texts):
        if len(text) > MAX_CHARACTERS:
            raise ContextTooLong(
                f"Input {index} has {len(text):,} characters; the maximum is {MAX_CHARACTERS:,}. "
                "Split it: one vector cannot represent such a long text well.",
                param="input",
            )
    return texts


def _split_batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each batch: few texts, few characters, at least one text."""
    start = characters = 0
    for index, text in enumerate(texts):
        full = characters + len(text) > _CHARACTERS_AT_ONCE or index - start == _TEXTS_AT_ONCE
        if full and index > start:
            yield start, index
            start, characters = index, 0
        characters += len(text)
    yield start, len(texts)


def _join_vectors(parts: Sequence[Vectors], length: int) -> Vectors:
    import numpy as np

    from bridge.embeddings.shaping import resize_vectors

    return resize_vectors(np.concatenate(parts), length)


def _log_failure(loading: asyncio.Task[StaticModel]) -> None:
    # All clients that waited may have disconnected, so no other place would report it.
    if not loading.cancelled() and loading.exception() is not None:
        _log.warning("The embedding model cannot be used: %s", loading.exception())
