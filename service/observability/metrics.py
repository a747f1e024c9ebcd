"""Metrics: what is counted, and its text for Prometheus from a registry of the service's own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any

from service.observability.tallies import Counter, Histogram

FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SLOW = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Everything that is counted. Label values are route templates, roles and closed lists of outcomes: no names."""

    requests: Counter = field(
        default_factory=partial(
            Counter,
            name="slm_judge_http_requests",
            help="Requests by route template and status.",
            labels=("method", "route", "status"),
        )
    )
    request_seconds: Histogram = field(
        default_factory=partial(
            Histogram,
            name="slm_judge_http_request_seconds",
            help="Time until an answer begins.",
            labels=("route",),
            bounds=FAST,
        )
    )
    loads: Counter = field(
        default_factory=partial(
            Counter,
            name="slm_judge_model_loads",
            help="Models loaded, by role and outcome.",
            labels=("role", "outcome"),
        )
    )
    calls: Counter = field(
        default_factory=partial(
            Counter,
            name="slm_judge_model_calls",
            help="Questions to models, by role and outcome.",
            labels=("role", "outcome"),
        )
    )
    model_seconds: Counter = field(
        default_factory=partial(
            Counter,
            name="slm_judge_model_seconds",
            help="Time that models spent answering.",
            labels=("role",),
        )
    )
    model_tokens: Counter = field(
        default_factory=partial(
            Counter,
            name="slm_judge_model_tokens",
            help="Tokens as runtimes counted them.",
            labels=("role", "direction"),
        )
    )
    first_token: Histogram = field(
        default_factory=partial(
            Histogram,
            name="slm_judge_first_token_seconds",
            help="Time to the first token, by role.",
            labels=("role",),
            bounds=SLOW,
        )
    )
    verdicts: Counter = field(
        default_factory=partial(
            Counter,
            name="slm_judge_verdicts",
            help="Verdicts by who gave them and what came of them.",
            labels=("by", "outcome"),
        )
    )
    store_seconds: Histogram = field(
        default_factory=partial(
            Histogram,
            name="slm_judge_store_seconds",
            help="Time that reads and writes of the database took, waiting included.",
            labels=("kind",),
            bounds=FAST,
        )
    )
    loop_lag: Histogram = field(
        default_factory=partial(
            Histogram,
            name="slm_judge_event_loop_lag_seconds",
            help="How late the event loop comes to what is due: long waits mean that something holds it up.",
            labels=(),
            bounds=FAST,
        )
    )


def exposition(metrics: Metrics, *, evaluations: Mapping[str, int], version: str) -> tuple[bytes, str]:
    """Return the metrics as text with its media type. Imports a library the first time: call it off the event loop.

    Parameters
    ----------
    evaluations
        How many there are in each status now.
    """
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest

    registry = CollectorRegistry()
    registry.register(_Collected(metrics, evaluations, version))
    ProcessCollector(registry=registry)
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Collected:
    """The tallies as the library's families, made when they are asked for."""

    def __init__(self, metrics: Metrics, evaluations: Mapping[str, int], version: str) -> None:
        self._metrics = metrics
        self._evaluations = evaluations
        self._version = version

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        held = GaugeMetricFamily("slm_judge_evaluations", "Evaluations by status.", labels=["status"])
        for status, count in self._evaluations.items():
            held.add_metric([status], count)
        yield held
        queue = GaugeMetricFamily("slm_judge_queue_length", "Evaluations that wait for their turn.")
        queue.add_metric([], self._evaluations.get("queued", 0))
        yield queue
        info = GaugeMetricFamily("slm_judge_build_info", "The version that runs.", labels=["version"])
        info.add_metric([self._version], 1)
        yield info
        for one in fields(self._metrics):
            tally = getattr(self._metrics, one.name)
            if isinstance(tally, Counter):
                counter = CounterMetricFamily(tally.name, tally.help, labels=tally.labels)
                for labels, value in sorted(tally.values.items()):
                    counter.add_metric(labels, value)
                yield counter
            else:
                family = HistogramMetricFamily(tally.name, tally.help, labels=tally.labels)
                for labels, (_, total) in sorted(tally.values.items()):
                    family.add_metric(labels, list(tally.cumulative(labels)), total[0])
                yield family
