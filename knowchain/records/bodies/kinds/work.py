"""Works: what an archive, an author or a community publishes, described."""

from __future__ import annotations

import unicodedata
from typing import Final

from knowchain.records.bodies import file_paths
from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.examples import RIGHTS_ID
from knowchain.records.bodies.kinds.links import COMMON, LINEAGE
from knowchain.records.bodies.kinds.made_with import MADE_WITH
from knowchain.records.bodies.kinds.terms import (
    ACCESS,
    DATE,
    DESCRIPTION,
    DIGEST_SHA256,
    LINE,
    SEALED,
    TAG,
    TITLE,
)
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.references import RefField
from knowchain.records.bodies.scalars import FileLink, Flag, Integer, Reserved
from knowchain.records.bodies.structures import Field, ListOf, Object
from knowchain.records.bodies.text import Choice, Text, pattern
from knowchain.records.bodies.values import Stored
from knowchain.records.vocabulary import languages, persistent_ids, works

__all__ = ["WORK"]


def _own_id(text: str, *, field: str) -> str:
    scheme = persistent_ids.scheme_of(text)
    return persistent_ids.check(scheme, text, field=field) if scheme else text


def _identifier_fits_scheme(stored: dict[str, Stored], at: Place) -> None:
    scheme, value = stored.get("scheme"), stored.get("value")
    if isinstance(scheme, str) and isinstance(value, str):
        persistent_ids.check(scheme, value, field=at.child("value").path)


def _edtf_says_who(stored: dict[str, Stored], at: Place) -> None:
    if "edtf" in stored and "edtf_by" not in stored:
        raise at.child("edtf_by").error(
            "is missing", value="", remedy="say who read the words as this date: human or machine-confirmed"
        )


def _language_is_named(stored: dict[str, Stored], at: Place) -> None:
    if "tag" not in stored and "glottocode" not in stored:
        raise at.error(
            "names no language",
            value=stored.get("name", ""),
            remedy="give `tag`, or `glottocode` alone where there is no ISO code",
        )


def _paths_differ(stored: dict[str, Stored], at: Place) -> None:
    seen: dict[str, str] = {}
    files = stored.get("files")
    for position, file in enumerate(files if isinstance(files, list) else ()):
        path = file.get("path") if isinstance(file, dict) else None
        if not isinstance(path, str):
            continue
        place = at.child("files").item(position).child("path")
        folded = unicodedata.normalize("NFC", path.casefold())
        other = seen.get(folded)
        seen[folded] = path
        if other == path:
            at.report(place.error("{value} stands there twice", value=path, remedy="name each file once"))
        elif other is not None:
            at.warn(
                place.error(
                    "{value} differs from {other} in case only",
                    value=path,
                    other=other,
                    remedy="rename one: some systems can't hold both",
                )
            )


def _metadata_only_links_no_file(stored: dict[str, Stored], at: Place) -> None:
    files = stored.get("files")
    if stored.get("access") != "metadata-only" or not isinstance(files, list):
        return
    for position, file in enumerate(files):
        if isinstance(file, dict) and "cid" in file:
            place = at.child("files").item(position).child("cid")
            at.report(
                place.error(
                    "{value} links a file, but access is metadata-only",
                    value=file["cid"],
                    remedy="leave `cid` out (the digests stay), or set access to public",
                )
            )


_DATE: Final = Object(
    "date",
    (
        Field("display", LINE, "the date in words, as the source has it", required=True),
        Field("edtf", DATE, "the same in EDTF"),
        Field(
            "edtf_by",
            Choice(("human", "machine-confirmed")),
            "who read the words as that date; required with `edtf`",
        ),
    ),
    shorthand="display",
    checks=(_edtf_says_who,),
)

_AGENT: Final = Object(
    "agent",
    (
        Field("name", LINE, "the name, or what is shown in its place when withheld", required=True),
        Field(
            "role",
            Text("role (MARC relator)", reader=works.AGENT_ROLES.canonical),
            "what they are to the work",
            required=True,
        ),
        Field("id", LINE, "an identifier: a record id, ORCID, ISNI, QID or URI"),
        Field("withheld", Flag(), "whether the name is withheld, at their or their community's wish"),
    ),
)

_LANGUAGE: Final = Object(
    "language",
    (
        Field("tag", TAG, "BCP 47; `und`, `mul`, `zxx` and `x-…` as needed"),
        Field(
            "glottocode",
            Text("Glottocode", reader=languages.glottocode),
            "of the language or dialect; stands alone where there is no ISO code",
        ),
        Field("name", LINE, "what its speakers call it"),
        Field("aes", Choice(works.AGGLOMERATED_ENDANGERMENT), "Glottolog's Agglomerated Endangerment Status"),
    ),
    shorthand="tag",
    checks=(_language_is_named,),
)

_IDENTIFIER: Final = Object(
    "identifier",
    (
        Field(
            "scheme",
            pattern("a scheme", r"[a-z][a-z0-9-]{0,31}", "accession", lower=True),
            "`ark`, `doi`, `handle` and `qid` are checked; others, such as `accession`, are kept",
            required=True,
        ),
        Field("value", LINE, "the identifier", required=True),
    ),
    checks=(_identifier_fits_scheme,),
)

_PLACE: Final = Object(
    "place",
    (
        Field("name", LINE, "the name of the place", required=True),
        Field("id", LINE, "an identifier, such as a QID, a GeoNames URI or a TGN number"),
        Field(
            "geo",
            pattern("a geo URI", r"geo:-?\d+(\.\d+)?,-?\d+(\.\d+)?(,-?\d+(\.\d+)?)?(;.*)?", "geo:52.4,-4.1"),
            "where it is (RFC 5870)",
        ),
    ),
    shorthand="name",
)

_SUBJECT: Final = Object(
    "subject",
    (
        Field("term", LINE, "what the work is about", required=True),
        Field("scheme", LINE, "the vocabulary, such as `lcsh` or `aat`"),
        Field("id", LINE, "the identifier of the term"),
        Field("language", TAG, "the language of the term"),
    ),
    shorthand="term",
)

_FILE: Final = Object(
    "file",
    (
        Field(
            "path",
            Text("path", reader=file_paths.canonical, blank=True),
            "relative, steps joined by `/`",
            required=True,
        ),
        Field(
            "role", Text("role of a file", reader=works.FILE_ROLES.canonical), "what it is for", required=True
        ),
        Field("bytes", Integer(), "its size", required=True),
        Field("sha256", DIGEST_SHA256, "its digest, in small hex digits", required=True),
        Field(
            "sha512", pattern("SHA-512 in hex", r"[0-9a-f]{128}", "128 digits", lower=True), "a second digest"
        ),
        Field("cid", FileLink(), "the root of its blocks, when it is published"),
        Field(
            "mime",
            pattern("a media type", r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+(;.*)?", "image/tiff"),
            "its media type",
        ),
        Field("pronom", pattern("a PRONOM id", r"(x-)?fmt/[1-9][0-9]{0,4}", "fmt/353"), "its format"),
        Field(
            "enc",
            Reserved("files can't be encrypted until encryption exists"),
            "how it is encrypted; reserved",
        ),
    ),
)

_FIELDS: Final = (
    Field("title", TITLE, "what it is called, by language", required=True),
    Field("kind", Choice(works.DCMI_TYPES), "DCMI type", required=True),
    Field("id", Text("ARK, DOI or local id", reader=_own_id), "its own lasting name", required=True),
    Field("access", ACCESS, "who may see the files", required=True),
    Field("date", _DATE, "when it was made"),
    Field("agents", ListOf(_AGENT), "who had what part in it"),
    Field("languages", ListOf(_LANGUAGE), "the languages of the content"),
    Field("identifiers", ListOf(_IDENTIFIER), "other identifiers"),
    Field("description", DESCRIPTION, "what it is, by language"),
    Field("places", ListOf(_PLACE), "where it was made, or what places it is about"),
    Field("subjects", ListOf(_SUBJECT), "what it is about"),
    Field("extent", Text(breaks=True), "how much, and of what: pages, minutes, dimensions, material"),
    Field("source", LINE, "the original, where it is no record: a shelfmark, a collection, a URI"),
    Field("files", ListOf(_FILE, limit=2_000, distinct=False), "its files"),
    MADE_WITH,
    SEALED,
)

_REFS: Final = (
    RefField("rights", "dcterms:rights", "the rights records that it is under", required=True),
    *LINEAGE,
    RefField("format_of", "dcterms:isFormatOf", "the same content in another format"),
    *COMMON,
)

WORK: Final = Kind(
    "work",
    "Something made: a text, an image, a recording, an object, a data set; described, with its files.",
    _FIELDS,
    _REFS,
    {
        "title": {"cy": ["Hen benillion"], "en": ["Old stanzas"]},
        "kind": "Text",
        "id": "ark:12148/btv1b8449691v",
        "date": {"display": "c. 1830–41", "edtf": "1830~/1841~", "edtf_by": "human"},
        "agents": [{"name": "withheld", "role": "singer", "withheld": True}],
        "languages": [{"tag": "cy", "glottocode": "wels1247", "name": "Cymraeg"}],
        "files": [
            {
                "path": "scans/page-001.tif",
                "role": "preservation",
                "bytes": 6,
                "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "mime": "image/tiff",
                "pronom": "fmt/353",
            }
        ],
        "rights": [RIGHTS_ID],
        "access": "public",
        "made_with": [
            {
                "tool": "an OCR model",
                "kind": "ai-model",
                "version": "2.1",
                "role": "transcribed",
                "human": "reviewed",
                "parts": ["description"],
            }
        ],
    },
    checks=(_paths_differ, _metadata_only_links_no_file),
)
