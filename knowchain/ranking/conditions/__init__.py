"""Conditions of a profile: a small, closed subset of the Common Expression Language.

Source: docs/spec/ranking.md, section 5; the language definition of CEL for grammar and meaning.
"""

from knowchain.ranking.conditions.condition import Condition, compile_condition
from knowchain.ranking.conditions.masks import Coded

__all__ = ["Coded", "Condition", "compile_condition"]
