"""The lecture, section by section; a new section is one file and one line here."""

from __future__ import annotations

from tinygrad_edu.lecture.backprop import SECTION as backprop
from tinygrad_edu.lecture.four_by_four import SECTION as four_by_four
from tinygrad_edu.lecture.one_weight import SECTION as one_weight
from tinygrad_edu.lecture.photographs import SECTION as photographs
from tinygrad_edu.lecture.section import Check, Picture, Section
from tinygrad_edu.lecture.two_weights import SECTION as two_weights

SECTIONS: tuple[Section, ...] = (one_weight, two_weights, four_by_four, photographs, backprop)

__all__ = ["SECTIONS", "Check", "Picture", "Section"]
