"""Takes the next step of the user's chain of fallbacks after a failure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.backends.base import Backend
from bridge.errors import BridgeError
from bridge.fallback import FallbackStep, list_next_steps, parse_step
from bridge.routing.limits import explain_price
from bridge.server.state import Bridge
from bridge.wire.health import BackendName
from bridge.wire.routing.rule import RoutingRule


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a request is in the chain, and what has failed before."""

    label: str
    """The name of the backend to ask, with that of the key if the step names one."""
    model: str
    first_backend: Backend | None
    """None if no backend was ready at first."""
    first_model: str
    position: int = -1
    """Of the step that was taken; the next failure goes on behind it."""
    failures: tuple[tuple[str, str, str], ...] = ()
    """Label, model and error code of each failure."""
    is_for_model: bool = False
    """Whether the step that was taken names the model, which then must not be another one."""
    notice: str = ""
    """Why another backend or model answers than the first."""

    def add_failure(self, error: BridgeError) -> Trail:
        """Return the trail after a failure of the backend that was asked."""
        failure = (self.label, self.model, error.code or error.type)
        return replace(self, failures=(*self.failures, failure))


async def find_next(
    bridge: Bridge, trail: Trail, error: BridgeError, rule: RoutingRule | None = None
) -> tuple[Backend, Trail] | None:
    """Return the next backend to ask, which is ready, and the trail with the step that names it.

    A backend is asked for the first model, and the first backend for another model. None if the
    chain has no such step that the user's rule for the request allows.
    """
    trail = trail.add_failure(error)
    chain = [parse_step(step) for step in bridge.settings.fallback_steps]
    for position, step in list_next_steps(chain, trail.position, error):
        if not _is_allowed(step, rule):
            continue
        taken = await _take_step(bridge, replace(trail, position=position), step)
        if taken is not None:
            return taken
    return None


def _is_allowed(step: FallbackStep, rule: RoutingRule | None) -> bool:
    if step.model:
        return explain_price(rule, step.model) is None
    if rule is None:
        return True
    # The step without a name is for the sign-in in use, which may be changed to another one.
    is_sign_in_kept = rule.sign_in in (None, step.key)
    return is_sign_in_kept and rule.required_backend in (None, step.backend)


async def _take_step(
    bridge: Bridge, trail: Trail, step: FallbackStep
) -> tuple[Backend, Trail] | None:
    if step.model:
        if trail.first_backend is None or step.model == trail.model:
            return None
        failed = ", ".join(f"{model} failed ({code})" for _, model, code in trail.failures)
        notice = f"model: {failed}; {step.model} answers"
        first = trail.first_backend
        taken = replace(trail, label=first.name, model=step.model, is_for_model=True, notice=notice)
        return first, taken
    label = label_backend(bridge, step.backend, step.key)
    backend = None if label == trail.label else await bridge.selection.find_fallback(step)
    if backend is None:
        return None
    failed = ", ".join(f"{name} failed ({code})" for name, _, code in trail.failures)
    notice = f"backend: {failed}; {label} answers"
    taken = replace(trail, label=label, model=trail.first_model, is_for_model=False, notice=notice)
    return backend, taken


def label_backend(bridge: Bridge, backend: BackendName | None, key: str) -> str:
    """Return the name of a backend with that of a key or sign-in, unless it is the one in use."""
    if not key or (backend == "claude-code" and key == bridge.switches.sign_in):
        return str(backend)
    return f"{backend} ({'key' if backend == 'anthropic' else 'sign-in'} {key})"
