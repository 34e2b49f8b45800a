"""Write the vectors of this folder: cases, and the CIDs that other people's tools give them.

Every case is put to each tool that can take it, and is written only when all of them agree. Run from the
root of the repository, with the path of Kubo's program (0.40 or later) and after ``npm ci`` in tests/js::

    python tests/vectors/content/generate.py /path/to/ipfs

Cases have the form that tests/js/unixfs_cids.mjs describes; ``{"path": …, "target": …}`` is a symlink, which
that importer does not take.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

Case = dict[str, Any]

HERE = Path(__file__).parent
JS = HERE.parents[1] / "js"
CYCLE = bytes(i % 251 for i in range(251 * 4200))
MIB = 2**20
THRESHOLD = 256 * 1024


def file_case(profile: str, size: int, chunk_size: int = 0, max_links: int = 0) -> Case:
    small = {"chunk_size": chunk_size, "max_links": max_links} if chunk_size else {}
    return {
        "name": f"{size} bytes",
        "profile": profile,
        **small,
        "entries": [{"path": "", "size": size}],
        **({"slow": True} if size > 100 * MIB else {}),
    }


def file_cases() -> list[Case]:
    modern = [
        0,
        1,
        MIB - 1,
        MIB,
        MIB + 1,
        2 * MIB,
        2 * MIB + 1,
        5 * MIB + 7,
        1024 * MIB,
        1024 * MIB + 1,
        1500 * MIB,
    ]
    chunk = 256 * 1024
    classic = [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 173 * chunk, 174 * chunk, 174 * chunk + 1]
    classic += [349 * chunk + 5, 1100 * MIB]
    cases = [file_case("unixfs-v1-2025", size) for size in modern]
    cases += [file_case("classic", size) for size in classic]
    # Small chunks and few links: every shape of tree of up to seven levels.
    cases += [file_case("classic", size, 1, 2) for size in range(1, 70)]
    cases += [file_case("unixfs-v1-2025", size, 3, 3) for size in range(1, 260, 2)]
    return cases


def tree(
    name: str, entries: list[dict[str, Any]], profiles: str = "unixfs-v1-2025 classic", **more: Any
) -> list[Case]:
    return [{"name": name, "profile": p, **more, "entries": entries} for p in profiles.split()]


def at_threshold(measure: str, excess: int) -> list[dict[str, Any]]:
    """Files with small contents whose folder measures the threshold and ``excess`` bytes more."""
    fixed = 36 if measure == "links-bytes" else 36 + 2 + 2 + 2 + 2  # CID; tags, lengths and Tsize of a link
    stem = 40
    count, left = divmod(THRESHOLD + excess - (0 if measure == "links-bytes" else 4), stem + fixed)
    halves = (left // 2, left - left // 2)  # so that no link reaches the 128 bytes whose length takes two
    return [
        {"pattern": "%".ljust(stem - 5, "x"), "count": count - 2},
        *({"path": letter * (stem + half), "size": 1} for letter, half in zip("yz", halves, strict=True)),
    ]


def tree_cases() -> list[Case]:
    many = [{"path": f"sub-{i:04d}"} for i in range(1200)]
    unicode_names = [
        "é",
        "é",
        "日本語.txt",
        "\uffee",
        "\U0001f600",
        "a b",
        "%41",
        "ſ",
        "back\\slash",
        "new\nline",
    ]
    cases = [
        *tree("an empty folder", [{"path": ""}]),
        *tree("a folder with an empty file", [{"path": "empty", "size": 0}]),
        *tree("an empty folder within", [{"path": "a/b"}, {"path": "c", "size": 5}]),
        *tree("hidden entries", [{"path": ".git/config", "size": 9}, {"path": ".hidden", "size": 1}]),
        *tree("unicode names", [{"path": n, "size": i + 1} for i, n in enumerate(unicode_names)]),
        *tree("names in no order", [{"path": n, "size": 2} for n in ("b", "a", "B", "a.", "a0", "10", "9")]),
        *tree("folders 40 deep", [{"path": "/".join(f"d{i}" for i in range(40)) + "/f", "size": 3}]),
        *tree("a name of 255 bytes", [{"path": "n" * 255, "size": 3}]),
        *tree("large files in folders", [{"path": "a/x", "size": 3 * MIB + 1}, {"path": "b/y", "size": MIB}]),
        *tree("symlinks", [{"path": "here", "size": 3}, {"path": "d/there", "target": "../here"}]),
        *tree("1,200 empty folders", many),
        *tree("10,000 entries", [{"pattern": "file-%.txt", "count": 10_000}]),
        *tree(
            "a sharded folder in a sharded folder",
            [
                {"pattern": "a/deep/%-a-somewhat-longer-name.bin", "count": 4_000},
                {"pattern": "a/%.txt", "count": 7_000},
            ],
        ),
        *tree("100,000 entries", [{"pattern": "file-%.txt", "count": 100_000}], slow=True),
    ]
    for measure, profile in (("block-bytes", "unixfs-v1-2025"), ("links-bytes", "classic")):
        for excess, word in ((-1, "below"), (0, "at"), (1, "above")):
            cases += tree(f"a folder {word} the threshold", at_threshold(measure, excess), profile)
    return cases


# --- the tools ------------------------------------------------------------------------------------


def ask_js(cases: list[Case]) -> list[str | None]:
    """ipfs-unixfs-importer, for what holds no symlink."""
    able = [i for i, case in enumerate(cases) if all("target" not in e for e in case["entries"])]
    done = subprocess.run(
        [JS / "node_modules/.bin/node", "unixfs_cids.mjs"],
        cwd=JS,
        input="\n".join(json.dumps(cases[i]) for i in able),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = dict(zip(able, map(json.loads, done.stdout.split()), strict=True))
    return [answers.get(i) for i in range(len(cases))]


class Kubo:
    """``ipfs add --only-hash``, from one repository for each profile."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._repos = {"unixfs-v1-2025": folder / "modern", "classic": folder / "classic"}
        for profile, repo in self._repos.items():
            profiles = "test,unixfs-v1-2025" if profile == "unixfs-v1-2025" else "test"
            self._run(profile, "init", "--empty-repo", f"--profile={profiles}")
            assert repo.exists()

    def ask(self, case: Case, root: Path) -> str:
        options = ["add", "-Q", "-r", "-H", "--only-hash", "--cid-version=1"]
        if "chunk_size" in case:
            options += [f"--chunker=size-{case['chunk_size']}", f"--max-file-links={case['max_links']}"]
        return self._run(case["profile"], *options, str(root)).strip()

    def _run(self, profile: str, *arguments: str) -> str:
        environment = os.environ | {"IPFS_PATH": str(self._repos[profile])}
        done = subprocess.run(
            [self._program, *arguments], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout


def write_files(entries: list[dict[str, Any]], root: Path) -> None:
    """The case on disk, at ``root``."""
    for entry in entries:
        path = root / entry.get("path", "") if entry.get("path") else root
        path.parent.mkdir(parents=True, exist_ok=True)
        if "pattern" in entry:
            for i in range(entry["count"]):
                file = root / entry["pattern"].replace("%", f"{i:06d}")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(str(i).encode())
        elif "target" in entry:
            path.symlink_to(entry["target"])
        elif "size" in entry:
            with path.open("wb") as file:
                for at in range(0, entry["size"], len(CYCLE)):
                    file.write(CYCLE[: entry["size"] - at])
        else:
            path.mkdir(parents=True, exist_ok=True)


def main() -> None:
    program = sys.argv[1]
    tools = [subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout.strip()]
    importer = json.loads((JS / "node_modules/ipfs-unixfs-importer/package.json").read_text())
    tools.append(f"ipfs-unixfs-importer {importer['version']}")
    with tempfile.TemporaryDirectory() as temporary:
        kubo = Kubo(program, Path(temporary))
        for name, cases in (("files", file_cases()), ("folders", tree_cases())):
            answers = ask_js(cases)
            for i, (case, js) in enumerate(zip(cases, answers, strict=True)):
                root = Path(temporary) / f"{name}-{i}"
                write_files(case["entries"], root)
                case["cid"] = kubo.ask(case, root)
                subprocess.run(["rm", "-r", root], check=True)
                if js not in (None, case["cid"]):
                    raise SystemExit(f"{case['name']} ({case['profile']}): Kubo {case['cid']}, JS {js}")
            lines = ",\n".join(json.dumps(case, ensure_ascii=True) for case in cases)
            text = f'{{"tools": {json.dumps(tools)},\n"cases": [\n{lines}\n]}}\n'
            (HERE / f"{name}.json").write_text(text)
            print(f"{name}.json: {len(cases)} cases")


if __name__ == "__main__":
    main()
