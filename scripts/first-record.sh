#!/bin/sh
# Opens a home, signs a first record in it and verifies it: what `make run` shows.
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

if [ -e "$KNOWCHAIN_HOME" ]; then
    say "The home $KNOWCHAIN_HOME is there already."
    if [ -n "$own" ]; then
        "$knowchain" stats
        exit 0
    fi
else
    say "Opening a home in $KNOWCHAIN_HOME."
    "$knowchain" init --name "First Light"
fi

say "Signing a record."
id=$("$knowchain" --json publish --title "The first record of this home" --lang en --access public | first_id)
echo "$id"

say "Verifying it, as any stranger could."
"$knowchain" verify "$id"

say "That was all offline. To go on by hand:"
[ -n "$own" ] || echo "  export KNOWCHAIN_HOME=$KNOWCHAIN_HOME"
echo "  $knowchain show $id"
echo "  $knowchain --help"
