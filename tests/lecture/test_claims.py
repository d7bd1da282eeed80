"""A claim in the lecture is a check that fails where it does not hold, or follows the results."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tinygrad_edu.lecture import SECTIONS, photographs

BY_NAME = {section.name: section for section in SECTIONS}


def rms(x):
    return float(np.sqrt(np.mean(np.square(x))))


def changed(r, **parts):
    """The results with some of them changed; _ in a name stands for a blank."""
    return r | {name.replace("_", " "): value for name, value in parts.items()}


def run(r, name, **parts):
    return changed(r, **{name: replace(r[name.replace("_", " ")], **parts)})


def weights_of(history, order):
    return [history.weights[i] for i in order]


def zigzag(r):
    away = [0.25 + abs(w - 0.25) for w in r["runs"][2.5].weights]
    return changed(r, runs=r["runs"] | {2.5: replace(r["runs"][2.5], weights=away)})


def with_log(r, name, place, log_):
    parts = list(r[name]) if place is not None else [r[name]]
    parts[place or 0] = SimpleNamespace(log=log_, reason="")
    return changed(r, **{name: tuple(parts) if place is not None else parts[0]})


def early_and_late(r):
    usual = r["usual units"]
    return changed(r, usual_units=dict(zip(usual, reversed(usual.values()))))


def answers_at_5(r):
    weights = list(r["usual"].weights)
    weights[r["usual"].kept.index(5)] = weights[-1]
    return run(r, "usual", weights=weights)


def gradients(r):
    atlas = {seed: h if h.E[-1] < 0.02 else replace(h, gradient_norm=[1e-9])
             for seed, h in r["atlas"].items()}
    return changed(r, atlas=atlas)


def with_kl(r, name, change):
    kl = r[name].log["held-out KL"]
    return changed(r, **{name: SimpleNamespace(log=r[name].log | {"held-out KL": change(kl)})})


def shuffled_plane(r):
    *first, last = r["frames"]
    z, grid = r["frames"][last]
    mixed = z[np.random.default_rng(0).permutation(len(z))]
    return changed(r, frames={n: r["frames"][n] for n in first} | {last: (mixed, grid)})


def one_minimum_twice(r):
    ways = [*r["ways"], r["ways"][0] + 1e-2]
    return changed(r, ways=ways)


def swapped(r, name):
    first, last = r[name]
    return changed(r, **{name: {first: r[name][last], last: r[name][first]}})


# (section, what it says, the check that this rests on, results from which the check has to fail)
SLOW = {"minima", "reinforcement", "gan"}  # whose results take a worker ten seconds
CLAIMS = [
    ("one-weight", "difference between its slope and the tangent's halves",
     "Δw is halved: the difference of the slopes",
     lambda r: changed(r, chords=dict.fromkeys(r["chords"], r["slope"] + 0.3))),
    ("one-weight", "which is drawn, quarters", "Δw is halved: the distance drawn",
     lambda r: changed(r, chords=dict.fromkeys(r["chords"], r["slope"] + 0.3))),
    ("one-weight", "It is positive, so E falls to the left", "the slope at the start is positive",
     lambda r: changed(r, slope=-0.1)),
    ("one-weight", "it zig-zags", "ε = 2.5, from 1/λ to 2/λ", zigzag),
    ("two-weights", "not towards the lowest point", "−∇E at the start against the straight way",
     lambda r: changed(r, machine=-(r["solution"] - [-0.8, -1.6]))),
    ("two-weights", "the gradient shrinks on the way down",
     "steps that are not shorter than the one before",
     lambda r: run(r, "run", weights=r["run"].weights[::-1])),
    ("four-by-four", "the same bits", "weights that differ",
     lambda r: changed(r, four=np.nextafter(r["four"], 9))),
    ("four-by-four", "until they settle", "the weights settle",
     lambda r: run(r, "history", weights=weights_of(r["history"], (0, 1)))),
    ("photographs", "content addressable", "a noisy cue recalls the clean picture",
     lambda r: changed(r, recalls=r["cues"])),
    ("photographs", "slightly fainter pictures",
     "with weight decay the pictures are slightly fainter",
     lambda r: changed(r, fading=[*r["fading"][:-1], 0.5 * r["x"]])),
    ("photographs", "A line that falls at each pass", "passes from W = 0 at which E did not fall",
     lambda r: run(r, "history", E=r["history"].E[::-1])),
    ("photographs", "whole but faint", "blanked: amplitude",
     lambda r: changed(r, completed=r["x"])),
    ("backprop", "orders of magnitude", "E falls by orders of magnitude",
     lambda r: run(r, "history", E=[1.0, *r["history"].E[:-1], 0.5])),
    ("backprop", "Without hidden units it stays near ½", "without hidden units",
     lambda r: run(r, "linear", E=[0.1])),
    ("backprop", "the slope is nearly 0", "far from the middle the slope",
     lambda r: changed(r, slopes=np.full(25, 0.25))),
    ("deep", "as less and less is wrong",
     "δ of the output units, over all digits, is smaller in the end", early_and_late),
    ("deep", "answers the same to every digit", "differences of the answers after 5 passes",
     answers_at_5),
    ("deep", "hardly learns at first", "passes until δ of the first hidden layer is smallest",
     early_and_late),
    ("deep", "on the left they fade much faster", "δ fades less with weights 4 times as large",
     lambda r: changed(r, usual_one=r["wider one"], wider_one=r["usual one"])),
    ("minima", "of different depth", "they are of different depth", one_minimum_twice),
    ("minima", "around a hill", "the hill between them", lambda r: changed(r, top_E=0.1)),
    ("minima", "on the right into the deep one",
     "from the other start it comes to rest in the lower one",
     lambda r: changed(r, downhill=r["disc"])),
    ("minima", "solved and unsolved networks cannot be told apart", "of the size of those that are",
     gradients),
    ("fitting", "it bends to the noise as well", "turns of the curve",
     lambda r: changed(r, answers=r["answers"] | {30: r["answers"][4]})),
    ("fitting", "First the wave", "learn the wave first and then the noise",
     lambda r: changed(r, to_the_wave={n: 1 / (1 + n) for n in r["to the wave"]})),
    ("fitting", "of the 15 dots are within 0.1", "dots within 0.1 of the line",
     lambda r: changed(r, close={1: 0, 4: 6, 30: 7})),
    ("early-stopping", "the second turns", "validation error rises again",
     lambda r: run(r, "to_the_end", validation=sorted(r["to the end"].validation)[::-1])),
    ("early-stopping", "weights that are not needed fade", "the weights fade",
     lambda r: changed(r, decayed=r["to the end"])),
    ("early-stopping", "which bends most in the middle one", "the line bends most at the end",
     lambda r: changed(r, to_the_end=r["stopped"][200],
                       stopped=r["stopped"] | {200: r["to the end"]})),
    ("early-stopping", "closer together", "gap between validation and training error",
     lambda r: changed(r, decayed=r["to the end"])),
    ("vae", "like finds its like", "like finds like", shuffled_plane),
    ("vae", "more and more is said about each digit", "the KL rises while learning goes on",
     lambda r: with_kl(r, "course", lambda kl: sorted(kl)[::-1])),
    ("vae", "a KL near 0 is the sign", "KL in nats, the largest after any pass",
     lambda r: with_kl(r, "flat", lambda kl: [1.0, *kl[1:]])),
    ("vae", "the mean of all digits, whatever it is shown", "the decoder draws one picture",
     lambda r: changed(r, flat_pictures=r["pictures"])),
    ("vae", "m is near 0", "m of the digits' places", lambda r: changed(r, flat_mean=0.5)),
    ("gan", "next to nothing left to tell", "nothing left to tell",
     lambda r: changed(r, told_apart=0.2)),
    ("gan", "At no moment of the movie", "most modes at once",
     lambda r: changed(r, hasty_found=[*r["hasty found"], 8])),
    ("gan", "and the middle of its points moves by", "how far the middle of its points moves",
     lambda r: changed(r, hasty_middles=np.zeros((28, 2)))),
    ("gan", "Neither falls to 0", "neither player's E falls to 0",
     lambda r: with_log(r, "ring", 2,
                        {name: [*E, *[0.0] * 60] for name, E in r["ring"][2].log.items()})),
    ("gan", "shapes that are nearer to digits", "distance of a sample to the nearest real digit",
     lambda r: changed(r, nearest=(3.0, 2.9, 1.0))),
    ("pole-balancing", "before learning, halfway, and in the end",
     "returns of the three episodes of the movie",
     lambda r: changed(r, episodes=dict(zip(r["episodes"], reversed(r["episodes"].values()))))),
    ("reinforcement", "it falls off the cliff more often", "SARSA falls less often",
     lambda r: swapped(r, "falls")),
    ("reinforcement", "SARSA's keeps away", "SARSA's way", lambda r: swapped(r, "ways")),
    ("reinforcement", "the shortest, along the edge", "Q-learning's way",
     lambda r: swapped(r, "ways")),
    ("reinforcement", "gets less", "SARSA gets more", lambda r: swapped(r, "online")),
    ("reinforcement", "until there is speed enough", "the trip of the movie arrives",
     lambda r: changed(r, trips=[replace(r["trips"][0], ended=False), *r["trips"][1:]])),
]


@pytest.mark.parametrize(("name", "claim", "check", "worse"), [
    pytest.param(*claim, marks=[pytest.mark.long] * (claim[0] in SLOW)) for claim in CLAIMS],
    ids=lambda part: part if isinstance(part, str) else "")
def test_a_claim_is_a_check_that_fails_when_it_does_not_hold(name, claim, check, worse, results_of,
                                                             words_of):
    section = BY_NAME[name]
    assert claim in " ".join(words_of(section).split())
    results = results_of(section)
    passed, failed = ([one.passed for one in section.checks(r) if check in one.name]
                      for r in (results, worse(results)))
    assert passed
    assert all(passed)
    assert not all(failed)


# -- words that change with the run --------------------------------------------------------------


def test_what_is_said_of_delta_after_learning_is_what_became_of_it(results_of):
    results = results_of(BY_NAME["deep"])
    (start, end), section = results["usual one"], BY_NAME["deep"]
    assert rms(end[0]) > rms(start[0])  # with --fast it rose
    for told in ((start, end), (end, start)):
        caption = section.figures(changed(results, usual_one=list(told)))["later"].caption
        assert f"first hidden layer from {rms(told[0][0]):.1g} to {rms(told[1][0]):.1g}" in caption


def test_a_layer_of_other_size_is_named_with_its_size():
    results = {"x": np.ones((2, 2500)), "cues": np.ones((2, 2500)), "recalls": np.ones((2, 2500)),
               "from": {1.0: np.ones((2, 2500))}}
    text, _, aside = photographs.SECTION.words(results)
    assert "2500 units" in text
    assert "6,250,000 weights" in text
    assert "1/√2500 = 0.02," in aside


def test_four_times_a_bit_that_differs_is_not_called_the_same(results_of):
    results = results_of(BY_NAME["four-by-four"])
    other = changed(results, four=np.nextafter(results["four"], 9))
    _, same, _ = BY_NAME["four-by-four"].words(results)
    _, differs, _ = BY_NAME["four-by-four"].words(other)
    assert same.startswith("The check says that 0 of 16 weights differ. Not “nearly the same”")
    assert differs == "The check says that 16 of 16 weights differ."


def test_noise_that_was_not_chosen_is_not_said_to_be(results_of):
    for name in ("fitting", "early-stopping"):
        assert ["was chosen" in BY_NAME[name].words(results_of(BY_NAME[name], seed))[2]
                for seed in (0, 1)] == [True, False]


def test_a_run_of_xor_that_does_not_linger_is_not_said_to(results_of):
    results = results_of(BY_NAME["backprop"])
    history = replace(results["history"],
                      E=[2.0 * 0.9**n for n in range(len(results["history"].E))])
    figures = BY_NAME["backprop"].figures
    assert "it lingers near ½" in figures(results)["learning"].caption
    assert "does not linger" in figures(changed(results, history=history))["learning"].caption


def test_starts_of_xor_that_are_all_solved_are_not_said_to_stay_anywhere(results_of):
    section = BY_NAME["minima"]
    results = results_of(section)
    solved = {seed: h for seed, h in results["atlas"].items() if h.E[-1] < 0.02}
    assert "From these starts all were solved" in section.words(changed(results, atlas=solved))[1]
    assert not any("cannot be told" in word
                   for word in section.words(changed(results, atlas=solved)))
    stays = next(check for check in section.checks(results) if "stay unsolved, as" in check.name)
    assert stays.row[2] == "seed 7"  # which, and not how many


def test_a_trip_that_does_not_arrive_is_not_said_to(results_of):
    section = BY_NAME["reinforcement"]
    results = results_of(section)
    late = replace(results["trips"][0], ended=False)
    other = changed(results, trips=[late, *results["trips"][1:]])
    assert "does not reach the goal" in section.figures(other)["movie"].caption


def test_the_pole_section_says_how_its_own_table_failed(results_of):
    section = BY_NAME["pole-balancing"]
    other = changed(results_of(section), table_ends={"track": 3, "pole": 16, "time": 1})
    _, _, aside = section.words(other)
    assert "3 ended with the cart off the track, 16 with a pole that fell, and 1 when time" in aside
    balanced = changed(other, table_ends={"track": 0, "pole": 0, "time": 20})
    assert "it did not fail: 20 episodes without chance lasted" in section.words(balanced)[2]
