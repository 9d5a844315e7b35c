#!/bin/sh
# Builds price_levels_test.c under the address and undefined-behaviour sanitizers, and runs it.
set -eu
cd "$(dirname "$0")"
mkdir -p build
${CC:-cc} -std=c11 -O1 -g -Wall -Wextra -Werror -Wconversion -fsanitize=address,undefined \
  -fno-sanitize-recover=all -fno-omit-frame-pointer -o build/price_levels_test \
  price_levels_test.c price_levels.c price_levels_check.c
exec ./build/price_levels_test
