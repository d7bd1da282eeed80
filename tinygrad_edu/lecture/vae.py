"""Section 10, a VAE: two numbers that stand for a digit, and backprop through a throw of the dice."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_edu.autodiff.derivatives import grad
from tinygrad_edu.autodiff.recording import no_record
from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.checking.gradient_check import GradientCheck, check_gradient
from tinygrad_edu.drawing import canvas, curves, latent
from tinygrad_edu.drawing.graph import draw
from tinygrad_edu.learning.association import batches, held_out
from tinygrad_edu.learning.course import Course
from tinygrad_edu.learning.optimizer import Adam
from tinygrad_edu.learning.player import Player
from tinygrad_edu.lecture.section import Check, Picture, Results, Section
from tinygrad_edu.network.error import binary_cross_entropy, gaussian_kl
from tinygrad_edu.network.layer import Network
from tinygrad_edu.network.sampling import gaussian

HIDDEN, LATENT, BATCH, epsilon = 128, 2, 64, 0.002
DOTS = 16  # a pixel counts how many of 16 dots are ink
TOO_MUCH = 100  # β of the run that collapses
REACH = 2.5  # the grid over the latent plane goes from -REACH to REACH


def digits(seed: int) -> tuple[tuple[ndarray, ndarray], tuple[ndarray, ndarray]]:
    """((x, digit) to learn, (x, digit) held out): x: (T, 64), the share of each pixel's 16 dots that is ink, digit: (T,)."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return held_out(found.data / DOTS, found.target, 0.25, seed)


def encode(encoder: Network, x: Any) -> tuple[Any, Any]:
    """(mean, log variance) of where in the latent plane x may lie, (T, 2) each."""
    y = encoder(x)
    return y[:, :LATENT], y[:, LATENT:]


def terms(encoder: Network, decoder: Network, x: ndarray, generator: np.random.Generator) -> tuple[Value, Value]:
    """(-ln P(x | z) without the constant of `ways`, KL): the two terms of the ELBO with their signs turned, summed, in nats."""
    mean, log_variance = encode(encoder, x)
    z = gaussian(mean, log_variance, generator)
    return DOTS * binary_cross_entropy(decoder(z), x), gaussian_kl(mean, log_variance)


def ways(x: ndarray) -> float:
    """Σ ln of how many ways there are to put so many dots into each pixel: the part of ln P(x | z) that nothing can change."""
    return float(np.log([math.comb(DOTS, k) for k in range(DOTS + 1)])[np.rint(DOTS * x).astype(int)].sum())


def learn(x: ndarray, test: ndarray, beta: float, passes: int, seed: int, shown: int,
          file: Path | None = None) -> tuple[
        Network, Network, Course]:
    """(encoder, decoder, what happened): E = -ln P(x | z) + β KL, a batch at a time. Keeps `shown` states for the movie."""
    encoder = Network(64, HIDDEN, 2 * LATENT, hidden="tanh", bias=True, seed=seed)
    decoder = Network(LATENT, HIDDEN, 64, hidden="tanh", bias=True, seed=seed + 1)
    ink = np.clip(x.mean(axis=0), 0.01, 0.99)
    decoder.parameters[-1].data = np.log(ink / (1 - ink))  # it starts with the mean of all digits, or z would have to say that
    player = Player("VAE", encoder.parameters + decoder.parameters, Adam(epsilon))

    def step(n: int) -> dict[str, float]:
        generator = np.random.default_rng([seed, n])
        found = np.zeros(2)
        for x_b, _ in batches(x, x, BATCH, seed, n):
            surprise, kl = terms(encoder, decoder, x_b, generator)
            player.step((surprise + beta * kl) / len(x_b))
            found += surprise.item(), kl.item()
        with no_record():
            unseen = [part.item() / len(test) for part in terms(encoder, decoder, test, generator)]
        return dict(zip(("surprise", "KL", "held-out surprise", "held-out KL"), [*found / len(x), *unseen]))

    frames = {round(passes * share**2) for share in np.linspace(0, 1, shown)}  # more of the early ones
    course = Course({"VAE": player}, file, {"beta": beta, "passes": passes, "seed": seed})
    return encoder, decoder, course.learn(step, passes, keep=frames)


def reconstructed(encoder: Network, decoder: Network, x: ndarray) -> ndarray:
    """What comes back of x by way of the middle of where it may lie."""
    return decoded(decoder, encode(encoder, x)[0])


def decoded(decoder: Network, z: Any) -> ndarray:
    """The pictures, (T, 64), that the decoder makes of z: (T, 2)."""
    return 1 / (1 + np.exp(-decoder(z).data))


def monte_carlo(mean: ndarray, log_variance: ndarray, draws: int, seed: int) -> tuple[float, float]:
    """(KL as the mean of ln q(z) - ln p(z) over draws of z from q, its standard error), for one x."""
    generator = np.random.default_rng(seed)
    z = gaussian(np.tile(mean, (draws, 1)), np.tile(log_variance, (draws, 1)), generator)
    found = 0.5 * (z**2 - (z - mean) ** 2 / np.exp(log_variance) - log_variance).sum(axis=1)
    return float(found.mean()), float(found.std(ddof=1) / math.sqrt(draws))


def compute(seed: int, fast: bool, unfinished: Path | None = None) -> Results:
    from sklearn.decomposition import PCA

    passes = 80 if fast else 500
    (x, _), (test, digit) = digits(seed)
    file = lambda name: None if unfinished is None else unfinished / f"{name}.npz"  # noqa: E731
    encoder, decoder, course = learn(x, test, 1, passes, seed, 26, file("vae"))
    flat_encoder, flat_decoder, flat = learn(x, test, TOO_MUCH, passes // 4, seed, 2, file("collapsed"))
    pca = PCA(LATENT).fit(x)
    mean, log_variance = (part.data for part in encode(encoder, test[:1]))
    return {"test": test, "digit": digit, "course": course, "encoder": encoder, "decoder": decoder, "flat": flat,
            "flat pictures": reconstructed(flat_encoder, flat_decoder, test), "pictures": reconstructed(encoder, decoder, test),
            "PCA": pca.inverse_transform(pca.transform(test)), "constant": ways(test) / len(test),
            "flat sigma": np.exp(0.5 * encode(flat_encoder, test)[1].data).mean(),
            "flat mean": float(np.sqrt(np.mean(encode(flat_encoder, test)[0].data ** 2))),
            "frames": _frames(course, encoder, decoder, test),
            "KL": gaussian_kl(mean, log_variance).item(), "drawn KL": monte_carlo(mean, log_variance, 100_000, seed),
            "gradient": _checked(x[:3], seed), "reason": course.reason or flat.reason}


def _checked(x: ndarray, seed: int) -> GradientCheck:
    """Whether the gradient of the whole loss is right, for a small VAE of the same make."""
    encoder = Network(64, 3, 2 * LATENT, hidden="tanh", bias=True, seed=seed)
    decoder = Network(LATENT, 3, 64, hidden="tanh", bias=True, seed=seed + 1)
    parameters = tuple(w.data for w in encoder.parameters + decoder.parameters)
    loss = partial(_loss, encoder, decoder, x, seed)
    return check_gradient(loss, grad(loss, tuple(range(len(parameters)))), parameters)


def _loss(encoder: Network, decoder: Network, x: ndarray, seed: int, *parameters: Any) -> Value:
    """The whole loss as a function of the weights, always with the same noise."""
    n = len(encoder.parameters)
    return sum(terms(encoder.at(parameters[:n]), decoder.at(parameters[n:]), x, np.random.default_rng(seed)))  # type: ignore


def _frames(course: Course, encoder: Network, decoder: Network, test: ndarray) -> dict[int, tuple[ndarray, ndarray]]:
    """{passes: (where the held-out digits lie, the pictures on a grid over the plane)}."""
    n, grid = len(encoder.parameters), latent.grid(REACH)
    found = {}
    for passes in sorted(course.kept):
        weights = [Value(w) for w in course.weights(passes, "VAE")]
        found[passes] = (encode(encoder.at(weights[:n]), test)[0].data, decoded(decoder.at(weights[n:]), grid))
    return found


def elbo(course: Course, constant: float) -> ndarray:
    """The ELBO of a held-out digit after each pass, in nats."""
    return constant - np.array(course.log["held-out surprise"]) - course.log["held-out KL"]


def checks(results: Results) -> list[Check]:
    test, (drawn, error) = results["test"], results["drawn KL"]
    rising = elbo(results["course"], results["constant"])
    ours, pca = (squared_error(results, name) for name in ("pictures", "PCA"))
    collapsed, said = max(results["flat"].log["held-out KL"]), results["course"].log["held-out KL"]
    (first, before), *_, (last, after) = results["frames"].values()
    alike = [of_a_kind(z, results["digit"]) for z in (first, last)]
    blur = results["flat pictures"]
    return [
        Check("squared error of a held-out digit, two numbers each: VAE, PCA", f"< {pca:.2f}", f"{ours:.2f}", holds=ours < pca),
        Check("ELBO of a held-out digit in nats: first pass, last pass", f"> {rising[0] + 50:.0f}",
              f"{rising[-1]:.0f}",
              holds=rising[-1] > rising[0] + 50),
        Check("KL of one digit, in closed form and drawn 100,000 times", drawn, results["KL"], 3 * error),
        Check("gradient of the whole loss, by machine and by differences", "pass", results["gradient"].verdict,
              holds=results["gradient"].passed),
        Check(f"collapse, β = {TOO_MUCH}: KL in nats, the largest after any pass", "< 0.05",
              f"{collapsed:.4f}",
              holds=collapsed < 0.05),
        Check("collapse: m of the digits' places, rms", 0.0, results["flat mean"], 0.2),
        Check("collapse: the decoder draws one picture, largest standard deviation of a pixel "
              "over the digits", 0.0,
              float(blur.std(axis=0).max()), 0.03),
        Check("collapse: that picture against the mean of all digits, rms", 0.0,
              float(np.sqrt(np.mean((blur.mean(axis=0) - test.mean(axis=0)) ** 2))), 0.05),
        Check("collapse: σ of every digit's place, as if none had been seen", 1.0, float(results["flat sigma"]), 0.05),
        Check("β = 1: KL in nats, what two numbers say about a digit", "> 3", f"{said[-1]:.2f}",
              holds=said[-1] > 3),
        Check("β = 1: the KL rises while learning goes on, from the first pass to the last",
              f"> {said[0]:.2f}",
              f"{said[-1]:.2f}", holds=said[-1] > said[0]),
        Check("the plane fills: standard deviation of the digits' places, before learning and in "
              "the end",
              f"> {3 * first.std():.2f}", f"{last.std():.2f}", holds=last.std() > 3 * first.std()),
        Check("like finds like: digits whose nearest neighbour in the plane is the same, before "
              "learning and in the end",
              f"> {2 * alike[0]:.0%}", f"{alike[1]:.0%}", holds=alike[1] > 2 * alike[0]),
        Check("the grid's pictures come to differ: standard deviation of a pixel over the grid, "
              "before learning and in the end",
              f"> {before.std(axis=0).mean():.3f}", f"{after.std(axis=0).mean():.3f}",
              holds=after.std(axis=0).mean() > before.std(axis=0).mean()),
        Check("steps at which E was no number", "none", results["reason"] or "none", holds=not results["reason"]),
    ]


def squared_error(results: Results, name: str) -> float:
    """The squared error of a held-out digit's picture by the VAE ("pictures") or by "PCA", on
    average."""
    return float(((results[name] - results["test"]) ** 2).sum(axis=1).mean())


def of_a_kind(z: ndarray, digit: ndarray) -> float:
    """The share of digits whose nearest neighbour in the plane is the same digit."""
    distance = np.linalg.norm(z[:, None] - z, axis=2)
    np.fill_diagonal(distance, np.inf)
    return float((digit[distance.argmin(axis=1)] == digit).mean())


def figures(results: Results) -> dict[str, Picture]:
    test, digit, course = results["test"], results["digit"], results["course"]
    chosen = [int(np.flatnonzero(digit == d)[0]) for d in range(10)]
    rows = {"held out": test, "VAE": results["pictures"], "PCA": results["PCA"], "collapsed": results["flat pictures"]}
    learning, axes = canvas.figure(1, 2, width=8.6, height=3.6)
    runs = {"β = 1": course.log, f"β = {TOO_MUCH}": results["flat"].log}
    curves.falling(axes[0], {name: np.array(log["held-out surprise"]) - results["constant"] for name, log in runs.items()},
                   "nats for a held-out digit", log=False)
    curves.falling(axes[1], {name: log["held-out KL"] for name, log in runs.items()}, "", log=False)
    for axis, title in zip(axes, ("what the picture still surprises by: −ln P(x | z)", "what is said about it: KL")):
        axis.set_title(title, fontsize=10)
        for line in axis.lines:
            line.set_xdata(np.add(line.get_xdata(), 1))  # the first entry is after one pass
        axis.set(xlabel="passes of learning", ylim=(-0.3 if axis is axes[1] else None, None))
    return {
        "movie": Picture(latent.movie(results["frames"], digit, REACH),
                         "Left: where the held-out digits lie in the latent plane, each shown as itself. Right: what the decoder "
                         "draws for the places of a grid over the same plane. " + _movie(results),
                         "A cloud of small coloured numerals that spreads out and sorts itself, beside a grid of blurred pictures "
                         "that come to differ from each other.", panels=True),
        "reconstructions": Picture(latent.rows({name: pictures[chosen] for name, pictures in rows.items()}),
                                   "Held-out digits, and what comes back of them by way of "
                                   f"{LATENT} numbers. The squared error of a digit is "
                                   f"{squared_error(results, 'pictures'):.2f} on average with the "
                                   f"VAE, and {squared_error(results, 'PCA'):.2f} with PCA, the "
                                   "best that straight lines can do. The collapsed VAE draws the "
                                   "mean of all digits, whatever it is shown.",
                                   f"{len(rows)} rows of {len(chosen)} small pictures: digits, the "
                                   f"VAE's and PCA's pictures of them, and {len(chosen)} times the "
                                   "same blur."),
        "elbo": Picture(learning, _elbo(results),
                        f"On the left −ln P(x | z), on the right the KL. {_kl(results)}",
                        panels=True),
        "graph": Picture(draw(_one_sample()), "One reparameterised sample. The gradient passes from z to the mean and to ln σ². "
                                              "The noise is a constant that comes in from the side, and no gradient goes there.",
                         "The graph of z = mean + σ noise: mean and log variance have gradients, the noise has none.", wide=True),
    }


def _movie(results: Results) -> str:
    (first, _), *_, (last, _) = results["frames"].values()
    alike = [of_a_kind(z, results["digit"]) for z in (first, last)]
    return (f"At first the digits lie near the middle (standard deviation {first.std():.2f}). Then "
            f"the plane fills ({last.std():.2f}), and like finds its like: {alike[1]:.0%} of the "
            f"digits have one of their kind for a nearest neighbour, after {alike[0]:.0%}. Between "
            "two kinds of digit the pictures pass from one into the other.")


def _kl(results: Results) -> str:
    kl, flat = (results[name].log["held-out KL"] for name in ("course", "flat"))
    return (f"With β = 1 the KL goes from {kl[0]:.1f} nats after the first pass to {kl[-1]:.1f} "
            f"after the last; with β = {TOO_MUCH} it is {flat[0]:.2g} after the first pass and "
            f"{flat[-1]:.2g} after the last.")


def _elbo(results: Results) -> str:
    return (f"The two terms of the ELBO of a held-out digit. {_kl(results)} With β = 1 more and "
            f"more is said about each digit, because it pays. With β = {TOO_MUCH} it does not pay: "
            "a KL near 0 is the sign of posterior collapse.")


def _one_sample() -> Value:
    mean, log_variance = Value(0.4, name="mean"), Value(-1.0, name="ln σ²")
    z = gaussian(mean, log_variance, np.random.default_rng(0))
    z.name = "z"
    E = 0.5 * (z - 1.0) ** 2
    E.backward()
    return E


def steps(results: Results) -> tuple[Value, str]:
    x = np.array([[0.0, 0.5, 1.0]])
    encoder, decoder = Network(3, 2, 2, hidden="tanh", seed=1), Network(1, 2, 3, hidden="tanh", seed=2)
    y = encoder(x)
    mean, log_variance = y[:, :1], y[:, 1:]
    z = gaussian(mean, log_variance, np.random.default_rng(0))
    return binary_cross_entropy(decoder(z), x) + gaussian_kl(mean, log_variance), (
        "a VAE of three pixels and one latent number; watch δ go through z to the mean and to ln σ², and not to the noise")


SECTION = Section(
    name="vae", title="A VAE: a map of the digits",
    text="An encoder says for each picture where it lies in a plane: a mean, and how sure it is, σ. A place z is drawn from there, "
         "and a decoder draws the picture that belongs to z. Both learn together: the picture that comes back should be likely "
         "(a pixel counts dots, so this is a binomial distribution), and where digits lie should not be told more exactly than it "
         "is worth (the KL term). Backprop carries δ through the decoder to z, and on to the encoder.",
    equations=(("", r"\mathrm{ELBO} = \mathbb{E}_z [\ln P(x \mid z)] - \mathrm{KL}, \quad "
                    r"E = - \ln P(x \mid z) + \beta \, \mathrm{KL}"),
               ("", r"z = m + \sigma\, n, \quad n \sim N(0, 1) \quad \Rightarrow \quad \frac{\partial z}{\partial m} = 1, \quad "
                    r"\frac{\partial z}{\partial \sigma} = n"),
               ("", r"\mathrm{KL} = \tfrac{1}{2} \sum (m^2 + \sigma^2 - 1 - \ln \sigma^2)")),
    look_for="A throw of the dice has no slope. Written as m + σ n, with the dice n thrown "
             "outside, it has: δ of z is δ of m, and n times it is that of σ. In the movie, see "
             "the plane fill and digits appear in the grid.",
    aside="The slides ask for a movie of a VAE in their to-do line and say no more; all of this "
          f"section is ours. How it fails: if the KL term weighs too much (β = {TOO_MUCH}), to say "
          "nothing is cheapest. Then m is near 0 and σ near 1 for every digit, the decoder draws "
          "the mean of them all, and the KL is near 0: posterior collapse. E alone does not show "
          "it. Its two terms do.",
    compute=compute, checks=checks, figures=figures, steps=steps, code=(terms, encode, gaussian, gaussian_kl),
    resumes=True,
)
