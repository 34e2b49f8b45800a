"""profile: the rules by which a feed is ordered."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.home.plain import to_plain
from knowchain.ranking.presets import PRESETS, preset
from knowchain.ranking.profile import Profile
from knowchain.ranking.profile_settings import Setting, differences, settings_of
from knowchain.ranking.profile_text import read_profile
from knowchain_cli.commands import Help, VerbGroup, argument, pass_session
from knowchain_cli.messages import profiles as text
from knowchain_cli.messages.overview import PROFILE
from knowchain_cli.session import Session

__all__ = ["profile", "profile_source"]

_LONGEST: Final = 65_536

profile = VerbGroup("profile", taught=Help(PROFILE, text.TEXT, text.EXAMPLES), no_args_is_help=True)


def profile_source(name: str, field: str) -> str:
    """The text of a profile: one that comes along, or a file.

    Raises:
        InvalidValue: it is neither.
    """
    if name in PRESETS:
        return preset(name)
    try:
        with Path(name).open(encoding="utf-8") as file:
            return file.read(_LONGEST + 1)
    except (OSError, UnicodeDecodeError, ValueError) as exc:
        raise InvalidValue(
            "{field}: {value} is no profile that comes along, and can't be read as a file: {why}",
            field=field,
            value=name,
            why=getattr(exc, "strerror", None) or "not UTF-8",
            presets=", ".join(PRESETS),
            remedy="give a file, or one of {presets}",
        ) from exc


@profile.verb("list", Help(text.LIST, text.LIST_TEXT, text.LIST_EXAMPLES))
@pass_session
def list_(session: Session) -> None:
    """List the profiles that come along."""
    found = {name: read_profile(preset(name)).reason for name in PRESETS}
    if session.screen.answered({"profiles": found}):
        return
    for name, reason in found.items():
        session.screen.say(text.ROW, name=name, reason=reason)


@profile.verb("show", Help(text.SHOW, text.SHOW_TEXT, text.SHOW_EXAMPLES))
@argument("name", metavar="FILE|NAME")
@pass_session
def show(session: Session, *, name: str) -> None:
    """Print a profile."""
    source = profile_source(name, "NAME")
    if not session.screen.answered({"name": name, "profile": source}):
        session.screen.script(source.removesuffix("\n"))


@profile.verb("check", Help(text.CHECK, text.CHECK_TEXT, text.CHECK_EXAMPLES))
@argument("name", metavar="FILE|NAME")
@pass_session
def check(session: Session, *, name: str) -> None:
    """Check a profile."""
    found = read_profile(profile_source(name, "NAME"))
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


@profile.verb("diff", Help(text.DIFF, text.DIFF_TEXT, text.DIFF_EXAMPLES))
@argument("first", metavar="FILE|NAME")
@argument("second", metavar="FILE|NAME")
@pass_session
def diff(session: Session, *, first: str, second: str) -> None:
    """Compare what two profiles say."""
    one, other = (read_profile(profile_source(name, "NAME")) for name in (first, second))
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
