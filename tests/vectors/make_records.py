"""Write the vectors of the record format: ``python tests/vectors/make_records.py [FOLDER]``.

Everything follows from fixed seeds, so that the files come out the same every time. What a vector
expects is written down by hand from docs/spec/records.md; no code of knowchain takes part.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from making import form, links, proofs, signature, standing

FILES = {
    "form": (form.cases, "Rules S1 to S3: blocks that are well formed, and those that are not."),
    "signature": (signature.blocks, "Rule S4: signatures of blocks."),
    "ed25519": (signature.bare, "Section 3: Ed25519 signatures without blocks."),
    "chain": (links.chain, "Rules C1 to C3: ordinary records on their parents."),
    "identity": (links.identity, "Rules S5 and I1 to I4: identity records on their parents."),
    "standing": (standing.cases, "Section 6: worlds of records and their flags, tips and heads."),
    "forks": (proofs.forks, "Section 10: pairs of blocks that prove a fork, and pairs that do not."),
    "body": (proofs.body, "Rule B1: bodies and the blocks that link them."),
}


def main(folder: Path) -> None:
    """Write every file into ``folder``."""
    for name, (cases, about) in FILES.items():
        made = cases()
        names = [case["name"] for case in made]
        assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
        file: dict[str, object] = {"about": about, "cases": made}
        if name == "identity":
            file["shared"] = links.shared()
        text = json.dumps(file, indent=1)
        (folder / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "records")
