"""What every process counts of its own work, in Prometheus' terms. No label ever names a person, a unit or an address.

With PROMETHEUS_MULTIPROC_DIR set (`config.environment.count_together`) each process keeps its figures in a file of its own,
and whoever is asked adds them up (`config.metrics`).
"""

from __future__ import annotations

import os

from prometheus_client import Counter, Gauge, Histogram, values

# Where this process and the others of the installation keep their figures; settled when the library was loaded.
TOGETHER = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
_process = os.getpid()


def _forked() -> None:
    global _process
    _process = os.getpid()


if TOGETHER:
    # The library asks the system who it is at each count, some times a request; here that changes only by forking.
    os.register_at_fork(after_in_child=_forked)
    values.ValueClass = values.MultiProcessValue(lambda: _process)  # type: ignore[no-untyped-call]
LATENCY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

requests = Counter(
    "lianfang_requests", "Requests answered, by class of route, method and status.", ["route", "method", "status"]
)
request_seconds = Histogram(
    "lianfang_request_seconds",
    "From the first middleware to the answer, by class of route.",
    ["route"],
    buckets=LATENCY,
)
inside = Gauge("lianfang_requests_inside", "Requests being worked on now.", multiprocess_mode="livesum")
waiting = Gauge("lianfang_requests_waiting", "Requests waiting for a place now.", multiprocess_mode="livesum")
refused = Counter("lianfang_requests_refused", "Requests refused at the door (429, 503).", ["status", "why"])
wait_seconds = Histogram(
    "lianfang_request_wait_seconds", "How long those waited for a place that had to wait.", buckets=LATENCY
)
batch_items = Histogram(
    "lianfang_commit_batch_items",
    "Submissions that shared one commit.",
    ["kind"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
batch_seconds = Histogram(
    "lianfang_commit_batch_seconds", "Storing and committing one batch.", ["kind"], buckets=LATENCY
)
batch_wait_seconds = Histogram(
    "lianfang_commit_wait_seconds",
    "How long the first of a batch waited until its commit began.",
    ["kind"],
    buckets=LATENCY,
)
database_errors = Counter(
    "lianfang_database_errors", "Errors of the database that reached a request or a job.", ["kind"]
)
faults = Counter("lianfang_faults", "Errors that nobody expected: answered with 500, or a job that failed.", ["where"])
job_seconds = Histogram(
    "lianfang_job_seconds",
    "Runs of the worker's periodic jobs.",
    ["job"],
    buckets=(0.01, 0.1, 0.5, 1, 5, 30, 120, 600),
)
job_failures = Counter("lianfang_job_failures", "Runs of periodic jobs that failed.", ["job"])
