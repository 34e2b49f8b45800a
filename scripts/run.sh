#!/bin/sh
# What `make run` does: a home with a first record, signed and verified, and then a peer on that home.
#
# The home is KNOWCHAIN_HOME where that is set, else one for demonstration inside this clone. It may be run again:
# a home that is there is used as it is, and in a home of yours nothing is signed that you did not ask for.
set -eu
cd "$(dirname "$0")/.."

knowchain=.venv/bin/knowchain
own=${KNOWCHAIN_HOME:-}
KNOWCHAIN_HOME=${own:-$PWD/.cache/demo-home}
export KNOWCHAIN_HOME

say() { printf '\n%s\n' "$*"; }
first_id() { .venv/bin/python -c 'import json, sys; print(json.load(sys.stdin)["records"][0]["id"])'; }

if [ ! -e "$KNOWCHAIN_HOME" ]; then
    say "Opening a home in $KNOWCHAIN_HOME."
    if [ -n "$own" ]; then
        "$knowchain" init --name "First Light"
    else
        mkdir -p .cache
        rm -f .cache/demo-recovery.txt # that of an earlier demonstration, whose home is gone
        "$knowchain" init --name "First Light" --recovery-file .cache/demo-recovery.txt
    fi

    say "Signing a record."
    id=$("$knowchain" --json publish --title "The first record of this home" --lang en --access public | first_id)
    echo "$id"

    say "Verifying it, as any stranger could."
    "$knowchain" verify "$id"
fi

say "That is all offline. Now a peer on this home; in another terminal go on with"
[ -n "$own" ] || echo "  export KNOWCHAIN_HOME=$KNOWCHAIN_HOME"
echo "  $knowchain stats"
echo "  $knowchain node status"
echo "  $knowchain --help"
echo
exec "$knowchain" node run
