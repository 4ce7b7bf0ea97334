#!/bin/sh
# The entry of every image: run api | scheduler | worker | download. Node is process 1 and gets the signals itself.
here=$(dirname "$0")
case ${1-} in
  api | scheduler | worker) exec node "$here/dist/$1/main.js" ;;
  download) exec node "$here/download.mjs" ;;
  *) exec "$@" ;;
esac
