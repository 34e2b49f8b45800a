"""Mutation testing of the record format: does a test fail when the code is wrong?

Each mutant is the library with one small change, in a copy that stands before the installed one on the
path; it is *killed* when a test of its part fails or hangs. What survives is printed, and judged by hand in
docs/mutation.md.

    python scripts/mutate.py [--part codec] [--workers 2] [--only knowchain/chains/tips.py] [--sample 100]
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import Queue
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PYTEST = Path(sys.executable).with_name("pytest")
"""Not ``python -m pytest``, which would put the project's own folder first on the path."""


class Part(NamedTuple):
    """What is changed, and the tests that must notice."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


CHAINS = ("forks", "identity", "links", "memory", "runs", "standing", "states", "tips")
DOOR = ("answers", "judging", "parking", "settling", "door")
PARTS = {
    "codec": Part(("knowchain/codec.py",), ("tests/library/codec",)),
    "signing": Part(("knowchain/signing.py",), ("tests/library/signing",)),
    "records": Part(
        ("knowchain/records/block.py", "knowchain/records/header.py", "knowchain/records/body.py"),
        ("tests/library/records",),
    ),
    "chains": Part(
        tuple(f"knowchain/chains/{name}.py" for name in CHAINS),
        ("tests/library/records/test_vectors.py", "tests/library/chains"),  # the quick ones first
    ),
    "admission": Part(tuple(f"knowchain/admission/{name}.py" for name in DOOR), ("tests/library/admission",)),
}

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}


class Mutant(NamedTuple):
    """One change of one module."""

    module: str
    line: int
    what: str
    source: str


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Every small change of one node, as its replacement."""
    match node:
        case ast.Compare(ops=ops):
            for n, op in enumerate(ops):
                other = copy.deepcopy(node)
                other.ops[n] = COMPARISONS[type(op)]()
                yield f"{type(op).__name__} to {type(other.ops[n]).__name__}", other
        case ast.BoolOp(op=op, values=values):
            other = copy.deepcopy(node)
            other.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "and/or turned", other
            for n in range(len(values)):
                left = [copy.deepcopy(value) for m, value in enumerate(values) if m != n]
                yield f"condition {n + 1} dropped", left[0] if len(left) == 1 else ast.BoolOp(op, left)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not dropped", copy.deepcopy(operand)
        case ast.BinOp(op=op) if type(op) in OPERATORS:
            other = copy.deepcopy(node)
            other.op = OPERATORS[type(op)]()
            yield f"{type(op).__name__} to {type(other.op).__name__}", other
        case ast.Constant(value=bool() as value):
            yield f"{value} turned", ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield f"{value} to {value + 1}", ast.Constant(value + 1)
        case ast.Name(id=name) if name in NAMES and isinstance(node.ctx, ast.Load):
            yield f"{name} to {NAMES[name]}", ast.Name(NAMES[name], ast.Load())
        case ast.Return(value=value) if value is not None and not is_none(value):
            yield "nothing returned", ast.Return(ast.Constant(None))
        case ast.Raise() | ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Delete():
            yield "statement dropped", ast.Pass()
        case ast.Break():
            yield "break to continue", ast.Continue()
        case ast.Continue():
            yield "continue to break", ast.Break()
        case ast.If(test=test) if not isinstance(test, ast.Compare | ast.BoolOp):
            other = copy.deepcopy(node)
            other.test = ast.UnaryOp(ast.Not(), other.test)
            yield "condition turned", other


def is_none(value: ast.expr) -> bool:
    """Whether an expression is the constant None."""
    return isinstance(value, ast.Constant) and value.value is None


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    tree = ast.parse((ROOT / module).read_text())
    for parent in ast.walk(tree):
        if isinstance(parent, ast.AnnAssign):
            parent.annotation = ast.Name("object", ast.Load())
        for name, value in ast.iter_fields(parent):
            if name in ("annotation", "returns", "decorator_list", "bases"):
                continue
            children = value if isinstance(value, list) else [value]
            for n, child in enumerate(children):
                if not isinstance(child, ast.AST):
                    continue
                for what, other in changes(child):
                    put(parent, name, n, value, other)
                    source = ast.unparse(ast.fix_missing_locations(tree))
                    put(parent, name, n, value, child)
                    yield Mutant(module, getattr(child, "lineno", 0), what, source)


def put(parent: ast.AST, name: str, n: int, value: object, child: ast.AST) -> None:
    """Set a child of a node."""
    if isinstance(value, list):
        value[n] = child
    else:
        setattr(parent, name, child)


def survives(mutant: Mutant, tests: tuple[str, ...], folder: Path, timeout: int) -> bool:
    """Run the tests on a copy with the mutant in it."""
    target = folder / mutant.module
    original = target.read_text()
    target.write_text(mutant.source)
    home = folder / "tmp"
    home.mkdir(exist_ok=True)
    try:
        run = subprocess.run(
            [PYTEST, "-x", f"--basetemp={home / 'base'}", *tests],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
        )
        return run.returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        target.write_text(original)
        shutil.rmtree(home, ignore_errors=True)


def main() -> int:
    """Run the mutants that were asked for; the number that survive."""
    options = arguments()
    part = PARTS[options.part]
    chosen = [one for module in part.modules if options.only in ("", module) for one in mutants(module)]
    if options.sample:
        chosen = random.Random(1).sample(chosen, min(options.sample, len(chosen)))  # noqa: S311
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(options.workers) as pool:
        folders: Queue[Path] = Queue()
        for n in range(options.workers):
            folders.put(Path(scratch) / str(n))
            shutil.copytree(ROOT / "knowchain", Path(scratch) / str(n) / "knowchain")

        def run(mutant: Mutant) -> bool:
            folder = folders.get()
            try:
                return survives(mutant, tuple(options.tests or part.tests), folder, options.timeout)
            finally:
                folders.put(folder)

        check_the_check(part, run)
        done = {pool.submit(run, mutant): mutant for mutant in chosen}
        alive = [done[future] for future in as_completed(done) if future.result()]
    for mutant in sorted(alive):
        print(f"{mutant.module}:{mutant.line}: {mutant.what}")
    print(f"{options.part}: {len(chosen)} mutants, {len(alive)} survive")
    return len(alive)


def check_the_check(part: Part, run: Callable[[Mutant], bool]) -> None:
    """The code as it is must survive, and broken code must not: else the tests see another copy."""
    module = part.modules[0]
    for source, expected in (((ROOT / module).read_text(), True), ("raise RuntimeError", False)):
        if run(Mutant(module, 0, "", source)) is not expected:
            raise SystemExit(f"the tests of {module} do not run on the copy, or fail as it is")


def arguments() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, required=True)
    parser.add_argument("--only", default="", help="one module of the part")
    parser.add_argument("--tests", nargs="*", help="only these, for a part whose tests take long")
    parser.add_argument("--timeout", type=int, default=60, help="seconds after which a mutant has hung")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sample", type=int, default=0, help="only so many mutants, chosen by a fixed seed")
    return parser.parse_args()


if __name__ == "__main__":
    main()
