#!/usr/bin/env bash
# Sees to the system packages of one or more groups. Installs what is missing where it may (root, or sudo without a
# password); otherwise prints the one line to run and stops.
set -euo pipefail
declare -A groups=(
  [run]="mosquitto libegl1 libgl1-mesa-dri libmtdev1 xvfb fonts-hanazono libgooglepinyin0"
  [browser]="chromium libatomic1"
)
missing=()
for group in "$@"; do
  for package in ${groups[$group]:?unknown group $group}; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
done
[ ${#missing[@]} -gt 0 ] || exit 0
line="apt-get install -y --no-install-recommends ${missing[*]}"
if ! command -v apt-get >/dev/null; then
  echo "These system packages are needed: ${missing[*]}. Install them with your system's package manager, then run make again." >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then run=(); elif sudo -n true 2>/dev/null; then run=(sudo); else
  echo "Some system packages are missing. Please run this line, then make again:" >&2
  echo "  sudo $line" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing ${missing[*]} ..."
# A service started by the package would hold port 1883; the zone starts its own broker.
policy=/usr/sbin/policy-rc.d
made_policy=
if [ "$(id -u)" = 0 ] && [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod 755 "$policy"; made_policy=1; fi
status=0
{ "${run[@]}" apt-get update -q && "${run[@]}" $line; } >"$log" 2>&1 || status=$?
[ -z "$made_policy" ] || rm -f "$policy"
if [ "$status" != 0 ]; then tail -n 20 "$log" >&2; echo "Could not install them. Please run: $line" >&2; exit 1; fi
