"""Embeddings of another service: its API, the order of vectors, and its errors."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator

import numpy as np
import pytest
from aiohttp import web

from bridge.embeddings.upstream import Service, UpstreamEmbedder
from bridge.errors import (
    UPSTREAM_ID,
    BillingFailed,
    BridgeError,
    Forbidden,
    InvalidRequest,
    KeyRejected,
    ModelNotFound,
    NotFound,
    Overloaded,
    RateLimited,
    RequestTooLarge,
    ShuttingDown,
    UpstreamFailed,
    UpstreamSilent,
    UpstreamTimedOut,
    UpstreamUnreachable,
)
from tests.embeddings.fake_service import FakeService, build_error, vector_of


@pytest.fixture
async def fake() -> AsyncIterator[FakeService]:
    async with FakeService() as service:
        yield service


@pytest.fixture
async def embedder(fake: FakeService) -> AsyncIterator[UpstreamEmbedder]:
    upstream = UpstreamEmbedder(fake.url, "its-key", "nomic-embed-text")
    yield upstream
    await upstream.close()


async def ask(
    embedder: UpstreamEmbedder, text: str = "a", model: str = "nomic-embed-text"
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return (await embedder.embed([text], model=model, dimensions=None)).vectors


async def test_the_services_own_model_gives_its_vectors_unchanged_and_in_order(
    fake: FakeService, embedder: UpstreamEmbedder
) -> None:
    made = await embedder.embed(["one", "three"], model="nomic-embed-text", dimensions=None)
    assert made.vectors.tolist() == [vector_of("one", 4), vector_of("three", 4)]
    assert (made.prompt_tokens, made.answered_by) == (8, "nomic-embed-text")
    assert fake.bodies == [
        {"model": "nomic-embed-text", "input": ["one", "three"], "encoding_format": "base64"}
    ]


async def test_a_service_without_base64_gives_the_same_vectors(
    fake: FakeService, embedder: UpstreamEmbedder
) -> None:
    fake.numbers_only = True
    assert (await ask(embedder, "one")).tolist() == [vector_of("one", 4)]


async def test_dimensions_for_the_services_own_model_are_passed_on(
    fake: FakeService, embedder: UpstreamEmbedder
) -> None:
    made = await embedder.embed(["one"], model="nomic-embed-text", dimensions=2)
    assert made.vectors.tolist() == [vector_of("one", 2)]
    assert fake.bodies[0]["dimensions"] == 2


async def test_openais_names_give_openais_lengths_with_another_service(
    fake: FakeService, embedder: UpstreamEmbedder
) -> None:
    made = await embedder.embed(["a", "bcd"], model="text-embedding-3-small", dimensions=None)
    assert made.vectors.shape == (2, 1_536)
    assert made.answered_by == fake.bodies[0]["model"] == "nomic-embed-text"
    a, b = vector_of("a", 4), vector_of("bcd", 4)
    cosine = float(np.dot(a, b)) / (math.hypot(*a) * math.hypot(*b))
    assert float(made.vectors[0] @ made.vectors[1]) == pytest.approx(cosine, abs=1e-6)
    assert "dimensions" not in fake.bodies[0]


async def test_openai_gets_the_model_name_of_the_client(fake: FakeService) -> None:
    openai = UpstreamEmbedder(fake.url, "its-key", "text-embedding-3-small", service="openai")
    made = await openai.embed([[9906, 1]], model="text-embedding-3-large", dimensions=3)
    await openai.close()
    assert made.vectors.tolist() == [vector_of([9906, 1], 3)]
    assert fake.bodies[0]["model"] == made.answered_by == "text-embedding-3-large"
    assert fake.bodies[0]["input"] == [[9906, 1]]


async def test_tokens_are_sent_to_other_services_as_text(
    fake: FakeService, embedder: UpstreamEmbedder
) -> None:
    await embedder.embed([[15339, 1917], "b"], model="nomic-embed-text", dimensions=None)
    assert fake.bodies[0]["input"] == ["hello world", "b"]


async def test_voyage_gets_its_own_format_and_a_thousand_inputs_at_a_time() -> None:
    async with FakeService("voyage", max_inputs=1_000) as fake:
        voyage = UpstreamEmbedder(fake.url, "its-key", "voyage-4", service="voyage")
        texts = ["a" * (place % 7 + 1) for place in range(2_048)]
        made = await voyage.embed(texts, model="voyage-4", dimensions=256)
        await voyage.close()
    assert np.array_equal(
        made.vectors, np.array([vector_of(text, 256) for text in texts], np.float32)
    )
    assert made.prompt_tokens == sum(map(len, texts))
    assert [len(body["input"]) for body in fake.bodies] == [1_000, 1_000, 48]
    assert fake.bodies[0]["output_dimension"] == 256


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://api.voyageai.com/v1/", "voyage"),
        ("https://ai.mongodb.com/v1", "voyage"),
        ("http://127.0.0.1:11434/v1", "compatible"),
    ],
)
def test_the_service_is_derived_from_the_host(url: str, service: Service) -> None:
    assert UpstreamEmbedder(url, None, "m")._service == service


async def test_an_unknown_name_sends_no_request(
    fake: FakeService, embedder: UpstreamEmbedder
) -> None:
    with pytest.raises(ModelNotFound, match="nomic-embed-text"):
        await ask(embedder, model="claude")
    assert fake.bodies == []


@pytest.mark.parametrize(
    ("status", "code", "kind", "ours"),
    [
        (400, None, InvalidRequest, 400),
        (401, "invalid_api_key", KeyRejected, 401),
        (402, None, BillingFailed, 402),
        (403, None, Forbidden, 403),
        (404, None, NotFound, 404),
        (404, "model_not_found", ModelNotFound, 404),
        (408, None, UpstreamTimedOut, 504),
        (413, None, RequestTooLarge, 413),
        (422, None, InvalidRequest, 400),
        (429, None, RateLimited, 429),
        (429, "insufficient_quota", BillingFailed, 429),
        (500, None, UpstreamFailed, 502),
        (503, None, Overloaded, 503),
        (504, None, UpstreamTimedOut, 504),
        (302, None, UpstreamFailed, 502),
    ],
)
async def test_an_error_has_the_status_and_message_of_the_service(
    fake: FakeService,
    embedder: UpstreamEmbedder,
    status: int,
    code: str | None,
    kind: type[BridgeError],
    ours: int,
) -> None:
    fake.answer = build_error(
        status, "Its own words.", code, retry_after="7", x_request_id="its-id"
    )
    with pytest.raises(BridgeError, match="Its own words") as caught:
        await ask(embedder)
    assert type(caught.value) is kind
    assert caught.value.status == ours
    assert caught.value.headers == {"retry-after": "7", UPSTREAM_ID: "its-id"}


async def test_an_error_of_voyage_has_its_message(
    fake: FakeService, embedder: UpstreamEmbedder
) -> None:
    fake.answer = web.json_response({"detail": "Argument 'model' is invalid."}, status=400)
    with pytest.raises(InvalidRequest, match="Argument 'model' is invalid"):
        await ask(embedder)


async def test_a_rejected_key_is_not_in_the_error(fake: FakeService) -> None:
    upstream = UpstreamEmbedder(fake.url, "wrong-key", "m")
    with pytest.raises(KeyRejected) as caught:
        await ask(upstream, model="m")
    await upstream.close()
    assert "wrong-key" not in caught.value.message


def item(index: int = 0, embedding: object = (1.0, 2.0)) -> dict[str, object]:
    return {"object": "embedding", "index": index, "embedding": embedding}


def whole(*items: object, **rest: object) -> dict[str, object]:
    return {"object": "list", "data": list(items), "usage": {"prompt_tokens": 1}, **rest}


@pytest.mark.parametrize(
    "answer",
    [
        "no JSON",
        pytest.param("[" * 100_000, id="deep"),
        [],
        {},
        whole(),
        whole(item(), item(1)),
        whole(item(), item()),
        whole(item(index=1)),
        whole({"index": 0}),
        whole(item(index=[])),  # type: ignore[arg-type]  # as a service might
        whole("an item"),
        whole(item(embedding=None)),
        whole(item(embedding=[])),
        whole(item(embedding=["a"])),
        whole(item(embedding=[None])),
        whole(item(embedding=[[1.0]])),
        whole(item(embedding="AAAA")),
        whole(item(embedding="AADAfw==")),  # not a number
        whole(item(), usage={}),
        whole(item(), usage=None),
        whole(item(), usage={"prompt_tokens": "1"}),
    ],
)
async def test_a_malformed_response_is_refused(
    fake: FakeService, embedder: UpstreamEmbedder, answer: object
) -> None:
    said = web.Response(text=answer) if isinstance(answer, str) else web.json_response(answer)
    fake.answer = said
    with pytest.raises(UpstreamFailed, match="cannot be used") as caught:
        await ask(embedder)
    assert (caught.value.status, caught.value.code) == (502, "upstream_error")


async def test_vectors_of_different_lengths_are_refused(
    fake: FakeService, embedder: UpstreamEmbedder
) -> None:
    fake.answer = web.json_response(whole(item(), item(1, (1.0,))))
    with pytest.raises(UpstreamFailed, match="cannot be used"):
        await embedder.embed(["a", "b"], model="nomic-embed-text", dimensions=None)


async def test_an_unreachable_service_is_reported() -> None:
    upstream = UpstreamEmbedder("http://127.0.0.1:1/v1", None, "m")
    with pytest.raises(UpstreamUnreachable, match=r"http://127\.0\.0\.1:1"):
        await ask(upstream, model="m")
    await upstream.close()


async def test_a_silent_service_times_out(fake: FakeService) -> None:
    fake.silent = True
    upstream = UpstreamEmbedder(fake.url, "its-key", "m", silence_seconds=0.1)
    with pytest.raises(UpstreamSilent):
        await ask(upstream, model="m")
    await upstream.close()


async def test_a_lost_connection_is_reported(fake: FakeService, embedder: UpstreamEmbedder) -> None:
    fake.breaks = True
    with pytest.raises(UpstreamFailed, match="Lost the connection to"):
        await ask(embedder)


async def test_a_request_after_closing_fails_with_shutting_down(embedder: UpstreamEmbedder) -> None:
    await embedder.warm()
    await embedder.close()
    with pytest.raises(ShuttingDown):
        await ask(embedder)


async def test_closing_ends_running_requests(fake: FakeService, embedder: UpstreamEmbedder) -> None:
    fake.silent = True
    asking = asyncio.create_task(ask(embedder))
    while not fake.bodies:
        await asyncio.sleep(0.01)
    await embedder.close()
    with pytest.raises(ShuttingDown):
        await asyncio.wait_for(asking, 30)
