"""The outcomes page as sections: each with its figure in words, what counts, what is missing, its picture and table.

The page, the PDF, the CSV and the pictures are made from the same sections, so that none says another number.
"""

from __future__ import annotations

from outcomes.sections.coming import ComingSections
from outcomes.sections.given import GivenSections
from outcomes.sections.parts import Cell, Links, Said, Section, Table
from outcomes.sections.response import ResponseSections
from outcomes.sections.survival import SurvivalSections

__all__ = ["Cell", "Links", "Said", "Section", "Sections", "Table"]


class Sections(ResponseSections, SurvivalSections, ComingSections, GivenSections):
    """The sections of a scope, made from its figures."""

    def all(self) -> list[Section]:
        return [
            self.changes(),
            self.wear_off(),
            self.retention(),
            self.on_time(),
            self.lapses(),
            self.doses(),
            self.events(),
            self.units(),
            self.providers(),
        ]
