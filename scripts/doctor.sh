#!/bin/sh
# Chooses a Python and checks what knowchain's set-up takes, before anything is downloaded.
#
# Prints the path of the Python. What is missing is named all at once, with the line to type.
# PYTHON says which Python to use; CC, CFLAGS and CPPFLAGS are respected as the libraries' builds respect them.
set -u

# Those that the tests run on first, newest first; a newer one only where there is no other.
candidates=${PYTHON:-python3.13 python3.12 python3.11 python3.14 python3}

is_suitable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }
has_headers() { [ -f "$("$1" -c 'import sysconfig; print(sysconfig.get_path("include"))' 2>/dev/null)/Python.h" ]; }

python=
for candidate in $candidates; do
    is_suitable "$candidate" || continue
    [ -n "$python" ] || python=$candidate
    if has_venv "$candidate" && has_headers "$candidate"; then
        python=$candidate
        break
    fi
done

missing= debian= fedora= macos= first=
lacks() { # what, why, Debian's package, Fedora's, Homebrew's
    missing="$missing  - $1
      $2
"
    debian="$debian $3" fedora="$fedora $4" macos="$macos $5"
}

# The compiler that setuptools will call: CC, else the one that built this Python.
compiler=${CC:-}
if [ -n "$python" ]; then
    version=$("$python" -c 'import sys; print("{}.{}".format(*sys.version_info[:2]))')
    [ -n "$compiler" ] || compiler=$("$python" -c 'import sysconfig; print((sysconfig.get_config_var("CC") or "cc").split()[0])')
    has_venv "$python" || lacks "Python's modules venv and ensurepip (for $python)" \
        "knowchain is installed into .venv, apart from the system" "python$version-venv" "python$version" "python@$version"
    has_headers "$python" || lacks "Python's headers, Python.h (for $python)" \
        "some libraries are compiled on this machine" "python$version-dev" "python$version-devel" "python@$version"
else
    lacks "Python 3.11 or later (looked for: $candidates)" \
        "Debian 12, Ubuntu 24.04 and Fedora 37 were the first to ship one; PYTHON=… names one off the PATH" "python3 python3-venv python3-dev" "python3 python3-devel" "python@3.13"
fi
: "${compiler:=cc}"

# Homebrew keeps its headers where Apple's compiler does not look.
if command -v brew >/dev/null 2>&1 && gmp=$(brew --prefix gmp 2>/dev/null) && [ -d "$gmp/include" ]; then
    CPATH=$gmp/include${CPATH:+:$CPATH}
    export CPATH
fi
defines() { # header, macro
    printf '#include <%s>\n#ifndef %s\n#error\n#endif\n' "$1" "$2" |
        $compiler ${CPPFLAGS:-} ${CFLAGS:-} -E -x c - >/dev/null 2>&1
}

if ! command -v "${compiler%% *}" >/dev/null 2>&1; then
    lacks "a C compiler ($compiler)" "some libraries are compiled on this machine" "gcc libc6-dev" "gcc" ""
    first="xcode-select --install"
    set -- /usr/include/gmp.h /usr/include/*/gmp.h /usr/local/include/gmp.h
    for header; do [ -f "$header" ] && break; done
    [ -f "$header" ] && gmp_found=yes || gmp_found=
else
    if ! defines stdlib.h EXIT_SUCCESS; then
        lacks "the C library's headers" "the compiler is there, but can't include stdlib.h" "libc6-dev" "glibc-devel" ""
        first="xcode-select --install"
    fi
    defines gmp.h __GNU_MP_VERSION && gmp_found=yes || gmp_found=
fi
[ -n "$gmp_found" ] || lacks "GMP's header, gmp.h" "libp2p's elliptic curves are computed with GMP" "libgmp-dev" "gmp-devel" "gmp"

if [ -n "$missing" ]; then
    macos=${macos# }
    macos=$(echo $macos)
    {
        echo "knowchain can't be set up here yet. Missing:"
        echo
        printf '%s\n' "$missing"
        echo "To get it, type"
        echo
        echo "    Debian, Ubuntu   sudo apt-get install$debian"
        echo "    Fedora           sudo dnf install$fedora"
        echo "    macOS            $first${first:+${macos:+; }}${macos:+brew install $macos}"
        echo
        echo "and start again. Nothing was downloaded or changed."
    } >&2
    exit 1
fi
command -v "$python"
