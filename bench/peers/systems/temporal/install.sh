#!/bin/sh
# The newest CLI that `go install` builds: later ones replace a module, which it refuses.
set -e
if [ ! -x bin/temporal ]; then
  command -v go >/dev/null || { echo "needs Go, to build its development server" >&2; exit 1; }
  GOBIN="$PWD/bin" go install github.com/temporalio/cli/cmd/temporal@v1.5.1
fi
[ -d node_modules ] || npm install --no-audit --no-fund --loglevel=error
[ -f workflow-bundle.js ] || node bundle.mjs
