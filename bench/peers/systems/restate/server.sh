#!/bin/sh
# server.sh FOLDER: ports 1 node, 2 ingress, 3 admin
export RESTATE_BIND_IP=127.0.0.1 RESTATE_LISTEN_MODE=tcp RESTATE_DISABLE_TELEMETRY=true
export RESTATE_BIND_PORT="$BENCH_PORT_1" RESTATE_INGRESS__BIND_PORT="$BENCH_PORT_2" RESTATE_ADMIN__BIND_PORT="$BENCH_PORT_3"
exec node_modules/@restatedev/restate-server-linux-*/bin/restate-server --base-dir "$1" --node-name bench --log-filter warn
