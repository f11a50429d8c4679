#!/bin/sh
set -e
(cd ../lib && sh redis.sh)
[ -d node_modules ] || npm install --no-audit --no-fund --loglevel=error
