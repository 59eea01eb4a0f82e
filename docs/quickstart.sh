#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A first signature, from nothing: make a test key, sign a tiny image, trust the signer, verify, and see
# that a changed image is refused. Everything happens in a temporary directory; your settings stay untouched.
# Run it with `make quickstart`, which puts notation-py and its python on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
registry_pid=
cleanup() {
  if [ -n "$registry_pid" ]; then kill "$registry_pid" 2>/dev/null || true; wait "$registry_pid" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT

for name in "${!NOTATION_@}"; do unset "$name"; done
export NOTATION_CONFIG="$work/config" NOTATION_CACHE="$work/cache" DOCKER_CONFIG="$work/docker"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
if [ ! -t 1 ] || [ -n "${NO_COLOR:-}" ]; then say() { printf '\n%s\n' "$*"; }; fi
run() { printf '$ %s\n' "$*"; "$@"; }
refused() { # the command has to fail, with an error and not with a crash
  printf '$ %s\n' "$*"
  local code=0 output
  output=$("$@" 2>&1) || code=$?
  printf '%s\n' "$output"
  case "$code:$output" in
    0:*) echo 'quickstart: this should have been refused, and was not' >&2; exit 1 ;;
    *Traceback*) echo 'quickstart: this should have been refused, and crashed instead' >&2; exit 1 ;;
  esac
  printf '(refused with exit code %s, as it should be)\n' "$code"
}

say '1. A key and a self-signed certificate, for trying things out'
run notation-py cert generate-test --default quickstart

say '2. A tiny image, in an OCI image layout'
layout="$work/image"
digest=$(python -m tests.simulator.images layout "$layout" v1)
echo "image $digest"

say '3. Sign it'
run notation-py sign --oci-layout "$layout@$digest"

say '4. Say whom to trust, for which image'
cat > "$work/policy.json" <<'POLICY'
{
  "version": "1.0",
  "trustPolicies": [
    {
      "name": "quickstart",
      "registryScopes": ["*"],
      "signatureVerification": {"level": "strict"},
      "trustStores": ["ca:quickstart"],
      "trustedIdentities": ["x509.subject: C=US, ST=WA, L=Seattle, O=Notary, CN=quickstart"]
    }
  ]
}
POLICY
run notation-py policy import "$work/policy.json"

say '5. Verify it'
run notation-py verify --oci-layout --scope local/quickstart "$layout@$digest"
run notation-py list --oci-layout "$layout@$digest"

say '6. Another image in the same place: nobody signed that one'
other=$(python -m tests.simulator.images layout "$layout" v2 'not what was signed')
refused notation-py verify --oci-layout --scope local/quickstart "$layout@$other"

say '7. The signed image, one byte changed'
python -m tests.simulator.images tamper "$layout" v1
refused notation-py verify --oci-layout --scope local/quickstart "$layout@$digest"

if command -v docker-registry >/dev/null; then
  say '8. The same in a registry (docker-registry, on loopback)'
  printf 'version: 0.1\nlog: {level: info}\nstorage: {filesystem: {rootdirectory: "%s"}, delete: {enabled: true}}\nhttp: {addr: "127.0.0.1:0", secret: quickstart}\n' \
    "$work/storage" > "$work/registry.yml"
  docker-registry serve "$work/registry.yml" > "$work/registry.log" 2>&1 &
  registry_pid=$!
  port=
  for _ in $(seq 100); do
    port=$(sed -nE 's/.*listening on 127\.0\.0\.1:([0-9]+).*/\1/p' "$work/registry.log" | head -n 1)
    if [ -n "$port" ]; then break; fi
    sleep 0.1
  done
  if [ -z "$port" ]; then echo 'quickstart: the registry did not start' >&2; tail -n 5 "$work/registry.log" >&2; exit 1; fi
  image="localhost:$port/quickstart"
  digest=$(python -m tests.simulator.images push "localhost:$port" quickstart v1)
  run notation-py sign "$image@$digest"
  run notation-py verify "$image@$digest"
  echo 'now somebody moves the tag v1 to another image'
  python -m tests.simulator.images push "localhost:$port" quickstart v1 'not what was signed' > /dev/null
  refused notation-py verify "$image:v1"
else
  say '8. Skipped: no docker-registry on this machine (apt-get install docker-registry)'
fi

say 'Done: signed, verified, and refused where it had to be.'
