"""The slides' things to do: what torch says of the same games, what goes wrong, and that a lecture that was stopped goes on."""

import builtins
from math import comb, log

import numpy as np
import pytest

from benchmarks import games
from tinygrad_edu import Adam, Player, gaussian_kl
from tinygrad_edu.cli import main
from tinygrad_edu.lecture import gan, pole_balancing, reinforcement, vae
from tinygrad_edu.network.error import binary_cross_entropy, cross_entropy
from tinygrad_edu.network.layer import Network

STEPS = 50


def in_torch(network):
    """(the function of x in torch, its weights) from the same weights as the network's."""
    import torch

    weights = [torch.tensor(np.asarray(w.data), requires_grad=True) for w in network.parameters]

    def of(x):
        for n in range(0, len(weights), 2):
            x = x @ weights[n] + weights[n + 1]
            x = torch.tanh(x) if n < len(weights) - 2 else x
        return x

    return of, weights


def test_a_vae_learns_as_it_does_in_torch():
    torch = pytest.importorskip("torch")
    (x, _), _ = vae.digits(0)
    encoder = Network(64, 32, 4, hidden="tanh", bias=True, seed=0)
    decoder = Network(2, 32, 64, hidden="tanh", bias=True, seed=1)
    (encode, of_encoder), (decode, of_decoder) = in_torch(encoder), in_torch(decoder)
    ours = Player("VAE", encoder.parameters + decoder.parameters, Adam(0.002))
    theirs = torch.optim.Adam([*of_encoder, *of_decoder], lr=0.002)
    for n in range(STEPS):
        chance = np.random.default_rng([5, n])
        x_b = x[chance.integers(len(x), size=32)]
        surprise, kl = vae.terms(encoder, decoder, x_b, np.random.default_rng([6, n]))
        error = ours.step((surprise + kl) / 32)

        y, noise = encode(torch.tensor(x_b)), torch.tensor(np.random.default_rng([6, n]).normal(size=(32, 2)))
        mean, log_variance = y[:, :2], y[:, 2:]
        u = decode(mean + torch.exp(0.5 * log_variance) * noise)
        loss = 16 * torch.nn.functional.binary_cross_entropy_with_logits(u, torch.tensor(x_b), reduction="sum")
        loss = (loss + 0.5 * (mean**2 + torch.exp(log_variance) - 1 - log_variance).sum()) / 32
        theirs.zero_grad()
        loss.backward()
        theirs.step()
        assert error == pytest.approx(loss.item(), rel=1e-9)


def test_a_gan_plays_as_it_does_in_torch():
    torch = pytest.importorskip("torch")
    G, D = Network(2, 16, 2, hidden="tanh", bias=True, seed=0), Network(2, 16, 1, hidden="tanh", bias=True, seed=1)
    (generate, of_G), (discriminate, of_D) = in_torch(G), in_torch(D)
    generator, discriminator = (Player("one", network.parameters, Adam(0.003, 0.5, 0.99)) for network in (G, D))
    their_G, their_D = (torch.optim.Adam(weights, lr=0.003, betas=(0.5, 0.99)) for weights in (of_G, of_D))
    for n in range(STEPS):
        chance = np.random.default_rng([5, n])
        real, z, fake = gan.from_ring(32, chance), chance.normal(size=(32, 2)), G(chance.normal(size=(32, 2))).data
        error_D = discriminator.step(gan.discriminator_error(D, real, fake, penalty=0.1))
        error_G = generator.step(gan.generator_error(G, D, z))

        softplus, x = torch.nn.functional.softplus, torch.tensor(real, requires_grad=True)
        slope, = torch.autograd.grad(discriminate(x).sum(), x, create_graph=True)
        of_real, of_fake = (discriminate(torch.tensor(np.asarray(points))) for points in (real, fake))
        loss_D = (softplus(-of_real).sum() + softplus(of_fake).sum()) / 32
        loss_D = loss_D + 0.5 * 0.1 * (slope**2).sum() / 32
        their_D.zero_grad()
        loss_D.backward()
        their_D.step()
        loss_G = softplus(-discriminate(generate(torch.tensor(z)))).sum() / 32
        their_G.zero_grad()
        loss_G.backward()
        their_G.step()
        assert [error_D, error_G] == pytest.approx([loss_D.item(), loss_G.item()], rel=1e-9)


def test_the_elbo_is_less_than_what_it_bounds():
    """For a decoder that ignores z, P(x) is known: it is P(x | z), and the ELBO is that less the KL."""
    x = np.array([[0.0, 0.25, 1.0]])
    bias = np.array([0.3, -1.0, 2.0])
    encoder, decoder = Network(3, 4, seed=0), Network(2, 3, weights=[np.zeros((2, 3))], biases=[bias])
    surprise, kl = vae.terms(encoder, decoder, x, np.random.default_rng(0))
    y = 1 / (1 + np.exp(-bias))
    known = sum(log(comb(16, k)) + k * log(p) + (16 - k) * log(1 - p) for k, p in zip((0, 4, 16), y))
    assert vae.ways(x) - surprise.item() == pytest.approx(known)
    assert kl.item() > 0
    assert kl.item() == pytest.approx(gaussian_kl(*(part.data for part in vae.encode(encoder, x))).item())


def test_nothing_leaks_between_the_players():
    G, D = Network(2, 8, 2, hidden="tanh", bias=True), Network(2, 8, 1, hidden="tanh", bias=True, seed=1)
    assert gan.leaks(G, D, 0) == 0


def test_the_modes_that_are_counted_are_those_that_are_there():
    points = np.repeat(gan.modes()[:5], 100, axis=0)
    assert gan.found(points) == (5, 1.0)
    assert gan.found(np.zeros((10, 2))) == (0, 0.0)
    assert gan.found(gan.from_ring(4000, np.random.default_rng(0)))[0] == 8


def test_the_policys_error_is_a_cross_entropy_that_is_weighted():
    policy, _ = pole_balancing.networks(0)
    x = np.random.default_rng(0).normal(size=(6, 4))
    actions = np.array([0, 1, 1, 0, 1, 0])
    weighted = pole_balancing.policy_error(policy, x, actions, np.ones(6)).item()
    assert weighted == pytest.approx(cross_entropy(policy(x), actions).item())


def test_no_gradient_goes_through_the_target_of_the_value_network():
    Q = Network(2, 4, 3, hidden="tanh", seed=0)
    x, after = np.ones((1, 2)), Q(np.full((1, 2), 0.5)).data.max(axis=1)
    reinforcement.car_error(Q, x, np.array([1]), np.array([-1.0]), after).backward()
    off = (Q.layers[-1].y.data[0, 1] - (-1.0 + reinforcement.DISCOUNT * after[0]))
    np.testing.assert_allclose(Q.layers[-1].delta, [[0, off, 0]])


# -- what goes wrong -----------------------------------------------------------------------------------------------


def test_a_section_whose_environment_is_missing_is_left_out_and_the_lecture_goes_on(tmp_path, capsys, monkeypatch):
    real = builtins.__import__

    def missing(name, *rest):
        if name.split(".")[0] == "gymnasium":
            raise ModuleNotFoundError("No module named 'gymnasium'", name="gymnasium")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert main(["lecture", "one-weight", "pole-balancing", "four-by-four", "--fast", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "what came of it: left out, for this needs gymnasium: pip install 'tinygrad-edu[rl]'" in said
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert 'id="four-by-four"' in page
    assert 'id="pole-balancing"' not in page


@pytest.mark.filterwarnings("ignore")
def test_a_vae_whose_error_is_no_number_says_at_which_step_and_keeps_what_it_learnt(monkeypatch):
    (x, _), (test, _) = vae.digits(0)
    real, calls = binary_cross_entropy, []

    def broken(*args):
        calls.append(1)
        return real(*args) * (np.nan if len(calls) > 70 else 1)

    monkeypatch.setattr(vae, "binary_cross_entropy", broken)
    encoder, decoder, course = vae.learn(x, test, 1.0, 5, 0, 2)
    assert course.reason.startswith("step 3: the VAE's E is nan")
    monkeypatch.undo()
    whole_encoder, whole_decoder, _ = vae.learn(x, test, 1.0, 3, 0, 2)  # the passes before, and nothing of the one that broke
    assert all(np.array_equal(v.data, w.data) for v, w in zip([*encoder.parameters, *decoder.parameters],
                                                              [*whole_encoder.parameters, *whole_decoder.parameters]))
    assert all(np.isfinite(w.data).all() for w in encoder.parameters + decoder.parameters)


def test_a_lecture_that_was_stopped_goes_on_where_it_was_to_the_same_page(tmp_path, monkeypatch):
    run = lambda name: main(["lecture", "vae", "--fast", "--out", str(tmp_path / name)])  # noqa: E731
    real, calls, stop = vae.terms, [], [0]

    def counted(*args):
        calls.append(1)
        if len(calls) == stop[0]:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(vae, "terms", counted)
    assert run("whole") == 0
    needed, stop[0] = len(calls), len(calls) + 700  # in the midst of a pass
    assert run("parts") == 2
    assert [file.name for file in (tmp_path / "parts" / "unfinished" / "vae").iterdir()] == ["vae.npz"]
    calls.clear()
    assert run("parts") == 0
    assert len(calls) < needed - 600
    assert not (tmp_path / "parts" / "unfinished").exists()
    for name in ("figures/vae-movie.gif", "figures/vae-elbo.svg"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()


def test_the_table_that_was_stopped_within_an_episode_goes_on_to_the_same_numbers(tmp_path, monkeypatch):
    Q, gained = pole_balancing.table(0, 30)
    real, calls = pole_balancing.surprise, []

    def interrupted(*args):
        calls.append(1)
        if len(calls) == 200:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(pole_balancing, "surprise", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pole_balancing.table(0, 30, tmp_path / "table.npz")
    again, gained_again = pole_balancing.table(0, 30, tmp_path / "table.npz")
    np.testing.assert_array_equal(again, Q)
    np.testing.assert_array_equal(gained_again, gained)
    assert len(calls) < 200 + gained.sum() - 100  # what had been learnt was not learnt again


@pytest.mark.seeds
@pytest.mark.parametrize("name", ["ring", "pole", "car"])
def test_eight_of_ten_seeds_reach_their_bar(name):
    found = [getattr(games, name)(seed) for seed in games.SEEDS]
    assert sum(good for good, _ in found) >= games.WANTED, found
