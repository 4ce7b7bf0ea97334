#!/bin/sh
# Fuzzes the API of a pool by its OpenAPI document with schemathesis, which is installed once into gistpool's cache folder.
#   run.sh URL ADMIN_KEY MODEL [options of `schemathesis run`, e.g. --max-time 1200 --seed 1]
# The pool is one to throw away: every order of the API is given to it.
# Left out are two checks that say nothing here: a schema cannot tell which ids exist or which fields exclude each other
# (positive_data_acceptance), and DELETE of a job cancels it (use_after_free).
set -eu

version=4.32.5
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
home=${XDG_CACHE_HOME:-$HOME/.cache}/gistpool/schemathesis-$version
url=$1 key=$2 model=$3
shift 3

if [ ! -x "$home/bin/schemathesis" ]; then
  python3 -m venv "$home"
  "$home/bin/pip" install -q "schemathesis==$version" >&2
fi

node "$here/keep-going.mjs" "$url" "$key" "$model" &
keeper=$!
trap 'kill "$keeper"' EXIT
work=$(mktemp -d)
cd "$work"
SCHEMATHESIS_HOOKS=$here/hooks.py "$home/bin/schemathesis" run "$url/openapi.json" -u "$url" \
  -H "Authorization: Bearer $key" --request-timeout 20 --continue-on-failure --no-color \
  --generation-database none --exclude-checks positive_data_acceptance,use_after_free "$@"
