#!/usr/bin/env bash
# Says in one sentence what is missing on this machine.
set -eu
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "Parley needs Node.js 20.19 or newer with npm: neither 'node' nor 'npm' may be missing." >&2
  exit 1
fi
node -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Parley needs Node.js 20.19 or newer; this is ${process.version}.`);
    process.exit(1);
  }'
