#!/bin/sh
# Miniflare runs this in place of workerd (MINIFLARE_WORKERD_PATH); the process becomes workerd itself.
#
# - Ctrl-C and a closed terminal signal every process of the group. The launcher decides how workerd ends, so that
#   requests in flight are finished: workerd ignores both signals.
# - Miniflare's own entry serves every stored blob to whoever asks. It moves from a TCP port to a socket in a folder
#   that nobody else may enter.
trap '' INT HUP
entry="$OSSGATE_RUN_DIR/entry.sock"
rm -f "$entry"
for argument; do
  shift
  case $argument in
    --socket-addr=entry=*) argument="--socket-addr=entry=unix:$entry" ;;
  esac
  set -- "$@" "$argument"
done
exec "$OSSGATE_WORKERD" "$@"
