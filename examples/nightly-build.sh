#!/bin/sh
# Records a build that knows nothing of Tacho: its output, its cost, its metrics, and how it ended.
#
#   sh examples/nightly-build.sh [STEPS]
#
#   STEPS         steps of the build, default 5; the build fails after the ninth
#   TACHO         how to start Tacho, default "npx tacho"
#   TACHO_SERVER  address of the server, default http://127.0.0.1:9090
#
# The exit status is that of the build.
set -eu

steps=${1:-5}
# TACHO may be several words.
exec ${TACHO:-npx tacho} run --product nightly-build --version 1 --tag branch:main -- \
  sh -c '
    step=1
    while [ "$step" -le "$1" ]; do
      echo "step $step of $1"
      echo "tacho:metric name=step_duration_seconds type=timer value=0.$step tags=step:$step"
      if [ "$step" -gt 9 ]; then
        echo "step $step: disk quota exceeded" >&2
        exit 3
      fi
      step=$((step + 1))
    done
  ' build "$steps"
