#!/usr/bin/env bash
# Shutdown script, also before a preemption or an update: drains every service of this machine. Each
# stops at SIGTERM: ingress is not ready any more, tells its sessions, finishes what is in flight; a
# matcher gives its lease back, so that its standby goes on at once.
set -euo pipefail

mapfile -t services < <(systemctl list-units --state=active --plain --no-legend \
  'ingress-verifier*' 'market-matcher*' 'settlement-plane*' | cut -d ' ' -f 1)
[ "${#services[@]}" -gt 0 ] || exit 0
systemctl stop "${services[@]}"
echo "clob-shutdown: stopped ${services[*]}"
