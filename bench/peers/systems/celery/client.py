"""Reads `{op, ids, n, kind}` lines, submits them, answers `{t0, t1}` in nanoseconds."""

import json
import sys
import time

from celery import chain, chord

from app import callback, member, step

print("READY", flush=True)
for line in sys.stdin:
    request = json.loads(line)
    op, n, kind = request["op"], request["n"], request.get("kind")
    t0 = time.monotonic_ns()
    for ident in request["ids"]:
        if op == "chain":
            chain(step.si(ident, k, n) for k in range(n)).apply_async()
        else:
            chord([member.s(ident, i, kind) for i in range(n)], callback.s(ident)).apply_async(task_id=ident)
    print(json.dumps({"t0": t0, "t1": time.monotonic_ns()}), flush=True)
