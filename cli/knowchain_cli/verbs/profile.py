"""profile: the rules by which a feed is ordered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.home.durable import refuse_taken, write_out
from knowchain.home.plain import to_plain
from knowchain.home.profiles import (
    ProfileAsked,
    ProfileText,
    ProfileToPublish,
    list_profiles,
    profile_text,
    publish_profile,
    use_profile,
)
from knowchain.ranking.forking import forked
from knowchain.ranking.presets import PRESETS, preset
from knowchain.ranking.profile import Profile
from knowchain.ranking.profile_settings import Setting, differences, settings_of
from knowchain.ranking.profile_text import read_profile
from knowchain_cli.commands import Help, VerbGroup, argument, option, pass_session
from knowchain_cli.messages import profiles as text
from knowchain_cli.messages.overview import PROFILE
from knowchain_cli.messages.reading import FLAGS
from knowchain_cli.session import Session

__all__ = ["asked_profile", "profile"]

_LONGEST: Final = 65_536
_RECORD: Final = re.compile("baf[a-z2-7]{3,}")
"""How the beginning of a record id looks."""

profile = VerbGroup("profile", taught=Help(PROFILE, text.TEXT, text.EXAMPLES), no_args_is_help=True)


def asked_profile(name: str, field: str) -> ProfileAsked:
    """The profile that was named: one that comes along, a file, or a published one.

    Raises:
        InvalidValue: it is none of these.
    """
    if name in PRESETS:
        return ProfileAsked(preset=name)
    path = Path(name)
    if _RECORD.fullmatch(name) and not path.exists():
        return ProfileAsked(record=name)
    try:
        with path.open(encoding="utf-8") as file:
            return ProfileAsked(text=file.read(_LONGEST + 1))
    except (OSError, UnicodeDecodeError, ValueError) as exc:
        raise InvalidValue(
            "{field}: {value} is no profile that comes along, and can't be read as a file: {why}",
            field=field,
            value=name,
            why=getattr(exc, "strerror", None) or "not UTF-8",
            presets=", ".join(PRESETS),
            remedy="give a file, the id of a published profile, or one of {presets}",
        ) from exc


def _found(session: Session, name: str) -> ProfileText:
    """A profile that was named; only a published one needs a home."""
    asked = asked_profile(name, "NAME")
    if asked.record is not None:
        return session.ask(profile_text, asked)
    text = asked.text if asked.text is not None else preset(name)
    return ProfileText(name, text)


@profile.verb("list", Help(text.LIST, text.LIST_TEXT, text.LIST_EXAMPLES))
@option("--published", is_flag=True, help=text.PUBLISHED)
@pass_session
def list_(session: Session, *, published: bool) -> None:
    """List profiles."""
    if published:
        _list_published(session)
        return
    found = {name: read_profile(preset(name)).reason for name in PRESETS}
    if session.screen.answered({"profiles": found}):
        return
    for name, reason in found.items():
        session.screen.say(text.ROW, name=name, reason=reason)


def _list_published(session: Session) -> None:
    found = session.ask(list_profiles, None)
    screen = session.screen
    if screen.answered({"used": to_plain(found.used), "published": to_plain(found.published)}):
        return
    screen.say(text.IN_USE, name=found.used.name, kind=text.KINDS[found.used.kind])
    if not found.published:
        screen.say(text.NONE_PUBLISHED)
    for each in found.published:
        screen.say(text.ROW_PUBLISHED, name=each.name, author=each.author_name, reason=each.reason)
        for flag in each.flags:
            screen.say(text.FLAG, indent=2, flag=flag.value, meaning=FLAGS[flag])
        screen.data(str(each.id), indent=2)


@profile.verb("show", Help(text.SHOW, text.SHOW_TEXT, text.SHOW_EXAMPLES))
@argument("name", metavar="FILE|NAME|ID")
@pass_session
def show(session: Session, *, name: str) -> None:
    """Print a profile."""
    found = _found(session, name)
    shown = {"record": str(found.record), "author": found.author} if found.record is not None else {}
    if not session.screen.answered({"name": name, "profile": found.text, **shown}):
        session.screen.script(found.text.removesuffix("\n"))


@profile.verb("check", Help(text.CHECK, text.CHECK_TEXT, text.CHECK_EXAMPLES))
@argument("name", metavar="FILE|NAME|ID")
@pass_session
def check(session: Session, *, name: str) -> None:
    """Check a profile."""
    found = read_profile(_found(session, name).text)
    settings = settings_of(found)
    if session.screen.answered({"ok": True, "settings": to_plain(settings)}):
        return
    session.screen.say(text.GOOD, name=found.name)
    if found.reason:
        session.screen.say(text.REASON, reason=found.reason)
    for key, value in _said(found).items():
        session.screen.say(text.SETTING, indent=2, key=key, value=_shown(value))


def _said(found: Profile) -> dict[str, Setting]:
    """The settings that are not as they would be anyway."""
    plain = settings_of(Profile(name="", weights={}))
    return {
        key: value
        for key, value in settings_of(found).items()
        if key not in ("name", "reason") and plain.get(key) != value
    }


@profile.verb("fork", Help(text.FORK, text.FORK_TEXT, text.FORK_EXAMPLES))
@argument("source", metavar="FILE|NAME|ID")
@argument("file", metavar="FILE", type=Path)
@option("--name", metavar="NAME", help=text.FORK_NAME)
@option("--replace", is_flag=True, help=text.REPLACE)
@pass_session
def fork(session: Session, *, source: str, file: Path, name: str | None, replace: bool) -> None:
    """Fork a profile."""
    refuse_taken(file, replace=replace)
    found = _found(session, source)
    made = forked(found.text, name=name or file.stem, parent=found.record)
    write_out(file, [made.encode()])
    document = {"file": str(file), "parent": None if found.record is None else str(found.record)}
    if session.screen.answered({"fork": document}):
        return
    session.screen.say(text.FORKED, file=file, name=read_profile(made).name)
    session.screen.advise(text.FORKED_NEXT, file=file)


@profile.verb("use", Help(text.USE, text.USE_TEXT, text.USE_EXAMPLES))
@argument("name", metavar="FILE|NAME|ID", required=False)
@option("--default", is_flag=True, help=text.USE_DEFAULT)
@pass_session
def use(session: Session, *, name: str | None, default: bool) -> None:
    """Use a profile from now on."""
    if default == (name is not None):
        raise InvalidValue(
            "{field}: which profile?", field="NAME", value="", remedy="name one, or say --default"
        )
    used = session.ask(use_profile, ProfileAsked() if name is None else asked_profile(name, "NAME"))
    if session.screen.answered({"used": to_plain(used)}):
        return
    session.screen.say(text.IN_USE, name=used.name, kind=text.KINDS[used.kind])
    if used.kind == "own":
        session.screen.advise(text.KEPT)


@profile.verb("publish", Help(text.PUBLISH, text.PUBLISH_TEXT, text.PUBLISH_EXAMPLES))
@argument("file", metavar="FILE|NAME")
@option("--revises", metavar="ID", help=text.REVISES)
@pass_session
def publish(session: Session, *, file: str, revises: str | None) -> None:
    """Publish a profile."""
    source = _found(session, file)
    if source.record is not None:
        raise InvalidValue(
            "{field}: {value} is published already",
            field="FILE",
            value=file,
            remedy="fork it first: `knowchain profile fork {value} mine.toml`",
        )
    done = session.ask(publish_profile, ProfileToPublish(source.text, revises))
    if session.screen.answered({"records": [to_plain(done)]}):
        return
    session.screen.say(text.DONE_PUBLISHED, name=done.name)
    session.screen.data(str(done.id), indent=2)
    for warning in done.warnings:
        session.screen.warn(warning.template, **warning.fields)


@profile.verb("diff", Help(text.DIFF, text.DIFF_TEXT, text.DIFF_EXAMPLES))
@argument("first", metavar="FILE|NAME|ID")
@argument("second", metavar="FILE|NAME|ID")
@pass_session
def diff(session: Session, *, first: str, second: str) -> None:
    """Compare what two profiles say."""
    one, other = (read_profile(_found(session, name).text) for name in (first, second))
    found = differences(one, other)
    if session.screen.answered({"differences": to_plain(dict(found))}):
        return
    if not found:
        session.screen.say(text.SAME)
        return
    rows = [(key, _cell(before), _cell(after)) for key, (before, after) in found.items()]
    session.screen.say(text.COMPARED, first=one.name, second=other.name)
    session.screen.blank()
    session.screen.table((text.COLUMN_SETTING, text.COLUMN_FIRST, text.COLUMN_SECOND), rows)


def _cell(value: Setting) -> object:
    return text.NOT_SAID if value is None else _shown(value)


def _shown(value: Setting) -> str:
    return ", ".join(value) or "[]" if isinstance(value, tuple) else str(value)
