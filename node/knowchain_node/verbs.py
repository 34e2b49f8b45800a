"""What a home can be asked by name: by the command over HTTP, in the same words as without a peer.

A verb is a function of the library, ``function(home, …)``. What it takes and answers is read off its
annotations; arguments that are functions (progress) stay on the side of whoever asks.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final, Literal, get_origin, get_type_hints

from knowchain.errors import NotFound

__all__ = ["VERBS", "Shape", "Verb", "shape_of", "verb_named"]


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb.

    Attributes:
        module: beneath ``knowchain.home``.
        carries: what goes along beside the arguments: ``files``, which the function takes as a source;
            ``in``, a file or folder that an argument names, and that the asker sends; ``out``, one that an
            argument names, and that the asker is sent; ``stream``, bytes in place of an answer.
        path: for ``in`` and ``out``: the argument, or argument and field, that names the file.
        taken: for ``out``: how a file that exists already is refused: the field, and what to do.
    """

    module: str
    carries: Literal["", "files", "in", "out", "stream"] = ""
    path: tuple[str, ...] = ()
    taken: tuple[str, str] = ("", "")


VERBS: Final[Mapping[str, Verb]] = {
    "publish": Verb("publishing", "files"),
    "revise": Verb("publishing", "files"),
    "import_table": Verb("museum"),
    "sole_language": Verb("publishing"),
    "view": Verb("viewing"),
    "judge_record": Verb("judging"),
    "trace_record": Verb("tracing"),
    "blast_radius": Verb("blasting"),
    "search": Verb("searching"),
    "say": Verb("saying"),
    "say_all": Verb("saying"),
    "withdraw": Verb("saying"),
    "reinstate": Verb("saying"),
    "give_name": Verb("naming"),
    "forget_name": Verb("naming"),
    "list_people": Verb("naming"),
    "find_record": Verb("naming"),
    "identity_log": Verb("identity_log"),
    "followed": Verb("following"),
    "follow": Verb("following"),
    "unfollow": Verb("following"),
    "publish_follows": Verb("following"),
    "show_feed": Verb("feeding"),
    "explain_item": Verb("feeding"),
    "compare_feeds": Verb("comparing"),
    "what_if": Verb("comparing"),
    "what_would_show": Verb("changing"),
    "profile_text": Verb("profiles"),
    "list_profiles": Verb("profiles"),
    "use_profile": Verb("profiles"),
    "publish_profile": Verb("profiles"),
    "write_feed_receipt": Verb(
        "receipts", "out", ("request", "file"), ("FILE", "choose another name, or add --replace")
    ),
    "audit_receipt": Verb("receipts", "in", ("request", "file")),
    "show_snapshot": Verb("snapshots"),
    "write_snapshot": Verb(
        "snapshots", "out", ("request", "file"), ("FILE", "choose another name, or add --replace")
    ),
    "compare_snapshot": Verb("snapshots", "in", ("request", "file")),
    "forget_seen": Verb("seen"),
    "contributions": Verb("contributing"),
    "compute_groups": Verb("groups"),
    "publish_groups": Verb("groups"),
    "show_groups": Verb("groups"),
    "inbox": Verb("inbox"),
    "create_collection": Verb("collecting"),
    "accession": Verb("collecting"),
    "show_collection": Verb("collecting"),
    "list_collections": Verb("collecting"),
    "export_bundle": Verb(
        "bundles", "out", ("request", "file"), ("FILE", "choose another name, or add --replace")
    ),
    "import_bundle": Verb("bundles", "in", ("request", "file")),
    "statistics": Verb("statistics"),
    "list_devices": Verb("devices"),
    "add_device": Verb("devices"),
    "revoke_device": Verb("devices"),
    "set_label": Verb("devices"),
    "rotate": Verb("devices"),
    "check": Verb("maintenance"),
    "examine": Verb("examining"),
    "backup": Verb("maintenance"),
    "erase_due": Verb("maintenance"),
    "trust_newest": Verb("maintenance"),
    "add_content": Verb("content", "in", ("request", "path")),
    "keep_dag": Verb("keeping", "in", ("request", "path")),
    "write_content": Verb("content", "out", ("target",), ("--output", "choose another name")),
    "read_content": Verb("content", "stream"),
    "list_content": Verb("content"),
    "stat_content": Verb("content"),
    "pinned_content": Verb("content"),
    "unpin_content": Verb("content"),
    "pinning_targets": Verb("pinning"),
    "pin_content": Verb("pinning"),
    "unpin_everywhere": Verb("pinning"),
    "remote_pins": Verb("pinning"),
    "reconcile_pins": Verb("pinning"),
    "collect_content": Verb("content"),
    "scrub_content": Verb("content"),
    "sign_checks": Verb("fixity_events"),
    "due_for_check": Verb("content"),
}
"""By the function's name. What is not here needs the home to itself, or a secret that no peer should read:
``init``, ``rebuild``, ``restore``, and recovery with the secret that was taken away."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A verb's function with the types of what crosses the wire."""

    function: Callable[..., Any]
    arguments: Mapping[str, Any]
    """Types by name, without the home, files and functions."""
    required: frozenset[str]
    source: str | None
    """The argument that takes the files."""
    answer: Any


def verb_named(name: str) -> Verb:
    """The verb of that name.

    Raises:
        NotFound: there is none that a running peer can be asked.
    """
    verb = VERBS.get(name)
    if verb is None:
        raise NotFound(
            "a running peer can't be asked to {verb}",
            remedy="stop the peer first; this needs the home to itself",
            verb=name,
        )
    return verb


@cache
def shape_of(name: str) -> Shape:
    """A verb's function and types; loads its module.

    Raises:
        NotFound: there is none.
    """
    verb = verb_named(name)
    function = getattr(import_module(f"knowchain.home.{verb.module}"), name)
    hints = get_type_hints(function)
    arguments, required, source = {}, set(), None
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        hint = hints[parameter.name]
        if _is_function(hint):
            continue
        if verb.carries == "files" and "FileSource" in str(hint):
            source = parameter.name
            continue
        arguments[parameter.name] = hint
        if parameter.default is inspect.Parameter.empty:
            required.add(parameter.name)
    return Shape(function, arguments, frozenset(required), source, _answer(hints["return"]))


def _is_function(hint: object) -> bool:
    return get_origin(hint) is get_origin(Callable[[], None])


def _answer(hint: Any) -> Any:
    """What is answered; an iterator goes as a list."""
    if get_origin(hint) is get_origin(Iterator[Any]):
        return list[hint.__args__[0]]
    return hint
