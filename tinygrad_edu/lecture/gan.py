"""Section 11, a GAN: two networks with opposite aims; one learns to tell, the other to be taken for real."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.derivatives import grad
from tinygrad_edu.autodiff.operations import softplus
from tinygrad_edu.autodiff.recording import no_record
from tinygrad_edu.autodiff.value import Value, plain
from tinygrad_edu.drawing import canvas, curves, latent, ring
from tinygrad_edu.learning.course import Course
from tinygrad_edu.learning.optimizer import Adam
from tinygrad_edu.learning.player import Player
from tinygrad_edu.lecture.section import Check, Picture, Results, Section
from tinygrad_edu.network.error import binary_cross_entropy
from tinygrad_edu.network.layer import Network

MODES, RADIUS, SPREAD = 8, 2.0, 0.1  # Gaussians on the ring, and their standard deviation
LATENT, BATCH, epsilon = 2, 128, 0.003
PENALTY = 0.01  # γ of the gradient penalty
AHEAD = 10  # steps of the generator for one of the discriminator, in the run that collapses
SHOWN = 28  # moments of a game that are kept for the movie
OVER = 50  # steps that E is averaged over where it is drawn
Real = Callable[[int, np.random.Generator], ndarray]


def modes() -> ndarray:
    """The middles of the Gaussians, (MODES, 2)."""
    angle = 2 * np.pi * np.arange(MODES) / MODES
    return RADIUS * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def from_ring(size: int, generator: np.random.Generator) -> ndarray:
    """Real points, (size, 2)."""
    return modes()[generator.integers(MODES, size=size)] + generator.normal(scale=SPREAD, size=(size, 2))


def discriminator_error(D: Network, real: ndarray, fake: Any, penalty: float) -> Value:
    """How badly D tells real from fake, and ½ γ |∂u/∂x|² at the real ones: where all is real, D's surface should be level, or the
    generator is chased past what it should find (Mescheder, Geiger and Nowozin 2018). The penalty is a gradient of a gradient."""
    E = (softplus(-D(real)).sum() + softplus(D(fake)).sum()) / len(real)
    if penalty:
        slope = grad(lambda x: D(x).sum())(Value(real))
        E = E + 0.5 * penalty * (slope**2).sum() / len(real)
    return E


def generator_error(G: Network, D: Network, z: ndarray) -> Value:
    """How seldom D takes for real what G makes: -ln y, and not ln(1 - y), whose slope is nearly 0 while D sees through it all
    (Goodfellow et al. 2014). δ comes back through the whole of D."""
    return softplus(-D(G(z))).sum() / len(z)


def play(G: Network, D: Network, real: Real, steps: int, seed: int, penalty: float = PENALTY,
         ahead: int = 1, shown: int = SHOWN,
         file: Path | None = None) -> Course:
    """In turns, each on its own weights alone; with steps that grow shorter, so that the two come to rest."""
    generator, discriminator = (Player(name, network.parameters, Adam(epsilon, beta_1=0.5, beta_2=0.99))
                                for name, network in (("generator", G), ("discriminator", D)))
    I = G.layers[0].w.shape[0]

    def step(n: int) -> dict[str, float]:
        chance, pace = np.random.default_rng([seed, n]), 1 - n / steps
        with no_record():
            fake = plain(G(chance.normal(size=(BATCH, I))))
        E_D = discriminator.step(discriminator_error(D, real(BATCH, chance), fake, penalty), pace)
        for _ in range(ahead):
            E_G = generator.step(generator_error(G, D, chance.normal(size=(BATCH, I))), pace)
        return {"generator": E_G, "discriminator": E_D}

    course = Course({"generator": generator, "discriminator": discriminator}, file,
                    {"seed": seed, "steps": steps, "sizes": [repr(G), repr(D)], "penalty": penalty, "ahead": ahead})
    return course.learn(step, steps, keep=set(np.linspace(0, steps, shown).round().astype(int).tolist()))


def made(G: Network, numbers: Any, size: int, seed: int) -> ndarray:
    """What the generator makes with these weights, (size, ...), always from the same z."""
    z = np.random.default_rng(seed).normal(size=(size, G.layers[0].w.shape[0]))
    return G.at([Value(w) for w in numbers])(z).data


def found(points: ndarray) -> tuple[int, float]:
    """(how many modes have a quarter of their share or more, the share of points within 3 standard deviations of a mode)."""
    distance = np.linalg.norm(points[:, None] - modes(), axis=2)
    near = distance.min(axis=1) < 3 * SPREAD
    count = np.bincount(distance.argmin(axis=1)[near], minlength=MODES)
    return int((count >= len(points) / MODES / 4).sum()), float(near.mean())


def on_ring(seed: int, steps: int, file: Path | None = None, **options: Any) -> tuple[Network, Network, Course]:
    G = Network(LATENT, 64, 64, 2, hidden="tanh", bias=True, seed=seed)
    D = Network(2, 64, 64, 1, hidden="tanh", bias=True, seed=seed + 1000)
    return G, D, play(G, D, from_ring, steps, seed, file=file, **options)


def on_digits(seed: int, steps: int, file: Path | None = None) -> tuple[Network, Course]:
    from sklearn.datasets import load_digits

    digits = load_digits().data / 16
    G = Network(16, 128, 64, hidden="tanh", output="sigmoid", bias=True, seed=seed)
    D = Network(64, 128, 1, hidden="tanh", bias=True, seed=seed + 1000)
    return G, play(G, D, lambda size, chance: digits[chance.integers(len(digits), size=size)], steps, seed, penalty=1.0, shown=6,
                   file=file)


def compute(seed: int, fast: bool, unfinished: Path | None = None) -> Results:
    file = lambda name: None if unfinished is None else unfinished / f"{name}.npz"  # noqa: E731
    G, D, course = on_ring(seed, 1200 if fast else 4000, file("ring"))
    G_hasty, D_hasty, hasty = on_ring(seed, 200 if fast else 500, file("hasty"), penalty=0.0, ahead=AHEAD)
    G_digits, digits = on_digits(seed, 300 if fast else 4000, file("digits"))
    return {"fast": fast, "ring": (G, D, course), "hasty": (G_hasty, D_hasty, hasty),
            "made": made(G, [w.output for w in G.parameters], 2000, seed),
            "digits": {n: made(G_digits, digits.weights(n, "generator"), 10, seed) for n in sorted(digits.kept)},
            "real": from_ring(400, np.random.default_rng(seed)), "reason": course.reason or hasty.reason or digits.reason,
            "hasty found": [found(made(G_hasty, hasty.weights(n, "generator"), 500, seed))[0] for n in hasty.kept],
            "hasty middles": [made(G_hasty, hasty.weights(n, "generator"), 500, seed).mean(axis=0)
                              for n in hasty.kept],
            "told apart": told_apart(G, D, seed),
            "nearest": _nearest_digits(digits, G_digits, seed),
            "leak": leaks(G, D, seed)}


def told_apart(G: Network, D: Network, seed: int) -> float:
    """How far from ½, on average, the discriminator's answers to real points are in the end."""
    with no_record():
        u = plain(D(from_ring(2000, np.random.default_rng(seed))))
    return float(np.abs(1 / (1 + np.exp(-u)) - 0.5).mean())


def _nearest_digits(course: Course, G: Network, seed: int) -> tuple[float, float, float]:
    """How far the nearest real digit is, on average: (from what is made before learning, in the
    end, from a real digit)."""
    from sklearn.datasets import load_digits

    real = load_digits().data / 16
    before, after = (made(G, course.weights(n, "generator"), 100, seed)
                     for n in (min(course.kept), max(course.kept)))
    some = np.random.default_rng(seed).choice(len(real), 100, replace=False)
    return nearest(before, real), nearest(after, real), nearest(real[some],
                                                                np.delete(real, some, axis=0))


def nearest(points: ndarray, among: ndarray) -> float:
    """How far the nearest of some points is, on average."""
    distance = np.linalg.norm(points[:, None] - among, axis=2)
    return float(distance.min(axis=1).mean())


def leaks(G: Network, D: Network, seed: int) -> int:
    """How many weights and gradients of the other player a step changes: none, or the two would not be opponents."""
    G, D = (network.at([Value(w.output) for w in network.parameters]) for network in (G, D))
    chance, changed = np.random.default_rng(seed), 0
    z, real = chance.normal(size=(BATCH, LATENT)), from_ring(BATCH, chance)
    for mine, other, error in ((G, D, partial(generator_error, G, D, z)),
                               (D, G, lambda: discriminator_error(D, real, G(z), PENALTY))):
        before = [w.output for w in other.parameters]
        Player("one", mine.parameters, Adam(epsilon)).step(error())
        changed += sum(w.output is not was or w.grad is not None for w, was in zip(other.parameters, before))
    return changed


def checks(results: Results) -> list[Check]:
    count, share = found(results["made"])
    least = 0.75 if results["fast"] else 0.9
    E_D, E_G = late(results)
    before, after, _ = results["nearest"]
    smoothed = {name: _smooth(E).min() for name, E in results["ring"][2].log.items()}
    return [
        Check(f"modes found, of {MODES}", "≥ 7", str(count), holds=count >= 7),
        Check("points within three standard deviations of a mode", f"≥ {least:.0%}", f"{share:.1%}", holds=share >= least),
        Check("a draw: the discriminator's E, late, against that of a coin, 2 ln 2",
              f"> {1.9 * math.log(2):.2f}", f"{E_D:.2f}",
              holds=1.9 * math.log(2) < E_D),
        Check("a draw: the generator's E, late, against ln 2", math.log(2), E_G, 0.1),
        Check(f"neither player's E falls to 0, the least means over {OVER} steps ÷ ln 2", "> 0.5",
              ", ".join(f"{low / math.log(2):.2f}" for low in smoothed.values()),
              holds=min(smoothed.values()) > 0.5 * math.log(2)),
        Check("nothing left to tell: how far the discriminator's answers to real points are from "
              "½, on average", 0.0,
              results["told apart"], 0.05),
        Check("digits: distance of a sample to the nearest real digit, before learning and in the "
              "end", f"< {0.6 * before:.2f}",
              f"{after:.2f}", holds=after < 0.6 * before),
        Check(f"{AHEAD} steps of the generator for one: most modes at once", "≤ 4", str(max(results["hasty found"])),
              holds=max(results["hasty found"]) <= 4),
        Check(f"{AHEAD} steps of the generator for one: how far the middle of its points moves "
              "between pictures of the movie",
              "> 0.5", f"{jump(results):.1f}", holds=jump(results) > 0.5),
        Check("weights and gradients of the other player that a step changes", 0, results["leak"]),
        Check("steps at which E was no number", "none", results["reason"] or "none", holds=not results["reason"]),
    ]


def late(results: Results) -> tuple[float, float]:
    """(the discriminator's E, the generator's), on average over the second half of the steps."""
    log = results["ring"][2].log
    E_D, E_G = (float(np.mean(log[name][len(log[name]) // 2 :]))
                for name in ("discriminator", "generator"))
    return E_D, E_G


def jump(results: Results) -> float:
    """How far the middle of the hasty generator's points moves from one picture of the movie to the
    next, on average."""
    return float(np.linalg.norm(np.diff(results["hasty middles"], axis=0), axis=1).mean())


def figures(results: Results) -> dict[str, Picture]:
    frames = {title: _frames(*results[name]) for title, name in (("in turns, with the penalty", "ring"),
                                                                 (f"{AHEAD} steps of the generator for one", "hasty"))}
    learning, axis = canvas.figure(height=3.4)
    E = results["ring"][2].log
    curves.falling(axis, {name: _smooth(E[name]).tolist() for name in ("discriminator", "generator")}, log=False)
    for line in axis.lines:
        line.set_xdata(np.add(line.get_xdata(), OVER))  # the first mean is over steps 1 to OVER
    for level in (2 * math.log(2), math.log(2)):
        axis.axhline(level, color=canvas.GREY, lw=1, zorder=0)
    axis.set_xlabel("steps")
    digits = results["digits"]
    return {
        "movie": Picture(ring.movie(results["real"], frames),
                         f"{MODES} clusters of real points (grey), what the generator makes "
                         "(dots), and where the discriminator says “real” (orange) or “made” "
                         "(violet). " + _movie(results),
                         f"Two panels with {MODES} grey clusters on a ring. On the left dots "
                         f"spread to {found(results['made'])[0]} of them; on the right they reach "
                         f"{max(results['hasty found'])} at most, and move about.", panels=True),
        "learning": Picture(learning, "E of the two players (means over {} steps). Neither falls "
                                      "to 0, as neither wins: over the second half of the steps "
                                      "the discriminator's is {:.2f} and the generator's {:.2f}. "
                                      "Grey lines show a discriminator that can only guess, 2 ln 2 "
                                      "= {:.2f}, and its generator, ln 2 = {:.2f}.".format(
                                          OVER, *late(results), 2 * math.log(2), math.log(2)),
                            "Two wavy lines that settle near two grey levels."),
        "digits": Picture(latent.rows({f"after {n}": pictures for n, pictures in digits.items()}),
                          _digits(results),
                          f"{len(digits)} rows of small pictures, from grey noise at the top to "
                          "shapes that are nearer to digits."),
    }


def _movie(results: Results) -> str:
    most = max(results["hasty found"])
    return (f"Left: the points spread to {found(results['made'])[0]} of the {MODES} clusters, and "
            "there the colours are faint in the end: the discriminator's answer to a real point is "
            f"{results['told apart']:.2f} from ½ on average, so there is next to nothing left to "
            "tell. Right: the generator runs ahead to where the discriminator was fooled last. At "
            f"no moment of the movie does it have points at more than {most} of the clusters, and "
            f"the middle of its points moves by {jump(results):.1f} from one moment to the next, "
            "on average: mode collapse.")


def _digits(results: Results) -> str:
    samples = next(iter(results["digits"].values()))
    side = math.isqrt(samples.shape[1])
    return (f"The same game with digits of {side} × {side} pixels: {len(samples)} samples from the "
            f"same {len(samples)} z, while the two learn. The nearest real digit is "
            "{:.1f} away on average before learning and {:.1f} in the end; from a real digit it is "
            "{:.1f}.".format(*results["nearest"]))


def _smooth(E: list[float], over: int = OVER) -> ndarray:
    return np.convolve(E, np.ones(over) / over, mode="valid")


def _frames(G: Network, D: Network, course: Course) -> dict[int, tuple[ndarray, ndarray]]:
    """{step: (points that the generator makes, (300, 2); what the discriminator says over the plane, 0 to 1)}."""
    plane = ring.plane()
    return {n: (made(G, course.weights(n, "generator"), 300, 0),
                1 / (1 + np.exp(-plain(D.at(course.weights(n, "discriminator"))(plane))[:, 0]))) for n in sorted(course.kept)}


def steps(results: Results) -> tuple[Value, str]:
    G, D = Network(1, 2, 2, hidden="tanh", seed=1), Network(2, 2, 1, hidden="tanh", seed=2)
    return binary_cross_entropy(D(G([[0.5]])), [[1.0]]), (
        "the generator's error for one z: δ comes back through the discriminator, which only lends its weights")


SECTION = Section(
    name="gan", title="A GAN: two players",
    text="A generator makes points from chance, and a discriminator says how likely each is a real one. The discriminator's E is "
         "small if it tells them apart; the generator's, if it is taken in. Backprop carries the generator's δ through the whole "
         "discriminator: it learns not from examples but from what gives it away.",
    equations=(("", r"E_D = - \frac{1}{T} \sum_t \left( \ln y(x_t) + \ln (1 - y(G(z_t))) \right) + "
                    r"\frac{\gamma}{2 T} \sum_t \left| \frac{\partial u}{\partial x_t} \right|^2"),
               ("", r"E_G = - \frac{1}{T} \sum_t \ln y(G(z_t))"),
               ("3",
                r"\delta_t = \tfrac{1}{T} (y_t - \mathrm{target}), \quad "
                r"\mathrm{target} = 1 \ \text{in } E_G, \ "
                     r"0 \ \text{in } E_D")),
    look_for="The same y, of a point that was made, has two δ: (y − 0) / T when the discriminator "
             "learns, (y − 1) / T when the generator does. (The penalty looks at real points "
             "only.) Each step changes one player's weights only. In the movie, the colours become "
             "faint where the generator has become right.",
    aside="The slides ask for a movie of a GAN in their to-do line and say no more; all of this "
          f"section is ours. How it fails: a generator that makes {AHEAD} steps for each one of "
          "the discriminator's sends its points to where that was fooled last. Then the "
          "discriminator learns that place, and the points move on. E says little about it; "
          "counting the modes does.",
    compute=compute, checks=checks, figures=figures, steps=steps, code=(discriminator_error, generator_error, Player.step),
    resumes=True,
)
