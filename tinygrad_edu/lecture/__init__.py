"""The lecture, section by section; a new section is one file and one line here."""

from __future__ import annotations

from tinygrad_edu.lecture import (
    backprop,
    deep,
    early_stopping,
    fitting,
    four_by_four,
    gan,
    minima,
    one_weight,
    photographs,
    pole_balancing,
    reinforcement,
    two_weights,
    vae,
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
    vae.SECTION,
    gan.SECTION,
    pole_balancing.SECTION,
    reinforcement.SECTION,
)

__all__ = ["SECTIONS", "Check", "Picture", "Section"]
