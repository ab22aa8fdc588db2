"""Vectors of a small model on this machine, made in one thread of its own."""

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
    Embedded,
    TextOrTokens,
    Vectors,
)
from bridge.embeddings.names import USUAL, length_asked
from bridge.errors import ContextTooLong, EmbeddingModelBroken, EmbeddingModelMissing, ShuttingDown

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.embeddings.static_model import StaticModel

FILES = ("tokenizer.json", "model.safetensors")
"""What the folder of a model must have; others may lie beside them."""

MOST_CHARACTERS = 262_144
"""In one input: eight times what OpenAI's 8,192 tokens are in English."""

_TEXTS_AT_ONCE = 64
_CHARACTERS_AT_ONCE = 65_536

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class LocalEmbedder:
    """The model is fetched and loaded by the first who needs it; who comes meanwhile waits, too."""

    name = "local"

    def __init__(self, model: str, cache: Path) -> None:
        """`model`: a name on the hub, kept in a folder under `cache`; or a folder, by its path."""
        self._on_hub = _is_hub_name(model)
        self._model_name = model if self._on_hub else Path(model).name
        self.folder = cache / model.replace("/", "--") if self._on_hub else Path(model).expanduser()
        """Where the files are, or must be put by hand."""
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="embeddings")
        self._loading: asyncio.Task[StaticModel] | None = None
        self._closed = False

    def models(self) -> Sequence[str]:
        return (*self._own(), *USUAL)

    async def embed(
        self, inputs: Sequence[TextOrTokens], *, model: str, dimensions: int | None
    ) -> Embedded:
        """See `Embedder.embed`. Between two small batches, others have their turn."""
        length = length_asked(model, dimensions, self._own())
        static = await self._loaded()
        texts = await self._run(_checked, inputs)
        done = [
            await self._run(static.embed, texts[start:end], start) for start, end in _batches(texts)
        ]
        vectors = await self._run(_joined, [part for part, _ in done], length or static.length)
        return Embedded(vectors, sum(tokens for _, tokens in done), self._model_name)

    def is_here(self) -> bool:
        """Whether nothing has to be fetched; reads the disk. Only whole files have their names."""
        return all((self.folder / name).is_file() for name in FILES)

    async def warm(self) -> None:
        await self._loaded()

    async def close(self) -> None:
        """What is being fetched is dropped."""
        self._closed = True
        if self._loading is not None:
            await asyncio.wait([self._loading])
        await asyncio.to_thread(self._worker.shutdown)

    def _own(self) -> Sequence[str]:
        short = self._model_name.rpartition("/")[2]
        return (self._model_name,) if short == self._model_name else (self._model_name, short)

    async def _loaded(self) -> StaticModel:
        """One load for all who wait, and for none of them to break off; after a failure, anew."""
        loading = self._loading
        if loading is None or (loading.done() and (loading.cancelled() or loading.exception())):
            self._loading = loading = asyncio.ensure_future(self._run(self._load))
            loading.add_done_callback(_seen)
        return await asyncio.shield(loading)

    async def _run(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        try:
            future = self._worker.submit(work, *arguments)
        except RuntimeError as error:
            raise ShuttingDown("The bridge is stopping.") from error
        return await asyncio.wrap_future(future)

    def _load(self) -> StaticModel:
        if not self.is_here():
            self._fetch()
        began = time.monotonic()
        from bridge.embeddings.static_model import StaticModel

        try:
            model = StaticModel(self.folder)
        except (EmbeddingModelBroken, OSError) as error:
            raise EmbeddingModelBroken(
                f"The embedding model in {self.folder} cannot be used: {error} "
                f"Replace {_LIST} there{', or remove them to have them fetched' * self._on_hub}."
            ) from error
        _log.info(
            "Embeddings: %s, %d dimensions, loaded in %.1f s.",
            self._model_name,
            model.length,
            time.monotonic() - began,
        )
        return model

    def _fetch(self) -> None:
        if not self._on_hub:
            raise EmbeddingModelMissing(
                f"There is no embedding model in {self.folder}: it must have {_LIST}."
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
    """`organisation/name`; a path has other parts, or begins with one of these."""
    return model.count("/") == 1 and "\\" not in model and not model.startswith(("/", ".", "~"))


def _checked(inputs: Sequence[TextOrTokens]) -> list[str]:
    from bridge.embeddings.cl100k import texts_of

    texts = texts_of(inputs)
    for index, text in enumerate(texts):
        if len(text) > MOST_CHARACTERS:
            raise ContextTooLong(
                f"Input {index} has {len(text):,} characters; at most {MOST_CHARACTERS:,} are "
                "taken. Split it: the vector of so long a text tells little.",
                param="input",
            )
    return texts


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where each batch begins and ends: few texts, few characters, one text at least."""
    start = characters = 0
    for place, text in enumerate(texts):
        full = characters + len(text) > _CHARACTERS_AT_ONCE or place - start == _TEXTS_AT_ONCE
        if full and place > start:
            yield start, place
            start, characters = place, 0
        characters += len(text)
    yield start, len(texts)


def _joined(parts: Sequence[Vectors], length: int) -> Vectors:
    import numpy as np

    from bridge.embeddings.shaping import shaped

    return shaped(np.concatenate(parts), length)


def _seen(loading: asyncio.Task[StaticModel]) -> None:
    """Whoever waited may have hung up; the next one tries anew."""
    if not loading.cancelled() and loading.exception() is not None:
        _log.warning("The embedding model cannot be used: %s", loading.exception())
