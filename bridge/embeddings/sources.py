"""Where the files of a local model are: in a package, on the Hugging Face hub, or in a folder."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple, Protocol

from bridge.errors import EmbeddingModelBroken, EmbeddingModelMissing
from bridge.settings import BUILTIN_EMBEDDING_MODEL

FILES = ("tokenizer.json", "model.safetensors")
"""The files that a model's folder must have; others are ignored."""

FORMER_DEFAULT = "minishlab/potion-retrieval-32M"
"""The default of `embedding_model` in earlier versions, downloaded at the first request."""

_PACKAGE = "wordllama"
_PACKAGE_TOKENIZER = f"{_PACKAGE}/tokenizers/l2_supercat_tokenizer_config.json"
_PACKAGE_MATRIX = f"{_PACKAGE}/weights/l2_supercat_256.safetensors"
_LIST = " and ".join(FILES)

_log = logging.getLogger(__name__)


class ModelFiles(NamedTuple):
    """The two files of a model."""

    tokenizer: Path
    matrix: Path


class ModelSource(Protocol):
    """A place with the files of one model."""

    @property
    def name(self) -> str:
        """The model's name in requests, responses and the log."""

    @property
    def remedy(self) -> str:
        """What to do if the files are damaged; one sentence."""

    def get_files(self, is_stopped: Callable[[], bool]) -> ModelFiles:
        """Return the files, downloaded first if necessary. For a worker thread: may take minutes.

        Raises EmbeddingModelMissing, EmbeddingModelBroken, and ShuttingDown once `is_stopped()`.
        """


@dataclass(frozen=True, slots=True)
class BuiltinSource:
    """The model that is installed with the bridge: two data files of the package wordllama.

    The package itself is never imported. Its own loader looks for the tokenizer on the network,
    and importing it loads `requests` and more.
    """

    name: str = BUILTIN_EMBEDDING_MODEL
    remedy: str = "Install the bridge and its dependencies again."

    def get_files(self, is_stopped: Callable[[], bool]) -> ModelFiles:
        """See `ModelSource.get_files`. Nothing is downloaded."""
        try:
            package = distribution(_PACKAGE)
        except PackageNotFoundError as error:
            raise EmbeddingModelBroken(
                "The built-in embedding model is missing: "
                f"the package {_PACKAGE} is not installed. {self.remedy}"
            ) from error
        return ModelFiles(
            Path(str(package.locate_file(_PACKAGE_TOKENIZER))),
            Path(str(package.locate_file(_PACKAGE_MATRIX))),
        )


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder of the user, which is only read."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def remedy(self) -> str:
        return f"Replace {_LIST} in {self.folder}."

    def get_files(self, is_stopped: Callable[[], bool]) -> ModelFiles:
        """See `ModelSource.get_files`. Nothing is downloaded."""
        if not _has_files(self.folder):
            raise EmbeddingModelMissing(
                f"No embedding model in {self.folder}: it must contain {_LIST}."
            )
        return _join_files(self.folder)


@dataclass(frozen=True, slots=True)
class HubSource:
    """A model on the Hugging Face hub, downloaded when it is first needed."""

    name: str
    """Such as `minishlab/potion-base-8M`."""
    cache: Path

    @property
    def folder(self) -> Path:
        """The folder of the files. The user can also put them there by hand."""
        return self.cache / self.name.replace("/", "--")

    @property
    def remedy(self) -> str:
        return f"Replace {_LIST} in {self.folder}, or remove them to download them again."

    def is_stored(self) -> bool:
        """Return whether the model is on this computer; reads the disk."""
        # A download gives files their names only when they are complete.
        return _has_files(self.folder)

    def get_files(self, is_stopped: Callable[[], bool]) -> ModelFiles:
        """See `ModelSource.get_files`. The log has a line every few seconds of a download."""
        if not self.is_stored():
            self._download(is_stopped)
        return _join_files(self.folder)

    def _download(self, is_stopped: Callable[[], bool]) -> None:
        from bridge.embeddings.hub import download_model, find_endpoint

        try:
            download_model(self.name, FILES, self.folder, is_stopped)
        except EmbeddingModelMissing as error:
            page = f"{find_endpoint(os.environ)}/{self.name}/tree/main"
            raise EmbeddingModelMissing(
                f"The embedding model {self.name} could not be downloaded: {error.message} "
                f"Try again when online, or put {_LIST} from {page} into {self.folder}."
            ) from error


def find_source(model: str, cache: Path) -> ModelSource:
    """Return the source of `model`: the built-in one, a name on the hub, or a folder's path.

    `cache` is the folder that has a folder for each downloaded model.
    """
    if model == BUILTIN_EMBEDDING_MODEL:
        return BuiltinSource()
    if _is_hub_name(model):
        return HubSource(model, cache)
    return FolderSource(Path(model).expanduser())


def find_default_source(cache: Path) -> ModelSource:
    """Return the built-in model, or the former default if it was downloaded; reads the disk.

    Vectors of two models cannot be compared. Users of the former default have databases with its
    vectors, which would find nonsense with another model, and without an error.
    """
    former = HubSource(FORMER_DEFAULT, cache)
    if not former.is_stored():
        return BuiltinSource()
    _log.info(
        "Embeddings: using %s, which an earlier version downloaded. "
        "For the built-in model set embedding_model to %s, and embed your texts again.",
        FORMER_DEFAULT,
        BUILTIN_EMBEDDING_MODEL,
    )
    return former


def _is_hub_name(model: str) -> bool:
    """Return whether it is `organisation/name` and not a path."""
    return model.count("/") == 1 and "\\" not in model and not model.startswith(("/", ".", "~"))


def _has_files(folder: Path) -> bool:
    return all((folder / name).is_file() for name in FILES)


def _join_files(folder: Path) -> ModelFiles:
    tokenizer, matrix = FILES
    return ModelFiles(folder / tokenizer, folder / matrix)
