#!/usr/bin/env bash
# Fetches HAProxy from Debian's packages into node_modules/.cache, without installing the service; prints
# how to start it. Fails where Debian's tools or its mirror are not at hand.
set -euo pipefail
cd "$(dirname "$0")/.."

cache="$PWD/node_modules/.cache/haproxy"
if [ ! -x "$cache/haproxy" ]; then
  mkdir -p "$cache"
  folder=$(mktemp -d "$cache/download.XXXXXX")
  trap 'rm -rf "$folder"' EXIT
  cd "$folder"
  packages=(haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1)
  apt-get download "${packages[@]}" >/dev/null 2>&1 || {
    apt-get update >/dev/null 2>&1
    apt-get download "${packages[@]}" >/dev/null 2>&1
  }
  for package in ./*.deb; do dpkg -x "$package" unpacked; done
  libraries=("$PWD"/unpacked/usr/lib/*-linux-gnu*)
  cp -a "${libraries[0]}/." "$cache/lib"
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%s/lib exec %s/program "$@"\n' "$cache" "$cache" >starter
  chmod +x starter
  mv unpacked/usr/sbin/haproxy "$cache/program"
  # Last and in one step, so that nobody meets half of it.
  mv starter "$cache/haproxy"
fi
echo "$cache/haproxy"
