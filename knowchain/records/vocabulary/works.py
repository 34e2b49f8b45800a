"""Words about works: DCMI types, what a person or a file is to a work, endangerment of a language."""

from __future__ import annotations

from typing import Final

from knowchain.records.vocabulary.terms import Terms

__all__ = ["AGENT_ROLES", "AGGLOMERATED_ENDANGERMENT", "DCMI_TYPES", "FILE_ROLES"]

DCMI_TYPES: Final = (
    "Text",
    "StillImage",
    "MovingImage",
    "Sound",
    "PhysicalObject",
    "Collection",
    "Dataset",
    "InteractiveResource",
)

AGENT_ROLES: Final = Terms(
    "role (MARC relator)",
    (
        "creator",
        "author",
        "artist",
        "photographer",
        "composer",
        "lyricist",
        "performer",
        "singer",
        "musician",
        "narrator",
        "storyteller",
        "speaker",
        "interviewer",
        "interviewee",
        "recordist",
        "translator",
        "editor",
        "compiler",
        "transcriber",
        "annotator",
        "researcher",
        "contributor",
        "consultant",
        "director",
        "filmmaker",
        "cinematographer",
        "producer",
        "illustrator",
        "designer",
        "delineator",
        "engraver",
        "etcher",
        "lithographer",
        "printmaker",
        "sculptor",
        "architect",
        "landscape-architect",
        "engineer",
        "cartographer",
        "binder",
        "manufacturer",
        "weaver",
        "craftsperson",
        "calligrapher",
        "scribe",
        "dancer",
        "choreographer",
        "conductor",
        "publisher",
        "printer",
        "sponsor",
        "collector",
        "curator",
        "conservator",
        "donor",
        "depositor",
        "depicted",
        "owner",
        "former-owner",
        "rights-holder",
        "knowledge-holder",
        "community",
        "repository",
    ),
    closed=False,
)
"""What somebody is to a work. MARC relators by name, and `knowledge-holder` and `community`."""

FILE_ROLES: Final = Terms(
    "role of a file",
    (
        "preservation",
        "access",
        "thumbnail",
        "transcript",
        "translation",
        "metadata",
        "evidence",
        "supplement",
    ),
    closed=False,
)

AGGLOMERATED_ENDANGERMENT: Final = (
    "not-endangered",
    "threatened",
    "shifting",
    "moribund",
    "nearly-extinct",
    "extinct",
)
"""Glottolog's Agglomerated Endangerment Status."""
