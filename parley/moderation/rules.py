"""The rules of the site: adding, editing, ordering and removing them."""

from collections.abc import Mapping

import msgspec

from parley.identity.staff import Permission, require_staff
from parley.identity.viewer import Viewer
from parley.kit import clock, ids
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import AccountId
from parley.kit.languages import LANGUAGES
from parley.moderation import site_queries as queries
from parley.moderation.audit import note_act
from parley.moderation.models import Rule, RuleTranslation
from parley.moderation.site_news import note_site_changed

TEXT_LENGTH_MAX = 300
HINT_LENGTH_MAX = 2000
_BUCKET = 0


class RuleForm(msgspec.Struct, frozen=True):
    """As typed. `place` is where it stands among the others, from 1 on; nought is the end."""

    text: str = ""
    hint: str = ""
    translations: Mapping[str, RuleTranslation] = {}
    place: int = 0


def staff_for_rules(viewer: Viewer) -> AccountId:
    return require_staff(viewer, Permission.MANAGE_RULES)


async def rules(conn: Connection) -> list[Rule]:
    return await queries.rules(conn)


async def rules_by_ids(conn: Connection, ids: list[int]) -> dict[int, Rule]:
    """Also those that were removed since, as reports name them."""
    return {each.id: each for each in await queries.rules_by_ids(conn, ids)} if ids else {}


async def add_rule(conn: Connection, staff_id: AccountId | None, form: RuleForm) -> Rule:
    """`staff_id` is None for the operator at the command line; doors ask staff_for_rules first."""
    present = await queries.rules(conn)
    if len(present) >= queries.RULES_MAX:
        raise Invalid(f"Validation failed: There are {queries.RULES_MAX} rules already")
    rule = _with_form(Rule(ids.new_id_in_bucket(_BUCKET), 0, "", "", {}, clock.now(), None), form)
    await _put_in_place(conn, present, rule, form.place)
    await _note(conn, staff_id, "create", rule)
    return rule


async def edit_rule(conn: Connection, staff_id: AccountId | None, rule_id: int, form: RuleForm) -> Rule:
    rule = _with_form(await require_rule(conn, rule_id), form)
    others = [each for each in await queries.rules(conn) if each.id != rule_id]
    await _put_in_place(conn, others, rule, form.place)
    await _note(conn, staff_id, "update", rule)
    return rule


async def remove_rule(conn: Connection, staff_id: AccountId | None, rule_id: int) -> None:
    rule = await require_rule(conn, rule_id)
    await queries.put_rule(conn, msgspec.structs.replace(rule, removed_at=clock.now()))
    await _note(conn, staff_id, "destroy", rule)


async def require_rule(conn: Connection, rule_id: int) -> Rule:
    rule = await queries.find_rule(conn, rule_id)
    if rule is None:
        raise NotFound
    return rule


async def _put_in_place(conn: Connection, others: list[Rule], rule: Rule, place: int) -> None:
    """Numbers all of them anew, from 1 on, so that no two have one place."""
    at = len(others) if place < 1 else min(place - 1, len(others))
    for number, each in enumerate([*others[:at], rule, *others[at:]], 1):
        if each.place != number or each is rule:
            await queries.put_rule(conn, msgspec.structs.replace(each, place=number))


def _with_form(rule: Rule, form: RuleForm) -> Rule:
    text, hint = form.text.strip(), form.hint.strip()
    _refuse_texts(text, hint)
    for code, translation in form.translations.items():
        if code not in LANGUAGES:
            raise Invalid("Validation failed: Translations hold an unknown language")
        _refuse_texts(translation.text, translation.hint)
    return msgspec.structs.replace(rule, text=text, hint=hint, translations=dict(form.translations))


def _refuse_texts(text: str, hint: str) -> None:
    if not text:
        raise Invalid(
            "Validation failed: Text can't be blank", details={"text": [("ERR_BLANK", "can't be blank")]}
        )
    if len(text) > TEXT_LENGTH_MAX:
        sentence = f"is too long (maximum is {TEXT_LENGTH_MAX} characters)"
        raise Invalid(f"Validation failed: Text {sentence}", details={"text": [("ERR_TOO_LONG", sentence)]})
    if len(hint) > HINT_LENGTH_MAX:
        sentence = f"is too long (maximum is {HINT_LENGTH_MAX} characters)"
        raise Invalid(f"Validation failed: Hint {sentence}", details={"hint": [("ERR_TOO_LONG", sentence)]})


async def _note(conn: Connection, staff_id: AccountId | None, action: str, rule: Rule) -> None:
    await note_act(conn, staff_id, f"rule.{action}", "rule", rule.text, target_id=rule.id)
    await note_site_changed(conn, staff_id)
