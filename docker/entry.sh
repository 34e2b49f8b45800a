#!/bin/sh
# The entry of the image: makes a home if there is none, then becomes the command.
#
# With KNOWCHAIN_NAME the home gets an identity of that name, and its recovery file is written to /recovery, to be
# taken away. Without it the home gets a device key only, until `knowchain keys add` on another device names it.
set -eu

if [ "${1:-}" = node ] && [ "${2:-}" = run ] && [ ! -e "$KNOWCHAIN_HOME/store.sqlite" ]; then
    if [ -n "${KNOWCHAIN_NAME:-}" ]; then
        knowchain init --name "$KNOWCHAIN_NAME" --recovery-file /recovery/knowchain-recovery.txt
    else
        knowchain init --device
    fi
fi
exec knowchain "$@"
