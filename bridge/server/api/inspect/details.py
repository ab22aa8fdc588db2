"""Describes one recorded exchange in full."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bridge.errors import BridgeError
from bridge.inspect.events import EventRow, align_events, list_client_events
from bridge.inspect.exchange import Exchange, UpstreamCall
from bridge.inspect.fields import Field, Translate, Untranslatable, explain_fields
from bridge.inspect.images import ShownImage, replace_images
from bridge.inspect.prefix import describe_change, find_previous
from bridge.inspect.redaction import redact_json, redact_query, redact_value
from bridge.inspect.streamed_keys import replace_split_keys
from bridge.inspect.timeline import build_timeline
from bridge.logs import redact
from bridge.server.answers.retranslate import (
    find_narrowed_rules,
    make_parser,
    read_recorded_body,
    translate_body,
)
from bridge.server.api.inspect.summaries import summarize
from bridge.server.state import Bridge
from bridge.wire.inspection.exchange import (
    ExchangeDetail,
    FieldTarget,
    Header,
    InspectedCall,
    InspectedEvent,
    InspectedField,
    InspectedImage,
    PrefixDifference,
    TimelineStep,
)
from bridge.wire.inspection.recorder import ExchangeSummary
from bridge.wire.json_bytes import decode_json

_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC"
)
"""An image to translate in the place of a large one."""
_MOST_EXPLAINED = 1 << 20
"""Bytes of a body that is translated again without each of its fields."""


async def describe_exchange(
    bridge: Bridge, exchange: Exchange, *, full_images: bool
) -> ExchangeDetail:
    """Describe an exchange: what came, what became of it, and what was answered."""
    earlier = [e for e in bridge.recorder.list_exchanges() if int(e.id) < int(exchange.id)]
    translate, problem = await _make_translation(bridge, exchange)
    return await bridge.recorder.work(
        _build_detail,
        exchange,
        summarize(exchange, bridge.recorder.get_size(exchange.id)),
        earlier,
        translate,
        problem,
        full_images,
    )


def _build_detail(
    exchange: Exchange,
    summary: ExchangeSummary,
    earlier: Sequence[Exchange],
    translate: Translate | None,
    problem: str | None,
    full_images: bool,
) -> ExchangeDetail:
    body, images = _show_body(exchange.request.body, full_images)
    calls, of_calls = _describe_calls(exchange.calls, full_images)
    fields, problem = _list_fields(exchange, translate, problem)
    outcome = exchange.outcome
    return ExchangeDetail(
        **summary.model_dump(),
        query=redact(redact_query(exchange.request.query)),
        reason=_find_reason(exchange),
        request_headers=_list_headers(exchange.request.headers),
        request_body=body,
        response_headers=_list_headers(outcome.headers if outcome is not None else ()),
        all_notices=[redact(notice) for notice in exchange.notices],
        images=[
            InspectedImage(
                placeholder=image.placeholder,
                media_type=image.media_type,
                size=image.size,
                thumbnail=image.thumbnail,
            )
            for image in images or of_calls
        ],
        fields=fields,
        fields_problem=None if problem is None else redact(problem),
        calls=calls,
        timeline=[
            TimelineStep(at=step.at, what=redact(step.what)) for step in build_timeline(exchange)
        ],
        events=_show_events(align_events(exchange)),
        usages=[dict(usage) for usage in (outcome.usages if outcome is not None else ())],
        prefix=_compare_prefix(earlier, exchange),
        cache_miss_reason=_find_miss_reason(exchange.calls),
        is_stream=len(exchange.written) > 1,
        can_repeat=translate is not None and bool(exchange.calls),
    )


async def _make_translation(
    bridge: Bridge, exchange: Exchange
) -> tuple[Translate | None, str | None]:
    """Return the translation of the exchange's endpoint, or why there is none."""
    try:
        body = read_recorded_body(exchange)
        found = find_narrowed_rules(bridge, exchange)
        if found is None:
            return None, "Nothing was sent to Claude."
        rules, model = found
        parse = await make_parser(bridge, exchange, body)
    except BridgeError as error:
        return None, error.message
    return lambda sent: translate_body(parse, rules, model, sent), None


def _list_fields(
    exchange: Exchange, translate: Translate | None, problem: str | None
) -> tuple[list[InspectedField], str | None]:
    if translate is None:
        return [], problem
    if len(exchange.request.body) > _MOST_EXPLAINED:
        return [], "This request is too large to be explained field by field."
    body = _shrink_images(read_recorded_body(exchange))
    try:
        fields = explain_fields(body, translate)
    except Untranslatable as error:
        return [], f"This request cannot be translated any more: {redact(str(error))}"
    return [_describe_field(field) for field in fields], None


def _describe_field(field: Field) -> InspectedField:
    return InspectedField(
        name=redact(field.name),
        value=redact_value(field.value),
        fate=field.fate,
        targets=[
            FieldTarget(path=redact(target.path), value=redact_value(target.value))
            for target in field.targets
        ],
        notices=[redact(notice) for notice in field.notices],
    )


def _shrink_images(value: Any) -> Any:
    """Return a body with a tiny image for each of its images, which is translated many times."""
    match value:
        case {"type": "base64", "media_type": str(media_type), "data": str()} if (
            media_type.startswith("image/")
        ):
            return {**value, "media_type": "image/png", "data": _PIXEL}
        case dict():
            return {name: _shrink_images(item) for name, item in value.items()}
        case list():
            return [_shrink_images(item) for item in value]
        case str() if value.startswith("data:image/"):
            return f"data:image/png;base64,{_PIXEL}"
        case _:
            return value


def _show_body(data: bytes | bytearray, full_images: bool) -> tuple[str, list[ShownImage]]:
    """Return a JSON body as text, with placeholders for its images."""
    text = data.decode("utf-8", "replace")
    if full_images or len(data) < 1000:
        return redact_json(text), []
    try:
        value = decode_json(data)
    except ValueError:
        return redact_json(text), []
    text, images = replace_images(text, value)
    return redact_json(text), images


def _describe_calls(
    calls: Sequence[UpstreamCall], full_images: bool
) -> tuple[list[InspectedCall], list[ShownImage]]:
    described, images = [], []
    for call in calls:
        body, found = _show_body(call.body, full_images)
        # Its images are those of the body.
        given = _show_body(call.given, full_images)[0] or None
        images += found
        described.append(
            InspectedCall(
                backend=call.backend,
                sent_at=call.sent_at,
                opened_at=call.opened_at,
                ended_at=call.ended_at,
                failure=None if call.failure is None else redact(call.failure.reason),
                headers=_list_headers(call.headers.items()),
                body=body,
                given=given,
                events=len(call.list_events()),
            )
        )
    return described, images


def _list_headers(headers: Iterable[tuple[str, str]]) -> list[Header]:
    return [Header(name=name, value=redact(value)) for name, value in headers]


def _show_events(rows: Sequence[EventRow]) -> list[InspectedEvent]:
    upstream, client = _as_texts([r.upstream for r in rows]), _as_texts([r.client for r in rows])
    return [
        InspectedEvent(at=row.at, call=row.call, upstream=upstream[index], client=client[index])
        for index, row in enumerate(rows)
    ]


def _as_texts(datas: Sequence[bytes | None]) -> list[str | None]:
    """Return events as texts without keys, also those that are split over several."""
    shown = iter(replace_split_keys([data for data in datas if data is not None]))
    return [
        None if data is None else redact_json(next(shown).decode("utf-8", "replace"))
        for data in datas
    ]


def _compare_prefix(earlier: Sequence[Exchange], exchange: Exchange) -> PrefixDifference | None:
    previous = find_previous(earlier, exchange)
    if previous is None:
        return None
    difference = describe_change(previous, exchange)
    return PrefixDifference(
        previous=previous.id,
        words=redact(difference.words),
        same_bytes=difference.same_bytes,
        earlier_bytes=difference.earlier_bytes,
    )


def _find_reason(exchange: Exchange) -> str | None:
    """Return the message of the error that the client got: the last event, or the whole answer."""
    for moment in reversed(list_client_events(exchange)[-3:]):
        with contextlib.suppress(ValueError):
            match decode_json(moment.data):
                case {"error": {"message": str(message)}}:
                    return redact(message)
                case {"response": {"error": {"message": str(message)}}}:
                    return redact(message)
    return None


def _find_miss_reason(calls: Sequence[UpstreamCall]) -> Any:
    """Return Claude's own reason why the cache was not read, if it gives one."""
    for call in calls:
        for event in call.list_events():
            if b"cache_miss_reason" not in event.data:
                continue
            with contextlib.suppress(ValueError):
                found = _search(decode_json(event.data), "cache_miss_reason")
                if found is not None:
                    return redact_value(found)
    return None


def _search(value: Any, name: str) -> Any:
    """Return the first value under a name, at any depth of dictionaries."""
    if not isinstance(value, Mapping):
        return None
    if name in value:
        return value[name]
    return next((found for item in value.values() if (found := _search(item, name))), None)
