#!/bin/sh
# redis-server.sh FOLDER [SETTING …]: on BENCH_PORT_1, its data in FOLDER. redis-server.sh --version tells its version.
program=$(command -v redis-server || echo ../lib/redis/usr/bin/redis-server)
LD_LIBRARY_PATH=../lib/redis/usr/lib/$(uname -m)-linux-gnu
export LD_LIBRARY_PATH
[ "$1" = --version ] && exec "$program" --version
data=$1
shift
exec "$program" --port "$BENCH_PORT_1" --bind 127.0.0.1 --dir "$data" "$@"
