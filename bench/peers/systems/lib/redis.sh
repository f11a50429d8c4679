#!/bin/sh
# Sees that there is a redis-server: the machine's, else Debian's packages laid out in this folder, so that nothing is
# installed on the machine.
set -e
command -v redis-server >/dev/null && exit 0
[ -x redis/usr/bin/redis-server ] && exit 0
command -v apt-get >/dev/null || { echo "needs redis-server, or apt-get to fetch one" >&2; exit 1; }
mkdir -p redis && cd redis
packages="redis-server redis-tools libhiredis0.14 liblzf1 lua-bitop lua-cjson liblua5.1-0 libjemalloc2"
# shellcheck disable=SC2086
apt-get download -qq $packages >/dev/null 2>&1 || { apt-get update -qq >/dev/null; apt-get download -qq $packages >/dev/null; }
for package in *.deb; do dpkg -x "$package" .; done
