"""Counts what the server does, for Prometheus."""

from __future__ import annotations

from typing import TypeVar, cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bridge.server.request_record import RequestRecord

_Metric = TypeVar("_Metric", Counter, Histogram)
_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300)


class Metrics:
    """One per server, with a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._children: dict[tuple[object, ...], object] = {}
        self._requests = Counter(
            "bridge_requests",
            "Requests, by path and status.",
            ("path", "status"),
            registry=self.registry,
        )
        self._answers = Counter(
            "bridge_answers",
            "Answers of models, by how they ended.",
            ("model", "backend", "outcome"),
            registry=self.registry,
        )
        self._tokens = Counter(
            "bridge_tokens",
            "Tokens as upstream counts them.",
            ("model", "backend", "kind"),
            registry=self.registry,
        )
        self._first = Histogram(
            "bridge_first_chunk_seconds",
            "From a request to its answer's first chunk.",
            ("backend",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._seconds = Histogram(
            "bridge_request_seconds",
            "Whole requests.",
            ("path",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.open_streams = Gauge(
            "bridge_open_streams", "Answers being written.", registry=self.registry
        )

    def _child(self, metric: _Metric, *labels: str) -> _Metric:
        """The library's own look-up locks and copies."""
        key = (metric, *labels)
        found = self._children.get(key)
        if found is None:
            found = self._children[key] = metric.labels(*labels)
        return cast(_Metric, found)

    def observe(self, path: str, record: RequestRecord, status: int | str, seconds: float) -> None:
        """One request that is over; `path` is the endpoint's, so that there are few of them."""
        child = self._child
        child(self._requests, path, str(status)).inc()
        child(self._seconds, path).observe(seconds)
        if record.model == "-":
            return
        child(self._answers, record.model, record.backend, record.outcome).inc()
        for kind, count in (
            ("prompt", record.prompt_tokens),
            ("completion", record.completion_tokens),
        ):
            if count:
                child(self._tokens, record.model, record.backend, kind).inc(count)
        if record.first_chunk_seconds is not None:
            child(self._first, record.backend).observe(record.first_chunk_seconds)
