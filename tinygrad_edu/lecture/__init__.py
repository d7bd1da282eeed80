"""The lecture, section by section; a new section is one file and one line here."""

from __future__ import annotations

from tinygrad_edu.lecture import (
    backprop,
    deep,
    early_stopping,
    fitting,
    four_by_four,
    minima,
    one_weight,
    photographs,
    two_weights,
)
from tinygrad_edu.lecture.section import Check, Picture, Section

SECTIONS: tuple[Section, ...] = (
    one_weight.SECTION,
    two_weights.SECTION,
    four_by_four.SECTION,
    photographs.SECTION,
    backprop.SECTION,
    deep.SECTION,
    minima.SECTION,
    fitting.SECTION,
    early_stopping.SECTION,
)

__all__ = ["SECTIONS", "Check", "Picture", "Section"]
