#!/bin/sh
# Compiles price_levels.c to native/build/libprice_levels.so. Does nothing when that is up to date.
# CC chooses the compiler; the build id is the hash of the sources, so that a log line can name it.
set -eu
cd "$(dirname "$0")"
out=build/libprice_levels.so
id=$(cat price_levels.h price_levels_block.h price_levels.c price_levels_check.c build.sh | sha256sum | cut -c 1-8)
cc=${CC:-cc}
stamp="$id $cc"

if [ -f "$out" ] && [ "$(cat build/stamp 2>/dev/null || true)" = "$stamp" ]; then
  echo "native: $out is up to date ($id)"
  exit 0
fi

mkdir -p build
made="$out.$$"
trap 'rm -f "$made"' EXIT
$cc -std=c11 -O3 -DNDEBUG -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror -Wconversion \
  -DLEVELS_BUILD="0x${id}u" -o "$made" price_levels.c price_levels_check.c
mv "$made" "$out"
echo "$stamp" > build/stamp
echo "native: built $out ($id, $cc)"
