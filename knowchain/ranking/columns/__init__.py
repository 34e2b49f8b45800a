"""Columns: what ranking knows of records, as arrays that grow record by record."""

from knowchain.ranking.columns.growing import Column, Groups, Index
from knowchain.ranking.columns.said import Heard, Said, Slots
from knowchain.ranking.columns.works import DROPS, Columns

__all__ = ["DROPS", "Column", "Columns", "Groups", "Heard", "Index", "Said", "Slots"]
