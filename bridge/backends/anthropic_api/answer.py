"""Begin an answer of Claude's API, and hand it over as a stream of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.backends.anthropic_api.events import EventReader
from bridge.backends.anthropic_api.headers import pick_headers
from bridge.backends.anthropic_api.leftovers import Leftovers
from bridge.backends.base import EventStream
from bridge.backends.event_check import CountUnknown
from bridge.wire.messages import MessagesRequest

if TYPE_CHECKING:
    from bridge.backends.anthropic_api.transport import StreamSender


class AnswerOpener:
    """Opens the answers of one backend; `leftovers` ends their connections."""

    def __init__(self, silence_seconds: float, count_unknown: CountUnknown) -> None:
        self._silence = silence_seconds
        self._count_unknown = count_unknown
        self._leftovers = Leftovers()

    async def open(self, sender: StreamSender, request: MessagesRequest) -> EventStream:
        """Send a request; return once `message_start` has arrived. Raises BridgeError."""
        answer = await sender.send(request)
        reader = EventReader(answer.read, self._count_unknown, join=request.whole)
        try:
            await reader.begin(self._silence)
        except BaseException:
            # Also when cancelled: upstream would go on generating, and charging, for no one.
            await answer.close()
            raise

        async def release() -> None:
            if reader.complete and not answer.at_end:
                self._leftovers.add(answer)
            else:
                await answer.close()

        return EventStream(reader.read_batches(), release, pick_headers(answer.headers))

    async def close(self) -> None:
        """Close the answers whose end has not come yet."""
        await self._leftovers.close()
