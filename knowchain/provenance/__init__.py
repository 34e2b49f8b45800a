"""Provenance: where a record comes from, what became of it, and what falls with it.

Pure: records are asked for through :class:`Source`. docs/spec/trace.md says how a trace maps to W3C PROV.
"""

from knowchain.provenance.blast import Affected, Blast, Radius, Root, blast
from knowchain.provenance.blast_text import render_blast
from knowchain.provenance.drawing import render_dot, render_mermaid
from knowchain.provenance.headlines import headline
from knowchain.provenance.model import (
    Direction,
    Edge,
    Event,
    Node,
    Omitted,
    Proven,
    Receipt,
    Remark,
    Tool,
    Trace,
)
from knowchain.provenance.prov_document import prov_document, render_prov
from knowchain.provenance.source import Held, Source
from knowchain.provenance.text import Say, english, render_text
from knowchain.provenance.tracing import TraceRequest, trace
from knowchain.provenance.versions import Current, Versions, current_version

__all__ = [
    "Affected",
    "Blast",
    "Current",
    "Direction",
    "Edge",
    "Event",
    "Held",
    "Node",
    "Omitted",
    "Proven",
    "Radius",
    "Receipt",
    "Remark",
    "Root",
    "Say",
    "Source",
    "Tool",
    "Trace",
    "TraceRequest",
    "Versions",
    "blast",
    "current_version",
    "english",
    "headline",
    "prov_document",
    "render_blast",
    "render_dot",
    "render_mermaid",
    "render_prov",
    "render_text",
    "trace",
]
