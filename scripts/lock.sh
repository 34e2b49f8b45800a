#!/bin/sh
# Solves the requirements again, for every platform and every Python from 3.11 on, with hashes.
#
# Groups: bench holds dev, dev holds run; the smaller ones are held to the versions of the larger, so that
# one .venv serves them all. No address of an index is written down: a mirror serves as well.
set -eu
cd "$(dirname "$0")/.."

uv=${UV:-uv}
command -v "$uv" >/dev/null || {
    echo "make lock needs uv: python3 -m pip install uv, or UV=/path/to/uv" >&2
    exit 1
}

compile() { # output, then what to solve
    output=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        --output-file "requirements/$output.txt" "$@"
}

compile build requirements/build.in "$@"
compile go requirements/go.in "$@"
compile bench pyproject.toml --extra dev --extra bench "$@"
compile dev pyproject.toml --extra dev --constraint requirements/bench.txt "$@"
compile run pyproject.toml --constraint requirements/bench.txt "$@"
