"""The Celery application: Redis as broker and as result backend, everything else as Celery ships it."""

import os
import time

from celery import Celery
from celery.signals import worker_ready

redis = f"redis://127.0.0.1:{os.environ['BENCH_PORT_1']}"
app = Celery("bench", broker=f"{redis}/0", backend=f"{redis}/1")
app.conf.broker_connection_retry_on_startup = True
if os.environ.get("VISIBILITY"):
    # Without the last two, lost messages are looked for every 100 s only, however short the timeout is.
    app.conf.broker_transport_options = {
        "visibility_timeout": int(os.environ["VISIBILITY"]),
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
    }
if os.environ.get("ACKS_LATE"):
    app.conf.task_acks_late = True
    app.conf.task_reject_on_worker_lost = True

_ledger = os.open(os.environ["BENCH_LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def note(event, ident, value):
    os.write(_ledger, f"{event} {ident} {value} {time.monotonic_ns()}\n".encode())


@app.task
def member(ident, i, kind):
    if kind == "noop":
        return i
    note("begin", ident, i)
    time.sleep(int(os.environ.get("WORK_MS", 10 + i * 37 % 41)) / 1000)
    note("end", ident, i)
    return i


@app.task
def callback(results, ident):
    results = results if isinstance(results, list) else [results]  # Celery turns a chord of one into a chain
    note("fired", ident, len(set(results)))


@app.task
def step(ident, k, n):
    if k == n - 1:
        note("fired", ident, n)
    return k


@worker_ready.connect
def ready(**_):
    print("READY", flush=True)
