#!/bin/sh
# Fuzzes price_levels.c with libFuzzer under the address and undefined-behaviour sanitizers:
#
#   sh native/fuzz.sh [SECONDS] [further options of libFuzzer]
#
# The compiler: CLANG, a clang on the PATH that knows -fsanitize=fuzzer, or Debian's packages,
# fetched into .tools/clang as scripts/redis.ts fetches Redis: no root, nothing is installed. The
# corpus is kept in .tools/fuzz/corpus, so that a later run goes on where this one ended; an input
# that breaks a promise is written to .tools/fuzz. Exit code 2: there is no such compiler.
set -eu
cd "$(dirname "$0")"
tools=$(CDPATH='' cd -- .. && pwd)/.tools
seconds=${1:-60}
[ $# -eq 0 ] || shift
made=$tools/fuzz/price_levels_fuzz
mkdir -p "$tools/fuzz/corpus"

# $1: a clang. Compiles and links an empty target, which shows that the fuzzer's runtime is there.
can_fuzz() {
  echo 'int LLVMFuzzerTestOneInput(const char *b, long n){return b==(void*)n;}' |
    "$1" -x c -fsanitize=fuzzer,address,undefined -o "$made.probe" - 2>/dev/null
}

wrapper=$tools/clang/clang
fetch() {
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  apt=$tools/clang/apt
  rm -rf "$tools/clang"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  set -- -qq -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o Debug::NoLocking=1 \
    -o APT::Sandbox::User= -o Acquire::Retries=3
  apt-get "$@" update || return 1
  version=$(apt-cache "$@" depends clang | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p')
  apt-get "$@" --yes --download-only --reinstall --no-install-recommends install \
    "clang-$version" "libclang-rt-$version-dev" "libclang-common-$version-dev" >/dev/null || return 1
  for package in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$package" "$tools/clang/root"; done
  rm -rf "$apt"
  # Relative to itself, so that the clone may be moved.
  cat > "$wrapper" <<WRAPPER
#!/bin/sh
here=\$(CDPATH='' cd -- "\$(dirname -- "\$0")/root" && pwd) || exit 1
libraries=\$(echo "\$here"/usr/lib/*-linux-gnu "\$here"/usr/lib/llvm-$version/lib | tr ' ' ':')
export LD_LIBRARY_PATH="\$libraries\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
exec "\$here/usr/lib/llvm-$version/bin/clang" "\$@"
WRAPPER
  chmod +x "$wrapper"
}

compiler=
for candidate in "${CLANG:-clang}" "$wrapper"; do
  if can_fuzz "$candidate"; then compiler=$candidate && break; fi
done
if [ -z "$compiler" ]; then
  echo "fuzz: no clang with libFuzzer here; fetching Debian's packages into .tools/clang" >&2
  if fetch && can_fuzz "$wrapper"; then compiler=$wrapper; fi
fi
if [ -z "$compiler" ]; then
  echo "fuzz: no clang that knows -fsanitize=fuzzer: apt-get install clang libclang-rt-14-dev," \
    "or name one in CLANG" >&2
  exit 2
fi
rm -f "$made.probe"

"$compiler" --version | sed -n 1p
"$compiler" -std=c11 -O1 -g -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined \
  -fno-sanitize-recover=all -fno-omit-frame-pointer -o "$made" \
  price_levels_fuzz.c price_levels.c price_levels_check.c
exec "$made" -max_total_time="$seconds" -max_len=2048 -timeout=10 -print_final_stats=1 \
  -artifact_prefix="$tools/fuzz/" "$@" "$tools/fuzz/corpus"
