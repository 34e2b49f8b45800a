"""search: records by their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from knowchain.home.plain import to_plain
from knowchain.home.searching import Found, SearchQuestion
from knowchain.home.searching import search as ask
from knowchain.provenance.columns import cut, plain
from knowchain.provenance.dates import day
from knowchain_cli.commands import Help, argument, option, pass_session, verb
from knowchain_cli.messages import searching as text
from knowchain_cli.messages.overview import SEARCH
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session

__all__ = ["search"]

_COLUMNS = 200


@verb("search", Help(SEARCH, text.SEARCH_TEXT, text.SEARCH_EXAMPLES))
@argument("words", nargs=-1, required=True, metavar="WORDS")
@option("--kind", "kinds", metavar="KIND", multiple=True, help=text.KIND)
@option("--lang", "languages", metavar="TAG", multiple=True, help=text.LANG)
@option("--author", metavar="NAME|ID", help=text.AUTHOR)
@option("--collection", metavar="ID", help=text.COLLECTION)
@option("--since", metavar="DATE", help=text.SINCE)
@option("--until", metavar="DATE", help=text.UNTIL)
@option("--limit", type=int, metavar="N", default=20, help=text.LIMIT)
@option("--cursor", metavar="CURSOR", help=text.CURSOR)
@option("--all", "everything", is_flag=True, help=text.ALL)
@pass_session
def search(
    session: Session,
    *,
    words: tuple[str, ...],
    kinds: tuple[str, ...],
    languages: tuple[str, ...],
    author: str | None,
    collection: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    cursor: str | None,
    everything: bool,
) -> None:
    """Find records."""
    question = SearchQuestion(
        " ".join(words),
        kinds=kinds,
        languages=languages,
        author=author,
        collection=collection,
        since=since,
        until=until,
        limit=limit,
        cursor=cursor,
        everything=everything,
    )
    screen = session.screen
    with screen.progress(text.INDEXING) as advance:
        result = session.ask(ask, question, advance)
    if screen.answered(to_document(result)):
        return
    if not result.found:
        screen.say(text.NOTHING)
    for found in result.found:
        _show(screen, found)
    if result.passed_over:
        screen.advise(text.PASSED_OVER, count=result.passed_over)
    if result.cursor is not None:
        screen.advise(text.MORE, cursor=result.cursor)


def to_document(result: object) -> dict[str, object]:
    """The answer as JSON holds it."""
    document = to_plain(result)
    assert isinstance(document, dict)
    return document


def _show(screen: Screen, found: Found) -> None:
    title = (
        screen.catalogue.text(text.UNTITLED)
        if found.title is None
        else _marked(found.title, found.title_marks)
    )
    screen.data(cut(title, _COLUMNS))
    screen.say(text.ABOUT, kind=found.kind, author=found.author_name, day=day(found.claimed), indent=2)
    if found.snippet is not None:
        screen.data(_marked(found.snippet.text, found.snippet.marks), indent=2)
    if found.found_in is not None:
        screen.say(text.OLDER, id=found.found_in, indent=2)
    screen.data(str(found.id), indent=2)


def _marked(words: str, marks: Sequence[tuple[int, int]]) -> str:
    """Text in which what was searched stands between asterisks."""
    return "".join(_pieces(words, marks))


def _pieces(words: str, marks: Sequence[tuple[int, int]]) -> Iterator[str]:
    at = 0
    for start, end in marks:
        yield plain(words[at:start])
        yield f"*{plain(words[start:end])}*"
        at = end
    yield plain(words[at:])
