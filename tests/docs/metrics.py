"""Builds the table of metrics."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Metric

from bridge.plan.storage import PlanStorage
from bridge.plan.tracker import PlanTracker
from bridge.server.metrics import Metrics
from bridge.server.request_record import RequestRecord
from tests.docs.markdown import build_table


def build_metrics() -> str:
    """List all metrics."""
    rows = []
    for family, labels in list_metrics():
        shown = ", ".join(f"`{label}`" for label in labels)
        ending = "_total" if family.type == "counter" else ""
        rows.append((f"`{family.name}{ending}`", family.type, shown, family.documentation))
    return build_table(("Name", "Type", "Labels", "Meaning"), rows)


def list_metrics() -> Iterable[tuple[Metric, list[str]]]:
    """Yield all metrics, with the labels that one answer and one plan set."""
    counted = Metrics()
    answer = RequestRecord(
        model="claude-opus-5-5",
        backend="anthropic",
        prompt_tokens=1,
        completion_tokens=1,
        first_chunk_seconds=1.0,
        outcome="stop",
    )
    counted.observe("/v1/chat/completions", answer, 200, 1.0)
    counted.count_unknown("event", "future_event")
    plan = PlanTracker("ask", PlanStorage(None), lambda: 0.0).for_account()
    windows = {"five_hour": {"utilization": 0.62, "resetsAt": 3600}}
    plan.note({"unifiedWindows": windows, "overageStatus": "allowed"})
    counted.set_plans([plan.build_report()])
    for family in counted.registry.collect():
        labels = dict.fromkeys(one for sample in family.samples for one in sample.labels)
        yield family, [label for label in labels if label != "le"]
