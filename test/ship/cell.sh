#!/bin/sh
# Becomes a program that is process 1 in a root of its own, with nothing to write but what is named:
#
#   cell.sh ROOT TMP USER:GROUP [FROM:TO:ro|rw ...] -- PROGRAM [ARG...]
#
# Started by `unshare --mount --pid --fork`, which keeps all mounts to itself. ROOT is read-only;
# /proc shows processes alone, as ProcSubset=pid of our units has it; TMP is "none", or options of a
# fresh /tmp ("exec", "noexec").
set -eu
root=$1 tmp=$2 user=$3
shift 3

bound() {
  if [ -d "$1" ]; then mkdir -p "$root$2"; else mkdir -p "$(dirname "$root$2")" && : >"$root$2"; fi
  mount --bind "$1" "$root$2"
  mount -o "remount,bind,$3" "$root$2"
}

mount --make-rprivate /
mkdir -p "$root/proc" "$root/dev" "$root/tmp"
mount --bind "$root" "$root"
mount -t proc -o subset=pid,hidepid=invisible proc "$root/proc"
mount -t tmpfs -o mode=755 dev "$root/dev"
for name in null zero full random urandom; do
  : >"$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
[ "$tmp" = none ] || mount -t tmpfs -o "$tmp,nosuid,nodev,mode=1777" tmp "$root/tmp"
while [ "$1" != -- ]; do
  from=${1%%:*} rest=${1#*:}
  bound "$from" "${rest%:*}" "${rest##*:}"
  shift
done
shift
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs chroot --userspec="$user" --groups= "$root" "$@"
