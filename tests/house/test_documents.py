"""The documents are true: what they name exists, and what exists is named."""

from __future__ import annotations

import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "knowchain": "knowchain",
    "node/knowchain_node": "knowchain_node",
    "cli/knowchain_cli": "knowchain_cli",
}
OWN_TEXT = (
    "Makefile",
    "*.md",
    "*.toml",
    "*.sh",
    "*.py",
    "*.txt",
    "*.in",
    ".ci/run",
    "*.js",
    "*.mjs",
    "*.json",
)


def read(path: str) -> str:
    return (ROOT / path).read_text()


def tracked(*patterns: str) -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [path for path in listing.split("\0") if path and (ROOT / path).is_file()]


def modules_that_exist() -> set[str]:
    """Modules and packages right below each of the three packages, as tracked."""
    found = set()
    for folder in PACKAGES:
        for path in tracked(f"{folder}/*.py"):
            name = path.removeprefix(f"{folder}/").split("/")[0]
            if name not in {"__init__.py", "__main__.py"}:
                found.add(f"{folder}/{name}")
    return found


def modules_on_the_map() -> set[str]:
    folders = "|".join(PACKAGES)
    return set(re.findall(rf"^\|.*?`((?:{folders})/[a-z0-9_./]+)` \|", read("ARCHITECTURE.md"), re.MULTILINE))


def test_the_code_map_names_every_module() -> None:
    assert modules_that_exist() - modules_on_the_map() == set()


def test_the_code_map_names_nothing_that_does_not_exist() -> None:
    assert modules_on_the_map() - modules_that_exist() == set()


def test_the_code_map_follows_the_floors_of_the_contract() -> None:
    contract = read("pyproject.toml").split('name = "inside the library every module has its floor"')[1]
    layers = re.findall(r'"([^"]+)"', contract.split("layers = [")[1].split("\n]")[0])
    floor = {name: n for n, layer in enumerate(reversed(layers)) for name in re.findall(r"\w+", layer)}
    rows = re.findall(r"^\| (\d+) \| `knowchain/(\w+)", read("ARCHITECTURE.md"), re.MULTILINE)
    assert rows
    assert [(name, floor[name]) for _, name in rows] == [(name, int(n)) for n, name in rows]
    assert [int(n) for n, _ in rows] == sorted((int(n) for n, _ in rows), reverse=True)


def test_every_folder_named_by_a_document_exists() -> None:
    table = read("ARCHITECTURE.md").split("### Around them")[1].split("##")[0]
    folders = re.findall(
        r"`([^`]+)`", "\n".join(line.split("|")[1] for line in table.splitlines() if "`" in line)
    )
    assert folders
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", read("Makefile"), re.MULTILINE))


def test_every_make_target_in_the_documents_exists() -> None:
    named = set()
    for path in tracked("*.md"):
        for quoted in re.findall(r"`([^`\n]+)`|^ *(make \w+) +#", read(path), re.MULTILINE):
            named |= set(re.findall(r"\bmake ([a-z]+)\b", "".join(quoted)))
    assert {"run", "test"} <= named
    assert named - makefile_targets() == set()


def test_every_make_target_is_documented() -> None:
    documents = read("README.md") + read("CONTRIBUTING.md")
    assert [target for target in makefile_targets() if f"make {target}" not in documents] == []


def test_every_phony_target_has_a_line_of_help() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", read("Makefile"), re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == makefile_targets()


def test_every_decision_is_in_the_index_and_numbered_once() -> None:
    index = read("docs/adr/README.md")
    pages = sorted(path.name for path in (ROOT / "docs/adr").glob("0*.md"))
    listed = re.findall(r"^\| \[(\d+)\]\((\S+)\) \| (.+) \|$", index, re.MULTILINE)
    assert [name for _, name, _ in listed] == pages
    for number, name, title in listed:
        assert int(name[:4]) == int(number)
        assert read(f"docs/adr/{name}").startswith(f"# {number}. {title}\n")


@pytest.mark.parametrize("part", ["Context", "Decision", "Figures", "Consequences"])
def test_every_decision_has_its_four_parts(part: str) -> None:
    pages = sorted((ROOT / "docs/adr").glob("0*.md"))
    assert [page.name for page in pages if f"**{part}.**" not in page.read_text()] == []


def test_every_link_between_documents_leads_somewhere() -> None:
    dead = []
    for path in tracked("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(path)):
            if "://" not in target and not (ROOT / path).parent.joinpath(target).exists():
                dead.append(f"{path} → {target}")
    assert dead == []


# Written in pieces, so that this file is no find of its own.
ELSEWHERE = {
    "an index of packages": r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|golang|deb\.debian)\.(?:org|io|com)",
    "a path of one machine": r"(?<![\w.])/(?:wor"
    + r"k|roo"
    + r"t|hom"
    + r"e/\w+|User"
    + r"s/\w+|tm"
    + r"p/[a-z])\b",
}


@pytest.mark.parametrize("what", sorted(ELSEWHERE))
def test_no_file_names_a_place_that_is_not_everybodys(what: str) -> None:
    pattern = re.compile(ELSEWHERE[what])
    finds = [
        f"{path}:{number}: {line.strip()[:80]}"
        for path in tracked(*OWN_TEXT)
        for number, line in enumerate(read(path).splitlines(), 1)
        if pattern.search(line)
    ]
    assert finds == []


def test_hashbergs_multiformats_is_not_installed() -> None:
    """It and py-multiformats are imported by one name, and the second one installed overwrites the first."""
    names = {(dist.metadata["Name"] or "").lower().replace("_", "-") for dist in metadata.distributions()}
    assert "py-multiformats" in names
    assert not names & {"multiformats", "dag-cbor", "carbox", "dag-json", "ipld-car"}


def test_the_smaller_locks_are_parts_of_the_larger_one() -> None:
    """One .venv serves run, dev and bench: none may ask for another version."""
    locks = {
        group: set(re.findall(r"^(\S+==\S+)", read(f"requirements/{group}.txt"), re.MULTILINE))
        for group in ("run", "dev", "bench")
    }
    assert locks["run"] - locks["dev"] == set()
    assert locks["dev"] - locks["bench"] == set()


def test_every_dependency_is_locked() -> None:
    declared = re.findall(r'^    "([A-Za-z0-9-]+)[=>~]', read("pyproject.toml"), re.MULTILINE)
    locked = set(re.findall(r"^([a-z0-9-]+)==", read("requirements/bench.txt"), re.MULTILINE))
    assert len(declared) > 15
    assert [name for name in declared if name.lower() not in locked] == []


def test_the_version_stands_in_one_way() -> None:
    version = re.search(r'^version = "(.+)"$', read("pyproject.toml"), re.MULTILINE)
    assert version
    assert f'__version__ = "{version[1]}"' in read("knowchain/__init__.py")
