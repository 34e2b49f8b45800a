"""A museum in one command: a table of any size becomes works, rights and custody events.

- :func:`import_table` publishes a table, or tries it out;
- :func:`draft_map`, :func:`check_map`, :func:`list_maps` and :func:`show_map` help with the map.

How it is used is in docs/guide/museum.md.
"""

from knowchain.home.museum.importing import import_table
from knowchain.home.museum.maps import MapCheck, check_map, draft_map, list_maps, show_map
from knowchain.home.museum.requests import Counts, Imported, Progress, TableImport

__all__ = [
    "Counts",
    "Imported",
    "MapCheck",
    "Progress",
    "TableImport",
    "check_map",
    "draft_map",
    "import_table",
    "list_maps",
    "show_map",
]
