#!/bin/sh
# One check of the trainer (lint, typecheck or test) with the first Python that will do, or a word on why not.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
for python in python3.12 python3.11 python3.13 python3 python; do
  if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    exec "$python" "$here/check.py" "$@"
  fi
done
echo 'SKIP trainer: no Python 3.11 or newer with venv was found'
