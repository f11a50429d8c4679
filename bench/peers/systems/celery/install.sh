#!/bin/sh
set -e
command -v python3 >/dev/null || { echo "needs Python 3" >&2; exit 1; }
(cd ../lib && sh redis.sh)
[ -x venv/bin/celery ] || { python3 -m venv venv && venv/bin/pip install -q --disable-pip-version-check -r requirements.txt; }
