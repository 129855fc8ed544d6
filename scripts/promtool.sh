#!/usr/bin/env bash
# Fetches promtool and Prometheus itself from Debian's package into node_modules/.cache, without installing
# the service; prints the path of promtool, beside which the other stands. Fails where Debian's tools or its
# mirror are not at hand.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=node_modules/.cache/promtool
tool="$PWD/$cache/promtool"
if [ ! -x "$tool" ] || [ ! -x "$PWD/$cache/prometheus" ]; then
  mkdir -p "$cache"
  folder=$(mktemp -d "$cache/download.XXXXXX")
  trap 'rm -rf "$folder"' EXIT
  cd "$folder"
  apt-get download prometheus >/dev/null 2>&1 || {
    apt-get update >/dev/null 2>&1
    apt-get download prometheus >/dev/null 2>&1
  }
  dpkg -x ./*.deb unpacked
  # In one step each, so that nobody meets half a file.
  mv unpacked/usr/bin/prometheus "$PWD/../prometheus"
  mv unpacked/usr/bin/promtool "$tool"
fi
echo "$tool"
