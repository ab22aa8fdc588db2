"""Embed texts with a small model on this computer, in one worker thread."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from bridge.embeddings.base import (
    EmbeddingResult,
    TextOrTokens,
    Vectors,
)
from bridge.embeddings.names import OPENAI_LENGTHS, resolve_length
from bridge.embeddings.sources import ModelSource
from bridge.errors import ContextTooLong, EmbeddingModelBroken, ShuttingDown

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.embeddings.static_model import StaticModel

MAX_CHARACTERS = 262_144
"""Limit for one input: eight times the length of OpenAI's 8,192 tokens in English."""

_TEXTS_AT_ONCE = 64
_CHARACTERS_AT_ONCE = 65_536

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class LocalEmbedder:
    """An embedder that loads its model at the first request, downloading it first if necessary.

    Requests that arrive meanwhile wait for the same load.
    """

    name = "local"

    def __init__(self, source: ModelSource) -> None:
        self._source = source
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
        return EmbeddingResult(vectors, sum(tokens for _, tokens in parts), self._source.name)

    async def warm(self) -> None:
        await self._get_model()

    async def close(self) -> None:
        """Stop; a running download is cancelled and discarded."""
        self._closed = True
        if self._loading is not None:
            await asyncio.wait([self._loading])
        await asyncio.to_thread(self._worker.shutdown)

    def _list_own_names(self) -> Sequence[str]:
        name = self._source.name
        short = name.rpartition("/")[2]
        return (name,) if short == name else (name, short)

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
        files = self._source.get_files(lambda: self._closed)
        started = time.monotonic()
        # Imported here, because tokenizers and numpy are only needed once embeddings are used.
        from bridge.embeddings.static_model import StaticModel

        try:
            model = StaticModel(*files)
        except (EmbeddingModelBroken, OSError) as error:
            raise EmbeddingModelBroken(
                f"The embedding model {self._source.name} cannot be used: "
                f"{str(error).removesuffix('.')}. {self._source.remedy}"
            ) from error
        _log.info(
            "Embeddings: %s, %d dimensions, loaded in %.1f s.",
            self._source.name,
            model.length,
            time.monotonic() - started,
        )
        return model


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
