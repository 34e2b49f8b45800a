"""name, follow and unfollow: whom one knows, and whom one wants to hear from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from knowchain.errors import InvalidValue
from knowchain.home import following, naming
from knowchain.home.following import Followed, Interest
from knowchain.home.naming import Naming
from knowchain.home.plain import to_plain
from knowchain_cli.commands import Help, argument, option, pass_session, verb
from knowchain_cli.messages import overview
from knowchain_cli.messages import people as text
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session

__all__ = ["follow", "name", "unfollow"]


@verb("name", Help(overview.NAME, text.NAME_TEXT, text.NAME_EXAMPLES))
@argument("who", metavar="[WHO]", required=False)
@argument("petname", metavar="[PETNAME]", required=False)
@option("--remove", metavar="PETNAME", help=text.REMOVE)
@pass_session
def name(session: Session, *, who: str | None, petname: str | None, remove: str | None) -> None:
    """Give somebody a name."""
    screen = session.screen
    if remove is not None:
        session.ask(naming.forget_name, remove)
        if not screen.answered({"forgotten": remove}):
            screen.say(text.FORGOTTEN, petname=remove)
    elif who is None:
        _list_people(session)
    elif petname is None:
        raise InvalidValue(
            "{field} is missing", field="PETNAME", remedy='give the name: `knowchain name "Mari Ellis" Mari`'
        )
    else:
        done = session.ask(naming.give_name, Naming(who, petname))
        if not screen.answered({"person": to_plain(done)}):
            screen.say(text.NAMED, id=done.id, petname=done.petname)


def _list_people(session: Session) -> None:
    people = session.ask(naming.list_people)
    screen = session.screen
    if screen.answered({"people": to_plain(people)}):
        return
    if not people:
        screen.say(text.NOBODY)
        return
    rows = [(each.petname or "", each.display_name or "", each.id) for each in people]
    screen.table((text.PETNAME, text.DISPLAY_NAME, text.IDENTITY), rows)


def _interests(function: Any) -> Any:
    for each in (
        option("--topic", multiple=True, metavar="TOPIC", help=text.TOPIC),
        option("--language", "-l", multiple=True, metavar="TAG", help=text.LANGUAGE),
        option("--collection", multiple=True, metavar="ID", help=text.COLLECTION),
        argument("who", metavar="[WHO]...", nargs=-1),
    ):
        function = each(function)
    return function


@verb("follow", Help(overview.FOLLOW, text.FOLLOW_TEXT, text.FOLLOW_EXAMPLES))
@_interests
@option("--publish", is_flag=True, help=text.PUBLISH)
@pass_session
def follow(session: Session, *, publish: bool, **given: Sequence[str]) -> None:
    """Follow somebody or something."""
    wanted = _interest(given)
    done = session.ask(following.followed) if wanted == Interest() else session.ask(following.follow, wanted)
    if publish:
        done = session.ask(following.publish_follows)
    _show(session.screen, done)


@verb("unfollow", Help(overview.UNFOLLOW, text.UNFOLLOW_TEXT, text.UNFOLLOW_EXAMPLES))
@_interests
@pass_session
def unfollow(session: Session, **given: Sequence[str]) -> None:
    """Follow less."""
    wanted = _interest(given)
    if wanted == Interest():
        raise InvalidValue(
            "{field} is missing: whom or what do you want to follow no longer?",
            field="WHO",
            remedy="name somebody, or --collection, --language, --topic; `knowchain follow` lists them",
        )
    _show(session.screen, session.ask(following.unfollow, wanted))


def _interest(given: dict[str, Sequence[str]]) -> Interest:
    return Interest(
        tuple(given["who"]), tuple(given["collection"]), tuple(given["language"]), tuple(given["topic"])
    )


def _show(screen: Screen, done: Followed) -> None:
    if screen.answered(
        {"follows": to_plain(done.follows), "names": done.names, "record": to_plain(done.record)}
    ):
        return
    follows = done.follows
    if follows.empty:
        screen.say(text.NOTHING)
    else:
        rows = [
            *((text.PERSON, done.names.get(who, who)) for who in follows.people),
            *((text.A_COLLECTION, done.names.get(each, each)) for each in follows.collections),
            *((text.A_LANGUAGE, each) for each in follows.languages),
            *((text.A_TOPIC, each) for each in follows.topics),
        ]
        screen.table((text.WHAT, text.WHICH), rows)
    if done.record is not None:
        screen.say(text.PUBLISHED, id=done.record)
