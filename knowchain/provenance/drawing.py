"""A trace as a drawing: Mermaid for web pages, DOT for Graphviz. Titles are data and can't end a label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from knowchain.provenance.columns import cut, plain
from knowchain.provenance.dates import day
from knowchain.provenance.describing import short_id
from knowchain.provenance.model import Edge, Node, Trace
from knowchain.provenance.relations import wording
from knowchain.provenance.text import Say, english

__all__ = ["render_dot", "render_mermaid"]

_LABEL: Final = 60
"""Columns of a title in a drawing."""
_SAFE: Final = frozenset(" .,-+/()")


def render_mermaid(trace: Trace, *, say: Say = english) -> str:
    """The trace as a Mermaid flowchart: sources above, what followed below."""
    names = {rid: f"n{at}" for at, rid in enumerate(trace.nodes)}
    lines = ["flowchart TD"]
    for rid, node in trace.nodes.items():
        lines.append(f'  {names[rid]}["{"<br/>".join(map(_entities, _label(node, say)))}"]')
    for edge in _edges(trace):
        lines.append(f'  {names[edge.earlier]} -->|"{_entities(_relation(edge, say))}"| {names[edge.later]}')
    marked = [names[rid] for rid, node in trace.nodes.items() if node.remarks]
    lines.append(f"  style {names[trace.root]} stroke-width:3px")
    if marked:
        lines.append("  classDef remarked stroke-dasharray: 4 3")
        lines.append(f"  class {','.join(marked)} remarked")
    return "\n".join(lines) + "\n"


def render_dot(trace: Trace, *, say: Say = english) -> str:
    """The trace as a Graphviz digraph: sources above, what followed below."""
    names = {rid: f"n{at}" for at, rid in enumerate(trace.nodes)}
    lines = [
        "digraph trace {",
        '  node [shape=box, fontname="sans-serif"];',
        '  edge [fontname="sans-serif"];',
    ]
    for rid, node in trace.nodes.items():
        label = "\\n".join(map(_escaped, _label(node, say)))
        style = ", style=dashed" if node.remarks else ""
        width = ", penwidth=3" if rid == trace.root else ""
        lines.append(f'  {names[rid]} [label="{label}", tooltip="{rid}"{style}{width}];')
    for edge in _edges(trace):
        lines.append(
            f'  {names[edge.earlier]} -> {names[edge.later]} [label="{_escaped(_relation(edge, say))}"];'
        )
    return "\n".join([*lines, "}"]) + "\n"


def _edges(trace: Trace) -> Iterator[Edge]:
    """Every edge between told records, once."""
    events = (Edge(rid, "kc:about", trace.root, "event") for rid in trace.events)
    for edge in dict.fromkeys([*trace.up, *trace.down, *events]):
        if edge.earlier in trace.nodes and edge.later in trace.nodes:
            yield edge


def _label(node: Node, say: Say) -> list[str]:
    lines = [cut(plain(node.title or short_id(node.id)), _LABEL)]
    if node.verified:
        author = cut(plain(node.author_name or "?"), _LABEL // 2)
        lines.append(f"{say(node.kind or '?')} · {author} · {day(node.claimed or 0)}")
    lines.append(short_id(node.id))
    lines += [f"! {say(remark.name)}" for remark in node.remarks]
    return lines


def _relation(edge: Edge, say: Say) -> str:
    return say(edge.role or wording(edge.relation).down)


def _entities(text: str) -> str:
    """Text inside a quoted Mermaid label: whatever could mean something becomes an entity code."""
    return "".join(char if char.isalnum() or char in _SAFE else f"#{ord(char)};" for char in text)


def _escaped(text: str) -> str:
    """Text inside a quoted DOT string."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
