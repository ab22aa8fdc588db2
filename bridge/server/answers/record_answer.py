"""Records an answer while it passes: its first chunk, its outcome and its token counts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import TypeVar

from bridge.server.http.accounting import guard_accounting
from bridge.server.request_record import RequestRecord
from bridge.wire.messages import Usage

_Batch = TypeVar("_Batch")


async def record_answer(
    record: RequestRecord,
    batches: AsyncIterator[_Batch],
    finish: Callable[[], str],
    list_usages: Callable[[], Sequence[Usage]],
) -> AsyncGenerator[_Batch, None]:
    """Pass the batches on, and record the answer for the access line, the ledger and the metrics.

    `finish` is called behind the last batch; it returns the outcome, and raises BridgeError for an
    answer that is incomplete. `list_usages` returns upstream's token counts, also of an answer that
    failed or that the client did not read to its end.
    """
    try:
        async for batch in batches:
            record.note_first_chunk()
            yield batch
        record.outcome = finish()
    finally:
        with guard_accounting("the token counts"):
            record.set_usages(list_usages())
