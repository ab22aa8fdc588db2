"""Count requests, answers and tokens for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bridge.server.request_record import RequestRecord
from bridge.wire.usage import PlanReport

_Metric = TypeVar("_Metric", Counter, Histogram)
# Answers take from a fraction of a second (the echo) to several minutes (long thinking).
_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300)


class Metrics:
    """The metrics of one server, in their own registry."""

    def __init__(self) -> None:
        # The library's global registry would be shared by all bridges of a test run.
        self.registry = CollectorRegistry()
        self._children: dict[tuple[object, ...], Any] = {}
        self._requests = Counter(
            "bridge_requests",
            "Requests, by path and status.",
            ("path", "status"),
            registry=self.registry,
        )
        self._answers = Counter(
            "bridge_answers",
            "Answers, by model, backend and outcome.",
            ("model", "backend", "outcome"),
            registry=self.registry,
        )
        self._tokens = Counter(
            "bridge_tokens",
            "Tokens, as counted by upstream.",
            ("model", "backend", "kind"),
            registry=self.registry,
        )
        self._first = Histogram(
            "bridge_first_chunk_seconds",
            "Time from a request to the first chunk of its answer.",
            ("backend",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._seconds = Histogram(
            "bridge_request_seconds",
            "Duration of whole requests.",
            ("path",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._unknown = Counter(
            "bridge_upstream_unknown",
            "Events and their parts of a type that this version ignores, by part and type.",
            ("part", "type"),
            registry=self.registry,
        )
        self.open_streams = Gauge("bridge_open_streams", "Active requests.", registry=self.registry)
        self._plan_used = Gauge(
            "bridge_plan_used_ratio",
            "The part of a plan's window that is used (1 is all of it), until the window resets.",
            ("account", "window"),
            registry=self.registry,
        )
        self._plan_reset = Gauge(
            "bridge_plan_reset_timestamp_seconds",
            "When a plan's window resets, in Unix seconds.",
            ("account", "window"),
            registry=self.registry,
        )
        self._extra_usage = Gauge(
            "bridge_plan_extra_usage_in_use",
            "1 while a plan is in extra usage, which costs money, else 0; absent if not known.",
            ("account",),
            registry=self.registry,
        )

    def observe(self, path: str, record: RequestRecord, status: int | str, seconds: float) -> None:
        """Count a finished request; `path` is the path pattern of its endpoint."""
        # Each value of a label is a new time series, so `path` must not contain ids.
        get = self._get_child
        get(self._requests, path, str(status)).inc()
        get(self._seconds, path).observe(seconds)
        # Requests without a model, such as GET /health, have no answer to count.
        if record.model == "-":
            return
        get(self._answers, record.model, record.backend, record.outcome).inc()
        for kind, count in (
            ("prompt", record.prompt_tokens),
            ("completion", record.completion_tokens),
        ):
            if count:
                get(self._tokens, record.model, record.backend, kind).inc(count)
        if record.first_chunk_seconds is not None:
            get(self._first, record.backend).observe(record.first_chunk_seconds)

    def count_unknown(self, part: str, type: str) -> None:
        """Count an unknown part of upstream's answer; the caller bounds the number of types."""
        self._get_child(self._unknown, part, type).inc()

    def set_plans(self, reports: Iterable[PlanReport]) -> None:
        """Set what is known of the plans now; what is no longer known disappears."""
        for gauge in (self._plan_used, self._plan_reset, self._extra_usage):
            gauge.clear()
        for report in reports:
            for window in report.windows:
                self._plan_used.labels(report.account, window.name).set(window.used)
                self._plan_reset.labels(report.account, window.name).set(window.resets_at)
            if report.extra_usage != "unknown":
                is_in_use = report.extra_usage == "in_use"
                self._extra_usage.labels(report.account).set(is_in_use)

    def _get_child(self, metric: _Metric, *labels: str) -> _Metric:
        """Return the metric's child for these labels, cached."""
        # `metric.labels` takes a lock and converts every label, for each request.
        key = (metric, *labels)
        child: _Metric | None = self._children.get(key)
        if child is None:
            child = self._children[key] = metric.labels(*labels)
        return child
