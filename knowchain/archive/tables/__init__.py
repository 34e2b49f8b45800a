"""Other people's tables: read in any dress, mapped by a file that people can write, drafted row by row.

- :func:`open_table` reads CSV, TSV and JSON lines as a stream of :class:`Row`;
- :func:`builtin_map`, :func:`read_map`, :func:`shipped_map` and :func:`suggest` give the map;
- :func:`draft_row` applies it; :func:`match_files` holds the files that rows name against a folder.

What a map looks like is in docs/guide/maps.md.
"""

from knowchain.archive.tables.drafts import NOT_EVALUATED, UNTITLED, RowDraft, draft_row, located
from knowchain.archive.tables.folder import FolderMatch, match_files
from knowchain.archive.tables.mapping import (
    Rule,
    TableMap,
    builtin_map,
    check_columns,
    read_map,
    shipped_map,
    shipped_maps,
)
from knowchain.archive.tables.reading import Table, open_table
from knowchain.archive.tables.row import Row
from knowchain.archive.tables.suggesting import suggest
from knowchain.archive.tables.targets import HEADER, TARGETS

__all__ = [
    "HEADER",
    "NOT_EVALUATED",
    "TARGETS",
    "UNTITLED",
    "FolderMatch",
    "Row",
    "RowDraft",
    "Rule",
    "Table",
    "TableMap",
    "builtin_map",
    "check_columns",
    "draft_row",
    "located",
    "match_files",
    "open_table",
    "read_map",
    "shipped_map",
    "shipped_maps",
    "suggest",
]
