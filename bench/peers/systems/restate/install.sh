#!/bin/sh
# The SDK calls Promise.withResolvers (Node 22 and later) without saying so, so a newer Node comes as a package.
set -e
[ -d node_modules ] || npm install --no-audit --no-fund --loglevel=error
