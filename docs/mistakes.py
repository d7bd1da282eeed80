"""Writes docs/mistakes.md, the mistakes that `diagnose` knows and how often each was named: `python -m docs.mistakes`, a minute."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.checking.test_diagnosis import NETWORKS, derivation
from tinygrad_edu.checking.diagnosis import diagnose
from tinygrad_edu.checking.mistakes import MISTAKES

PAGE = Path(__file__).with_name("mistakes.md")
SEEDS = 50
HEAD = """# The mistakes that `diagnose` knows

Written by `docs/mistakes.py`, which made each of them with {points} networks ({seeds} seeds each of {networks}),
wherever it can be made, and asked what it was: {cases:,} cases. *alone*: it was named, and nothing else. *among*: several mistakes
came to the same gradient and it was named as one of them, with a point that tells them apart, where there is one. *wrong*: another
one was named. Altogether {alone:.1%}, {among:.1%} and {wrong:.1%}.

| mistake | what is said | eq. | cases | alone | among | wrong |
|---|---|---|---:|---:|---:|---:|
"""


def counted() -> dict[str, Counter[str]]:
    """How each mistake was named."""
    found: dict[str, Counter[str]] = {mistake.name: Counter() for mistake in MISTAKES}
    for name in NETWORKS:
        for seed in range(SEEDS):
            point = derivation(name, seed)
            for mistake in MISTAKES:
                claim = mistake.gradient(point)
                if claim is not None:
                    names = diagnose(claim, point).mistakes
                    found[mistake.name]["alone" if names == (mistake.name,) else "among" if mistake.name in names else "wrong"] += 1
    return found


def page(found: dict[str, Counter[str]]) -> str:
    total = sum(found.values(), Counter())
    cases = sum(total.values())
    head = HEAD.format(points=len(NETWORKS) * SEEDS, networks=", ".join(NETWORKS), seeds=SEEDS, cases=cases,
                       **{kind: total[kind] / cases for kind in ("alone", "among", "wrong")})
    return head + "".join(row(mistake, found[mistake.name]) for mistake in MISTAKES)


def row(mistake, counts: Counter[str]) -> str:
    numbers = [sum(counts.values()), counts["alone"], counts["among"], counts["wrong"]]
    return f"| {mistake.name} | {mistake.sentence} | {mistake.slide} | {' | '.join(map(str, numbers))} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(counted()), encoding="utf-8")
