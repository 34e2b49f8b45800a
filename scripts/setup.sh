#!/bin/sh
# Makes .venv and installs one group of requirements (run, dev or bench) and knowchain itself into it.
#
# Everything that is downloaded is checked against the hashes in requirements/. The build tools are
# installed first and the libraries are built with them, so that no build fetches anything unpinned.
set -eu

group=$1
cd "$(dirname "$0")/.."

python=$(scripts/doctor.sh)

# As in doctor.sh: Homebrew's GMP lies where Apple's compiler and linker do not look.
if command -v brew >/dev/null 2>&1 && gmp=$(brew --prefix gmp 2>/dev/null) && [ -d "$gmp/include" ]; then
    export CPATH="$gmp/include${CPATH:+:$CPATH}" LIBRARY_PATH="$gmp/lib${LIBRARY_PATH:+:$LIBRARY_PATH}"
fi

if ! .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi

install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input "$@"; }

echo "installing requirements/$group.txt (a few minutes the first time)"
install --require-hashes -r requirements/build.txt
install --require-hashes --no-build-isolation -r "requirements/$group.txt"
install --no-build-isolation --no-deps --editable .

# dev holds all of run, and bench all of dev.
case $group in
    bench) touch .venv/.ready-run .venv/.ready-dev .venv/.ready-bench ;;
    dev) touch .venv/.ready-run .venv/.ready-dev ;;
    run) touch .venv/.ready-run ;;
esac
