"""What set-up lacks is named at once and completely, before anything is downloaded."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = Path(sysconfig.get_config_var("BINDIR")) / f"python3.{sys.version_info.minor}"
COMPILER = sysconfig.get_config_var("CC").split()[0]


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The PATH of a machine that has the shell's own tools, make, a Python and a compiler."""
    path = tmp_path / "bin"
    path.mkdir()
    for tool in ("sh", "env", "awk", "make", "dirname", "touch", "mkdir", "rm"):
        found = shutil.which(tool)
        assert found, tool
        (path / tool).symlink_to(found)
    write_program(path / "python3", f'exec "{PYTHON}" "$@"')
    for compiler in {COMPILER, "cc"}:
        write_program(path / compiler, f'exec "{shutil.which(COMPILER)}" "$@"')
    return path


def doctor(machine: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts/doctor.sh"],
        env={"PATH": str(machine), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def spoil_python(machine: Path, condition: str, answer: str) -> None:
    """A Python that answers differently when its arguments match ``condition``, a pattern of the shell."""
    write_program(machine / "python3", f'case "$*" in {condition}) {answer} ;; esac\nexec "{PYTHON}" "$@"')


def test_a_machine_that_has_everything_gets_its_python(machine: Path) -> None:
    result = doctor(machine)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.strip() == str(machine / "python3")


def test_a_missing_compiler_is_named(machine: Path) -> None:
    (machine / COMPILER).unlink()
    result = doctor(machine)
    assert result.returncode == 1
    assert f"a C compiler ({COMPILER})" in result.stderr
    assert "sudo apt-get install gcc libc6-dev\n" in result.stderr
    assert "sudo dnf install gcc\n" in result.stderr
    assert "macOS            xcode-select --install\n" in result.stderr


def test_missing_headers_of_gmp_are_named(machine: Path) -> None:
    write_program(
        machine / COMPILER,
        'source=$(while read -r line; do echo "$line"; done)\n'
        f'case "$source" in *gmp.h*) exit 1 ;; esac\necho "$source" | exec "{shutil.which(COMPILER)}" "$@"',
    )
    result = doctor(machine)
    assert result.returncode == 1
    assert "gmp.h" in result.stderr
    assert "sudo apt-get install libgmp-dev\n" in result.stderr
    assert "sudo dnf install gmp-devel\n" in result.stderr
    assert "macOS            brew install gmp\n" in result.stderr


def test_a_compiler_without_its_c_library_is_named(machine: Path) -> None:
    write_program(machine / COMPILER, "exit 1")
    result = doctor(machine)
    assert "stdlib.h" in result.stderr
    assert "sudo apt-get install libc6-dev libgmp-dev\n" in result.stderr


def test_a_python_without_venv_is_named_with_its_version(machine: Path) -> None:
    spoil_python(machine, "*ensurepip*", "exit 1")
    result = doctor(machine)
    assert result.returncode == 1
    assert f"sudo apt-get install python3.{sys.version_info.minor}-venv\n" in result.stderr


def test_a_python_without_headers_is_named_with_its_version(machine: Path) -> None:
    spoil_python(machine, "*include*", "echo /nowhere; exit 0")
    result = doctor(machine)
    assert "Python.h" in result.stderr
    assert f"sudo dnf install python3.{sys.version_info.minor}-devel\n" in result.stderr


def test_an_old_python_is_not_taken(machine: Path) -> None:
    spoil_python(machine, "*'(3, 11)'*", "exit 1")
    result = doctor(machine)
    assert result.returncode == 1
    assert "Python 3.11 or later" in result.stderr
    assert "sudo apt-get install python3 python3-venv python3-dev\n" in result.stderr


def test_a_complete_python_is_preferred_to_a_newer_one_without_headers(machine: Path) -> None:
    shutil.copy(machine / "python3", machine / "python3.11")
    shutil.copy(machine / "python3", machine / "python3.13")
    assert doctor(machine).stdout.strip().endswith("/python3.13")
    write_program(
        machine / "python3.13",
        f'case "$*" in *include*) echo /nowhere; exit 0 ;; esac\nexec "{PYTHON}" "$@"',
    )
    assert doctor(machine).stdout.strip().endswith("/python3.11")


def test_python_can_be_given(machine: Path, tmp_path: Path) -> None:
    shutil.copy(machine / "python3", tmp_path / "mine")
    assert doctor(machine, PYTHON=str(tmp_path / "mine")).stdout.strip() == str(tmp_path / "mine")
    result = doctor(machine, PYTHON="no-such-python")
    assert "looked for: no-such-python" in result.stderr


def test_everything_that_is_missing_is_named_in_one_message(machine: Path) -> None:
    (machine / "python3").unlink()
    result = doctor(machine, CC="no-such-compiler", CPPFLAGS="-nostdinc")
    assert result.stderr.count("Missing:") == 1
    assert "Python 3.11" in result.stderr
    assert "a C compiler (no-such-compiler)" in result.stderr
    assert "sudo apt-get install python3 python3-venv python3-dev gcc libc6-dev" in result.stderr


def test_gmp_of_homebrew_counts(machine: Path, tmp_path: Path) -> None:
    """Homebrew keeps it where the compiler does not look; the set-up says so to the builds."""
    (tmp_path / "gmp" / "include").mkdir(parents=True)
    (tmp_path / "gmp" / "include" / "gmp.h").write_text("#define __GNU_MP_VERSION 6\n")
    (tmp_path / "gmp" / "include" / "stdlib.h").write_text("#define EXIT_SUCCESS 0\n")
    assert "gmp.h" in doctor(machine, CPPFLAGS="-nostdinc").stderr
    write_program(machine / "brew", f'echo "{tmp_path}/gmp"')
    result = doctor(machine, CC=f"{COMPILER} -nostdinc")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("target", ["run", "test"])
def test_make_stops_before_it_makes_or_downloads_anything(machine: Path, tmp_path: Path, target: str) -> None:
    (machine / COMPILER).unlink()
    clone = tmp_path / "clone"
    for part in ("Makefile", "pyproject.toml"):
        clone.mkdir(exist_ok=True)
        shutil.copy(ROOT / part, clone)
    for part in ("scripts", "requirements"):
        shutil.copytree(ROOT / part, clone / part)
    before = sorted(clone.rglob("*"))
    result = subprocess.run(
        [machine / "make", target],
        cwd=clone,
        env={"PATH": str(machine)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert "sudo apt-get install gcc libc6-dev" in result.stderr
    assert sorted(clone.rglob("*")) == before
