#!/usr/bin/env bash
# Says in one sentence what is missing on this machine.
set -eu
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "Parley needs Node.js (20 from 20.19 on, or 22.12 and newer) with npm: neither 'node' nor 'npm' may be missing." >&2
  exit 1
fi
node -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  if (!fits) {
    console.error(`Parley needs Node.js 20 from 20.19 on, or 22.12 and newer; this is ${process.versions.node}.`);
    process.exit(1);
  }'
