#!/bin/sh
# Records this machine's load, memory, disk and network as one Tacho session, with nothing but curl.
#
#   sh examples/host-metrics.sh [INTERVAL_SECONDS [ROUNDS]]
#
#   INTERVAL_SECONDS  pause between two rounds, default 5
#   ROUNDS            rounds to record, default 0: until Ctrl-C or SIGTERM
#   TACHO_URL         address of the server, default http://127.0.0.1:9090
#   DISK              path whose file system is measured, default /
#
# A normal end ends the session, an error crashes it. Runs on Linux and macOS with any POSIX shell.
set -eu
export LC_ALL=C

main() {
  interval=${1:-5}
  rounds=${2:-0}
  require_number INTERVAL_SECONDS "$interval"
  require_number ROUNDS "$rounds"
  url=${TACHO_URL:-http://127.0.0.1:9090}
  disk=${DISK:-/}
  case $(uname -s) in
    Linux) system=linux ;;
    Darwin) system=macos ;;
    *) fail "this example knows Linux and macOS, not $(uname -s)" ;;
  esac

  started=no
  stopping=no
  pause=
  trap 'finish $?' EXIT
  trap 'stopping=yes; exit 0' INT TERM
  round=0
  memory_level=ok
  disk_level=ok
  start_session
  while true; do
    round=$((round + 1))
    record_round
    [ "$round" != "$rounds" ] || break
    # A signal ends `wait` at once; it would have to wait for a plain `sleep`.
    sleep "$interval" &
    pause=$!
    wait "$pause" || true
  done
}

# The id is minted here: repeating the create, or any later request, cannot make a second session.
start_session() {
  session=$(new_id)
  requests=0
  retries=0
  # One level of $( ) at a time: bash 5.2 trips over a signal while it reads nested ones.
  host=$(uname -n)
  host=$(json "$host")
  name=$(uname -s)
  release=$(uname -r)
  machine=$(uname -m)
  path=$(json "$disk")
  post "" application/json '{"id":"'"$session"'","product":"host-metrics","version":"1.0.0","hostname":'"$host"',"machine_id":'"$host"'}' ||
    fail "no session: is Tacho running at $url?"
  started=yes
  retries=5
  post "/$session/state" application/json '{"status":"recording","interval_seconds":'"$interval"',"system":{"name":"'"$name"'","release":"'"$release"'","architecture":"'"$machine"'"},"memory":{"level":"ok"},"disk":{"path":'"$path"',"level":"ok"}}'
  event recording_started info "Recording starts" '{"interval_seconds":'"$interval"',"rounds":'"$rounds"'}'
  echo "recording session $session"
  echo "see it: curl $url/api/sessions/$session"
}

record_round() {
  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  # Each value stands in its own assignment, so that a reader that fails stops the script.
  load=$("${system}_load")
  memory=$("${system}_memory")
  space=$(disk_space)
  network=$("${system}_network")
  samples=$(samples_of_round)
  post "/$session/metrics" application/x-ndjson "$samples"
  # A heartbeat says "responsive"; with a slow rhythm the session would read as suspended in between.
  [ "$interval" -gt 30 ] || post "/$session/heartbeat" application/json '{}'
  watch_levels
}

# All samples of a round, one JSON object per line.
samples_of_round() {
  set -- $load
  metric load_average gauge processes "$1" window:1m
  metric load_average gauge processes "$2" window:5m
  metric load_average gauge processes "$3" window:15m
  set -- $memory
  metric memory_bytes gauge bytes "$1" kind:total
  metric memory_bytes gauge bytes "$2" kind:available
  set -- $space
  metric disk_space_bytes gauge bytes "$1" "mount:$disk" kind:total
  metric disk_space_bytes gauge bytes "$2" "mount:$disk" kind:available
  echo "$network" | while read -r interface received sent; do
    [ -n "$interface" ] || continue
    metric network_traffic_bytes counter bytes "$received" "interface:$interface" direction:received
    metric network_traffic_bytes counter bytes "$sent" "interface:$interface" direction:sent
  done
}

# Tells of memory and disk as state, and of every change as an event.
watch_levels() {
  set -- $memory
  level=$(level_of "$1" "$2")
  if [ "$level" != "$memory_level" ]; then
    memory_level=$level
    tell_level memory "$level" "$1" "$2"
  fi
  set -- $space
  level=$(level_of "$1" "$2")
  if [ "$level" != "$disk_level" ]; then
    disk_level=$level
    tell_level disk "$level" "$1" "$2"
  fi
}

# level_of TOTAL AVAILABLE: `low` when less than a tenth is left.
level_of() {
  awk -v total="$1" -v available="$2" 'BEGIN { print (available * 10 < total) ? "low" : "ok" }'
}

# tell_level WHAT LEVEL TOTAL AVAILABLE
tell_level() {
  post "/$session/state" application/json '{"'"$1"'":{"level":"'"$2"'"}}'
  if [ "$2" = low ]; then
    event "$1_low" warning "Less than a tenth of the $1 is left" '{"total_bytes":'"$3"',"available_bytes":'"$4"'}'
  else
    event "$1_recovered" info "There is enough $1 again" '{"total_bytes":'"$3"',"available_bytes":'"$4"'}'
  fi
}

# finish STATUS: the session's last words, whatever ended the script.
finish() {
  trap - EXIT INT TERM
  [ "$started" = yes ] || exit "$1"
  [ -z "$pause" ] || kill "$pause" 2>/dev/null || true
  retries=1
  # Ctrl-C interrupts curl as well, and that is no error.
  if [ "$1" -eq 0 ] || [ "$stopping" = yes ]; then
    post "/$session/state" application/json '{"status":"done","rounds":'"$round"'}' || true
    event recording_stopped info "Recording stopped" '{"rounds":'"$round"'}' || true
    post "/$session/end" application/json '{}' || exit 1
    echo "recorded $round rounds"
    exit 0
  fi
  post "/$session/crash" application/json '{"reason":"host-metrics.sh ended with status '"$1"'"}' || true
  exit "$1"
}

# --- readers: load is "1m 5m 15m"; memory and disk are "total available" in bytes; ---
# --- network is one line "interface received sent" per interface, bytes since boot ---

linux_load() {
  cut -d ' ' -f 1-3 /proc/loadavg
}

linux_memory() {
  awk '
    /^MemTotal:/ { total = $2 }
    /^MemAvailable:/ { available = $2 }
    /^(MemFree|Buffers|Cached):/ { free += $2 }
    END { printf "%.0f %.0f\n", total * 1024, (available ? available : free) * 1024 }
  ' /proc/meminfo
}

linux_network() {
  awk 'NR > 2 { sub(":", " "); if ($1 != "lo") printf "%s %.0f %.0f\n", $1, $2, $10 }' /proc/net/dev
}

macos_load() {
  sysctl -n vm.loadavg | awk '{ print $2, $3, $4 }'
}

macos_memory() {
  pages=$(vm_stat)
  total=$(sysctl -n hw.memsize)
  echo "$pages" | awk -v total="$total" '
    /page size of/ { for (i = 1; i < NF; i++) if ($i == "of") size = $(i + 1) }
    /^Pages (free|inactive|speculative|purgeable):/ { pages += $NF }
    END { printf "%.0f %.0f\n", total, pages * size }
  '
}

macos_network() {
  # Columns are counted from the end, because interfaces without an address have one column less.
  netstat -ibn | awk '
    $3 ~ /^<Link/ && $1 !~ /^lo/ { sub(/[*]$/, "", $1); printf "%s %.0f %.0f\n", $1, $(NF - 4), $(NF - 1) }
  '
}

disk_space() {
  table=$(df -Pk "$disk")
  echo "$table" | awk 'NR == 2 { printf "%.0f %.0f\n", $(NF - 4) * 1024, $(NF - 2) * 1024 }'
}

# --- Tacho's side ---

# metric NAME TYPE UNIT VALUE TAG...: one line of JSON
metric() {
  line='{"timestamp":"'"$now"'","name":"'"$1"'","type":"'"$2"'","unit":"'"$3"'","value":'"$4"',"tags":['
  shift 4
  comma=
  for tag; do
    line="$line$comma$(json "$tag")"
    comma=,
  done
  echo "$line]}"
}

# event NAME LEVEL MESSAGE DATA
event() {
  post "/$session/events" application/json '{"name":"'"$1"'","level":"'"$2"'","category":"recorder","message":"'"$3"'","data":'"$4"'}'
}

# post PATH TYPE BODY. The key lets the server count a repeated request once, so curl may retry.
post() {
  requests=$((requests + 1))
  curl -fsS -o /dev/null --max-time 10 --retry "$retries" --retry-connrefused \
    -H "Content-Type: $2" -H "Idempotency-Key: $session-$requests" \
    --data-binary "$3" "$url/api/sessions$1"
}

# A random UUID.
new_id() {
  if [ -r /proc/sys/kernel/random/uuid ]; then
    cat /proc/sys/kernel/random/uuid
  else
    uuidgen | tr 'A-F' 'a-f'
  fi
}

# json TEXT: a JSON string; names of hosts, disks and interfaces hold no control characters.
json() {
  printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

require_number() {
  case $2 in
    '' | *[!0-9]*) fail "$1 must be a whole number, not \"$2\"" ;;
  esac
}

fail() {
  echo "host-metrics.sh: $1" >&2
  exit 1
}

main "$@"
