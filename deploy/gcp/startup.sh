#!/usr/bin/env bash
# Startup script of every machine of a venue: what it is stands in its metadata, what it runs in the
# config bucket. Run again it changes nothing, unless metadata or config changed; then it restarts
# what they concern.
#
#   metadata clob-role         ingress | matcher | settlement
#            clob-shards       of a matcher, such as 3,4
#            clob-runtime      systemd | container
#            clob-config-bucket, clob-config-generation     config.toml, exactly that one
#            clob-release, clob-release-sha256              executables, by the hash of SHA256SUMS
#            clob-redis-addr, clob-redis-ca, clob-redis-secret
#            clob-export-bucket, clob-heads-bucket          objects for ever, pointers that move
#
# Tests run it against servers of their own, in a root of their own: CLOB_METADATA_URL,
# CLOB_STORAGE_URL, CLOB_SECRETS_URL, CLOB_ROOT.
set -euo pipefail
umask 022

metadata_url=${CLOB_METADATA_URL:-http://metadata.google.internal}
storage_url=${CLOB_STORAGE_URL:-https://storage.googleapis.com}
secrets_url=${CLOB_SECRETS_URL:-https://secretmanager.googleapis.com}
root=${CLOB_ROOT:-}
etc=$root/etc/clob
# /var/lib is the one place of both systems that outlives a reboot. Container-Optimized OS runs
# nothing from there, and needs not: it runs images.
lib=$root/var/lib/clob-release
work=

say() { echo "clob-startup: $*"; }
end() {
  say "$*" >&2
  exit 1
}

fetch() { curl --fail --silent --show-error --retry 5 --retry-connrefused --max-time 120 "$@"; }

# One value of the machine's metadata; empty where there is none.
attribute() {
  local out
  out=$(curl --silent --max-time 10 --retry 5 --retry-connrefused --header 'Metadata-Flavor: Google' \
    --write-out '\n%{http_code}' "$metadata_url/computeMetadata/v1/instance/$1")
  case ${out##*$'\n'} in
  200) printf '%s' "${out%$'\n'*}" ;;
  404) ;;
  *) end "metadata $1: HTTP ${out##*$'\n'}" ;;
  esac
}

needed() {
  local value
  value=$(attribute "attributes/$1")
  [ -n "$value" ] || end "metadata $1 is missing"
  printf '%s' "$value"
}

# The service account's token, never on a command line: a process list shows those.
take_token() {
  local answer
  answer=$(attribute service-accounts/default/token)
  token=$(sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p' <<<"$answer")
  [ -n "$token" ] || end "the metadata server gave no token"
}

fetch_as_machine() { fetch --header @<(printf 'Authorization: Bearer %s' "$token") "$@"; }

# One object of a bucket, to a file. $3: its generation, or empty for the newest.
fetch_object() {
  local name=${1//\//%2F}
  fetch_as_machine --output "$2" \
    "$storage_url/storage/v1/b/$config_bucket/o/$name?alt=media${3:+&generation=$3}"
}

fetch_secret() {
  local answer
  answer=$(fetch_as_machine "$secrets_url/v1/projects/$project/secrets/$1/versions/latest:access")
  sed -n 's/.*"data" *: *"\([^"]*\)".*/\1/p' <<<"$answer" | tr '_-' '/+' | base64 --decode
}

# Puts a new text in place if it differs. Says 1 in `changed` if anything did.
changed=0
put() {
  local mode=$1 target=$2
  cat >"$work/put"
  if [ -f "$target" ] && cmp --silent "$work/put" "$target"; then return; fi
  install -D -m "$mode" "$work/put" "$target"
  changed=1
  say "wrote ${target#"$root"}"
}

take_config() {
  local generation
  generation=$(attribute attributes/clob-config-generation)
  fetch_object config.toml "$work/config.toml" "$generation"
  put 644 "$etc/config.toml" <"$work/config.toml"
  say "config.toml of generation ${generation:-newest}"
}

take_redis() {
  local address secret password=
  # The environment beats the metadata; without either nothing starts.
  address=${REDIS_ADDR:-$(attribute attributes/clob-redis-addr)}
  [ -n "$address" ] || end "REDIS_ADDR is not set and metadata clob-redis-addr is missing"
  secret=$(attribute attributes/clob-redis-secret)
  # What cannot be had now must not replace what is there.
  if [ -n "$secret" ]; then
    password=$(fetch_secret "$secret") || true
    [ -n "$password" ] || end "the secret $secret could not be read: nothing was changed"
  fi
  attribute attributes/clob-redis-ca >"$work/ca"
  {
    echo "REDIS_ADDR=$address"
    if [ -s "$work/ca" ]; then echo "REDIS_CA_FILE=/etc/clob/redis-ca.pem"; fi
    if [ -n "$password" ]; then echo "REDIS_PASSWORD=$password"; fi
  } >"$work/redis.env"
  put 600 "$etc/redis.env" <"$work/redis.env"
  if [ -s "$work/ca" ]; then put 644 "$etc/redis-ca.pem" <"$work/ca"; fi
}

# Settlement writes there; the others read what the log no longer has.
take_export() {
  local objects heads
  objects=$(attribute attributes/clob-export-bucket)
  heads=$(attribute attributes/clob-heads-bucket)
  [ -n "$objects" ] || end "metadata clob-export-bucket is missing"
  put 644 "$etc/export.env" <<<"CLOB_EXPORT_DIR=gs://$objects${heads:+,gs://$heads}"
}

# The executables of the role and the list of their hashes, which itself has the hash that the
# metadata names: what runs is what was built, whoever can write to the bucket.
take_release() {
  local release hash file
  release=$(needed clob-release)
  hash=$(needed clob-release-sha256)
  mkdir -p "$lib/bin"
  fetch_object "releases/$release/SHA256SUMS" "$work/SHA256SUMS" ""
  echo "$hash  $work/SHA256SUMS" | sha256sum --check --quiet || end "SHA256SUMS is not that of the metadata"
  for file in "$@"; do
    grep -F "  $file" "$work/SHA256SUMS" | grep -x "[0-9a-f]\{64\}  $file" >"$work/sum" ||
      end "SHA256SUMS of release $release has no $file"
    if (cd "$lib/bin" && sha256sum --check --quiet --status "$work/sum" 2>/dev/null); then continue; fi
    fetch_object "releases/$release/$file" "$work/$file" ""
    (cd "$work" && sha256sum --check --quiet sum) || end "$file is not that of SHA256SUMS"
    # A rename: what runs keeps the file that it was started from.
    install -m 755 "$work/$file" "$lib/bin/.$file.new"
    mv "$lib/bin/.$file.new" "$lib/bin/$file"
    changed=1
    say "$file of release $release"
  done
  mkdir -p "$root/opt"
  ln -sfn /var/lib/clob-release "$root/opt/clob"
}

take_keys() {
  local name
  install -d -m 700 "$etc/keys"
  for name in checkpoint carry; do
    fetch_secret "$(needed "clob-$name-key")" >"$work/$name.pem" || true
    [ -s "$work/$name.pem" ] || end "the secret of $name.pem has no version yet: run clob init, then add it"
    put 600 "$etc/keys/$name.pem" <"$work/$name.pem"
  done
}

# One matcher per shard, each on a core of its own; core 0 is the system's and the network card's.
matcher_instances() {
  local shards shard markets core=0
  shards=$(needed clob-shards)
  for shard in ${shards//,/ }; do
    core=$((core + 1))
    markets=$(list_markets "$shard")
    put 644 "$etc/market-matcher-$core.env" <<ENV
MARKETS=$markets
MATCHER_HTTP=0.0.0.0:$((9091 + core))
ENV
    units+=("market-matcher@$core")
  done
}

# An executable of the release, with the environment that its unit will give it.
run_release() {
  local line
  (
    while IFS= read -r line; do export "${line?}"; done < <(cat "$etc/redis.env" "$etc/export.env" 2>/dev/null)
    if [ -n "${REDIS_CA_FILE:-}" ]; then export REDIS_CA_FILE=$root$REDIS_CA_FILE; fi
    CLOB_LOG=redis CLOB_CONFIG=$etc/config.toml CLOB_DATA=$work/check "$lib/bin/$1" "${@:2}"
  )
}

list_markets() {
  local out
  if [ "$runtime" = systemd ]; then
    out=$(run_release market-matcher --shard "$1" --list-markets)
  else
    out=$(run_image matcher --shard "$1" --list-markets)
  fi || end "shard $1 is not one of config.toml"
  printf '%s' "$out"
}

# Container-Optimized OS: the image of a role, and a unit that runs it.
image() { printf '%s/%s:%s' "$registry" "$1" "$(needed clob-release)"; }
run_image() {
  local role=$1
  shift
  docker run --rm --network host --env-file "$etc/redis.env" --volume "$etc:/etc/clob:ro" "$(image "$role")" "$@"
}

container_unit() {
  local unit=$1 role=$2 options=$3
  shift 3
  put 644 "$root/etc/systemd/system/$unit.service" <<UNIT
[Unit]
Description=CLOB $unit in a container
Wants=network-online.target
After=docker.service network-online.target
StartLimitIntervalSec=0

[Service]
Environment=HOME=/var/lib/clob-docker
ExecStartPre=-/usr/bin/docker rm --force $unit
ExecStart=/usr/bin/docker run --rm --name $unit --network host --read-only --cap-drop ALL --security-opt no-new-privileges --ulimit nofile=65536 --env-file /etc/clob/redis.env --env-file /etc/clob/export.env --volume /etc/clob:/etc/clob:ro --volume clob-$unit:/var/lib/clob $options $(image "$role") $*
ExecStop=/usr/bin/docker stop --time 30 $unit
TimeoutStopSec=45
Restart=on-failure
RestartSec=1
RestartPreventExitStatus=2
UNIT
  units+=("$unit")
}

set_up_containers() {
  registry=$(needed clob-registry)
  install -d "$root/var/lib/clob-docker"
  HOME=$root/var/lib/clob-docker docker-credential-gcr configure-docker --registries "${registry%%/*}" >/dev/null
  # The images' user reads these files by number.
  chown -R 65532 "$etc"
  local shard core=0 shards
  case $role in
  ingress)
    container_unit ingress-verifier ingress "--env CLOB_INGRESS_SLOT=$slot" ;;
  matcher)
    shards=$(needed clob-shards)
    for shard in ${shards//,/ }; do
      core=$((core + 1))
      container_unit "market-matcher-$core" matcher "--cpuset-cpus $core" \
        --http "0.0.0.0:$((9091 + core))" "$(list_markets "$shard")"
    done ;;
  settlement)
    container_unit settlement-plane settlement "" --http 0.0.0.0:9091 \
      --venue-keys-dir /etc/clob/keys --settlement-ingress-address "$(needed clob-ingress)" ;;
  esac
}

set_up_units() {
  case $role in
  ingress) executable=ingress-verifier ;;
  matcher) executable=market-matcher ;;
  settlement) executable=settlement-plane ;;
  esac
  local files=("$executable" libprice_levels.so "$executable.service")
  if [ "$role" = matcher ]; then files[2]='market-matcher@.service'; fi
  take_release "${files[@]}"
  put 644 "$root/etc/systemd/system/${files[2]}" <"$lib/bin/${files[2]}"
  case $role in
  ingress)
    put 644 "$etc/ingress-verifier.env" <<<"CLOB_INGRESS_SLOT=$slot"
    units=(ingress-verifier) ;;
  matcher)
    matcher_instances ;;
  settlement)
    put 644 "$etc/settlement-plane.env" <<<"SETTLEMENT_INGRESS=$(needed clob-ingress)"
    units=(settlement-plane) ;;
  esac
}

# Everything but binding: a config that does not fit its venue is found before anything is stopped.
check() {
  [ "$runtime" = systemd ] || return 0
  run_release "$executable" --check >"$work/check.log" 2>&1 ||
    end "$executable --check refuses this machine: $(tail -n 1 "$work/check.log")"
}

main() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  role=$(needed clob-role)
  runtime=$(needed clob-runtime)
  config_bucket=$(needed clob-config-bucket)
  project=$(curl --fail --silent --header 'Metadata-Flavor: Google' "$metadata_url/computeMetadata/v1/project/project-id")
  # Machines of a group are called NAME-xxxx: the end is a slot of its own, the same after a reboot.
  slot=$(attribute name)
  slot=${slot##*-}
  executable=
  units=()
  case $role in ingress | matcher | settlement) ;; *) end "there is no role $role" ;; esac
  take_token
  take_config
  take_redis
  take_export
  if [ "$role" = settlement ]; then take_keys; fi
  case $runtime in
  systemd) set_up_units ;;
  container) set_up_containers ;;
  *) end "there is no runtime $runtime" ;;
  esac
  check
  systemctl daemon-reload
  if [ "$changed" = 1 ]; then systemctl restart "${units[@]}"; else systemctl start "${units[@]}"; fi
  say "running: ${units[*]}"
}

main
