#!/bin/sh
# Becomes the pinned Bun, running the file and arguments given: sh scripts/run.sh FILE [ARG...]
#
# First scripts/bootstrap.mjs makes the clone ready (fast when it already is), under whatever
# JavaScript is here: the pinned Bun if installed, any Bun on the PATH, or node, if npm is with it.
# The last line is an exec, so nothing stands between the terminal and the program: signals and
# the exit code are its own.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
bun=$root/node_modules/bun/bin/bun.exe

if [ -e node_modules/.ready ]; then js=$bun
elif bun --version >/dev/null 2>&1; then js=bun
elif command -v node >/dev/null && command -v npm >/dev/null; then js=node
else
  echo "clob needs Bun, or Node.js 18 or later with npm, on the PATH; found neither." >&2
  exit 3
fi

"$js" scripts/bootstrap.mjs || exit
exec "$bun" "$@"
