"""A backend around a backend that shows the recorder each request and the events of its answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager

from bridge.backends.base import Backend, Batch, CountedPrompt, EventStream, Readiness
from bridge.inspect.recording import CURRENT, CURRENT_CALL, CallRecording, Recording
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ModelRules
from bridge.wire.health import BackendName
from bridge.wire.messages import MessagesRequest


def record_calls(backend: Backend) -> Backend:
    """Wrap a backend if the request that this task answers is recorded."""
    recording = CURRENT.get()
    return backend if recording is None else RecordedBackend(backend, recording)


class RecordedBackend(Backend):
    """See `Backend`; `open` and `count_tokens` are recorded."""

    def __init__(self, inner: Backend, recording: Recording) -> None:
        self._inner = inner
        self._recording = recording

    @property
    def name(self) -> BackendName:
        return self._inner.name

    async def open(self, request: MessagesRequest) -> EventStream:
        with self._record_call(request) as call:
            stream = await self._inner.open(request)
        call.note_open()

        async def release() -> None:
            call.finish()
            await stream.aclose()

        return EventStream(_record_events(call, stream), release, stream.headers)

    async def readiness(self) -> Readiness:
        return await self._inner.readiness()

    async def models(self) -> Sequence[ListedModel]:
        return await self._inner.models()

    async def count_tokens(self, request: MessagesRequest) -> CountedPrompt:
        with self._record_call(request) as call:
            counted = await self._inner.count_tokens(request)
        call.add_events([{"input_tokens": counted.tokens}])
        call.finish()
        return counted

    def narrow_rules(self, rules: ModelRules) -> ModelRules:
        return self._inner.narrow_rules(rules)

    @contextmanager
    def _record_call(self, request: MessagesRequest) -> Iterator[CallRecording]:
        """Record the call that the block opens, and its failure."""
        call = self._recording.start_call(self._inner.name, request)
        token = CURRENT_CALL.set(call)
        try:
            yield call
        except BaseException as error:
            call.finish(error)
            raise
        finally:
            CURRENT_CALL.reset(token)


async def _record_events(call: CallRecording, stream: EventStream) -> AsyncGenerator[Batch, None]:
    try:
        async for batch in stream:
            call.add_events(batch)
            yield batch
    except BaseException as error:
        call.finish(error)
        raise
    call.finish()
