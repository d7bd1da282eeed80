"""Pictures of networks: what stands where, what a line looks like, and one sentence for what cannot be drawn."""

import json
import re
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from tinygrad_edu.drawing import canvas
from tinygrad_edu.drawing.canvas import BLUE, GREY, RED
from tinygrad_edu.drawing.network_picture import RADIUS, NetworkPicture, draw_network, network_picture, short
from tinygrad_edu.network.error import half_squared_error
from tinygrad_edu.network.layer import Layer, Network

SIZES = [(1, 1), (2, 2, 1), (4, 4), (2, 8, 3), (12, 3), (13, 3), (64, 20, 20, 10), (300, 5, 300), (2, 3, 3, 3, 3, 1)]
HOSTILE = np.array([[np.nan, 1e308, -np.inf], [0.0, -1e-300, np.inf], [3.0, -2.0, 1e-300]])


def learnt(*sizes, T=3, backward=True, **options):
    """A network that was called with T associations."""
    rng = np.random.default_rng(1)
    network = Network(*sizes, seed=4, **options)
    if options.get("bias"):
        network = Network(*sizes, weights=network.weights, biases=[rng.normal(size=w.shape[1]) for w in network.weights])
    E = half_squared_error(network(rng.normal(size=(T, sizes[0]))), rng.normal(size=(T, sizes[-1])))
    if backward:
        E.backward()
    return network


def lines(axis):
    """{(start, end): (width, colour, dashes)} of each line, by the places of its ends."""
    found = {}
    for group in axis.collections:
        assert isinstance(group, LineCollection)
        widths, colours, styles = group.get_linewidths(), group.get_colors(), group.get_linestyles()
        for n, (start, end) in enumerate(group.get_segments()):
            ends = tuple(np.round(start, 6)), tuple(np.round(end, 6))
            assert ends not in found
            found[ends] = widths[n], to_hex(colours[n]).upper(), styles[n][1]
    return found


def circles(axis):
    """The places of the front circles, layer by layer, input first."""
    places = {tuple(np.round(patch.center, 6)) for patch in axis.patches if isinstance(patch, Circle)}
    front = {(x, y) for x, y in places if (round(x - 4, 6), round(y - 4, 6)) not in places}
    return [sorted(place for place in front if place[1] == y) for y in sorted({y for _, y in front})]


def texts(axis, place):
    """What stands in the circle at this place, and on its edge, from the top."""
    near = [text for text in axis.texts if np.hypot(*np.subtract(text.get_position(), place)) <= RADIUS + 2]
    return [text.get_text() for text in sorted(near, key=lambda text: -text.get_position()[1])]


def words(axis):
    legend = [text.get_text() for text in axis.get_legend().get_texts()]
    return " ".join([text.get_text() for text in axis.texts] + legend)


def test_each_weight_is_one_line_coloured_by_its_sign_and_dashed_if_it_is_negative():
    network = Network(2, 3, 2, seed=1)
    axis = draw_network(network).figure.axes[0]
    rows, found = circles(axis), lines(axis)
    assert len(found) == 12
    for w, below, above in zip(network.weights, rows[:-1], rows[1:], strict=True):
        for i, start in enumerate(below):
            for j, end in enumerate(above):
                _, colour, dashes = found[start, end]
                assert (colour, dashes is None) == ((BLUE, True) if w[i, j] > 0 else (RED, False))


def test_the_larger_the_weight_the_thicker_its_line_across_all_layers():
    network = Network(3, 4, 2, seed=2)
    network.layers[1].w.data = 9 * network.weights[1]
    axis = draw_network(network).figure.axes[0]
    rows, found = circles(axis), lines(axis)
    pairs = [(abs(w[i, j]), found[start, end][0]) for w, below, above in zip(network.weights, rows[:-1], rows[1:], strict=True)
             for i, start in enumerate(below) for j, end in enumerate(above)]
    widths = [width for _, width in sorted(pairs)]
    assert widths == sorted(widths)
    assert widths[-1] > 3 * widths[0]
    assert f"w = {short(max(pairs)[0])}" in words(axis)


def test_a_strong_line_lies_over_the_weak_ones():
    for group in draw_network(Network(6, 6)).figure.axes[0].collections:
        assert list(group.get_linewidths()) == sorted(group.get_linewidths())


@pytest.mark.parametrize("association", [0, 2])
def test_the_circles_show_the_states_and_deltas_of_the_association_and_the_input_is_at_the_bottom(association):
    network = learnt(2, 3, 2, bias=True)
    axis = draw_network(network, association).figure.axes[0]
    inputs, *others = circles(axis)
    for place, x, i in zip(inputs, network.layers[0].x[association], (1, 2), strict=True):
        assert texts(axis, place) == [f"$x_{{{i}}}$", short(x)]
    for name, layer, row in zip("zy", network.layers, others, strict=True):
        state, delta, b = layer.y.data[association], layer.delta[association], layer.b.data
        for j, place in enumerate(row):
            assert texts(axis, place) == [f"${name}_{{{j + 1}}}$", short(state[j]), f"δ {short(delta[j])}", f"b {short(b[j])}"]


def test_states_are_there_after_a_call_and_deltas_only_after_a_backward_pass():
    never, called = draw_network(Network(2, 2, 1)), draw_network(learnt(2, 2, 1, backward=False))
    assert [texts(never.figure.axes[0], row[0]) for row in circles(never.figure.axes[0])] == [["$x_{1}$"], ["$z_{1}$"], ["$y$"]]
    assert all(len(texts(called.figure.axes[0], place)) == 2 for row in circles(called.figure.axes[0]) for place in row)
    assert "δ" not in words(never.figure.axes[0]) + words(called.figure.axes[0]) + never.text + called.text
    assert "association" not in words(never.figure.axes[0]) + never.text


def test_several_hidden_layers_are_told_apart_and_one_unit_has_no_subscript():
    axis = draw_network(Network(1, 2, 1, 1)).figure.axes[0]
    assert [texts(axis, row[0]) for row in circles(axis)] == [["$x$"], ["$z^{(1)}_{1}$"], ["$z^{(2)}$"], ["$y$"]]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("made", [Network, lambda *sizes: learnt(*sizes, bias=True)], ids=["bare", "learnt"])
def test_no_text_leaves_its_circle_or_touches_another_and_no_circle_its_neighbour(sizes, made):
    axis = draw_network(made(*sizes)).figure.axes[0]
    axis.figure.canvas.draw()
    back = axis.transData.inverted()
    for row in circles(axis):
        assert all(right[0] - left[0] > 2 * RADIUS + 4 for left, right in zip(row, row[1:], strict=False))
        for place in row:
            inside = [text for text in axis.texts if np.hypot(*np.subtract(text.get_position(), place)) < RADIUS]
            boxes = [text.get_window_extent().transformed(back) for text in inside]
            for text, box in zip(inside, boxes, strict=True):
                assert np.hypot(*np.subtract(box.corners(), place).T).max() < RADIUS, text.get_text()
            assert not any(a.y0 < b.y1 - 1.5 and b.y0 < a.y1 - 1.5 for n, a in enumerate(boxes) for b in boxes[:n])


@pytest.mark.parametrize("sizes", [(2, 2, 1), (64, 20, 10)])
def test_nothing_is_cut_off_at_the_edge(sizes):
    picture = draw_network(learnt(*sizes, bias=True))
    picture.figure.canvas.draw()
    for artist in [*picture.figure.axes[0].texts, *picture.figure.axes[0].patches, picture.figure.axes[0].get_legend()]:
        box = artist.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= picture.figure.bbox.x1
        assert box.y1 <= picture.figure.bbox.y1


def test_a_large_layer_is_groups_of_neighbours_that_show_means_and_say_so():
    network = learnt(30, 2, 25, bias=True)
    axis = draw_network(network, 1).figure.axes[0]
    assert [len(row) for row in circles(axis)] == [10, 2, 9]
    x, last = network.layers[0].x[1], network.layers[1]
    y, d, b = last.y.data[1], last.delta[1], last.b.data
    assert texts(axis, circles(axis)[0][9]) == ["$x_{28–30}$", short(x[27:].mean())]
    assert texts(axis, circles(axis)[2][0]) == ["$y_{1–3}$", short(y[:3].mean()), f"δ {short(np.sqrt((d[:3] ** 2).mean()))}",
                                                f"b {short(b[:3].mean())}"]
    assert texts(axis, circles(axis)[2][8]) == ["$y_{25}$", short(y[24]), f"δ {short(d[24])}", f"b {short(b[24])}"]
    assert all(word in words(axis) for word in ("groups", "mean weights", "mean states", "root mean square δ", "30 units"))
    assert "groups" not in words(draw_network(Network(12, 12)).figure.axes[0])


def test_a_line_between_groups_has_the_sign_of_the_mean_weight():
    w = np.random.default_rng(5).normal(size=(26, 14))
    axis = draw_network(Network(26, 14, weights=[w])).figure.axes[0]
    below, above = circles(axis)
    found = lines(axis)
    assert len(found) == 9 * 7
    for i, start in enumerate(below):
        for j, end in enumerate(above):
            mean = w[3 * i : 3 * i + 3, 2 * j : 2 * j + 2].mean()
            assert found[start, end][1] == (BLUE if mean > 0 else RED)


def test_groups_look_unlike_units():
    axis = draw_network(Network(13, 3)).figure.axes[0]
    assert sum(isinstance(patch, Circle) for patch in axis.patches) == 6 * 2 + 1 + 3


@pytest.mark.parametrize("sizes", [(2500, 5, 2500), (4000, 300, 1)])
def test_thousands_of_units_are_drawn_quickly_and_as_few_lines(sizes):
    network = learnt(*sizes, T=2, bias=True)
    start = perf_counter()
    picture = draw_network(network)
    assert perf_counter() - start < 2.0
    assert len(lines(picture.figure.axes[0])) <= 2 * 144


def test_nan_and_infinity_are_drawn_as_what_they_are(tmp_path):
    network = Network(3, 3, 1, weights=[HOSTILE, [[1.0], [-1e308], [np.nan]]], biases=[[np.nan, -np.inf, 0.0], [-123456.0]])
    half_squared_error(network(np.array([[np.nan, -1e-300, -123456.0]])), np.zeros((1, 1))).backward()
    picture = draw_network(network)
    picture.save(tmp_path / "net.svg")
    (below, middle, _), found = circles(picture.figure.axes[0]), lines(picture.figure.axes[0])
    assert [texts(picture.figure.axes[0], place)[1] for place in below] == ["nan", "−1e−300", "−1e5"]
    assert [texts(picture.figure.axes[0], place)[-1] for place in middle] == ["b nan", "b −∞", "b 0"]
    assert "w = nan" in words(picture.figure.axes[0])
    for i, j, colour, dashed in [(0, 0, GREY, True), (1, 0, GREY, False), (0, 1, BLUE, False), (0, 2, RED, True),
                                 (1, 1, RED, True), (1, 2, BLUE, False), (2, 2, BLUE, False)]:
        width, *look = found[below[i], middle[j]]
        assert (look[0].upper(), look[1] is not None) == (colour, dashed)
        assert np.isfinite(width)
    assert found[below[0], middle[2]][0] == found[below[0], middle[1]][0]  # infinite, and the largest


def test_groups_of_huge_and_infinite_weights_do_not_overflow():
    w = np.full((30, 1), 1e308)
    w[:3] = [[np.inf], [-np.inf], [0.0]]
    network = Network(30, 1, weights=[w])
    network(np.full((1, 30), 1e308))
    axis = draw_network(network).figure.axes[0]
    assert texts(axis, circles(axis)[0][1])[1] == "1e308"
    assert {colour for _, colour, _ in lines(axis).values()} == {GREY, BLUE}


def test_a_network_of_zeros_has_thin_lines_without_a_sign():
    found = lines(draw_network(Network(2, 2, weights=[np.zeros((2, 2))])).figure.axes[0])
    assert {(colour, dashes) for _, colour, dashes in found.values()} == {(GREY, None)}


@pytest.mark.parametrize(("v", "text"), [
    (0.5234, "0.52"), (-0.1234, "−0.12"), (0.0096, "0.010"), (-0.0072, "−0.007"), (1e-5, "1e−5"), (-1e-5, "−1e−5"), (0.0, "0"),
    (-0.0, "0"), (0.9999, "1.00"), (9.999, "10.0"), (99.99, "100"), (1234.4, "1234"), (12345.0, "1e4"), (np.nan, "nan"),
    (np.inf, "∞"), (-np.inf, "−∞"), (5e-324, "5e−324"), (0.09951, "0.10"), (9999.9, "1e4"),
])
def test_a_number_is_short(v, text):
    assert short(v) == short(np.float64(v)) == text


@pytest.mark.parametrize("size", [(3, 3), (9, 4), (14, 9)])
def test_on_an_axis_of_the_readers_the_text_is_as_large_as_the_circles_allow(size):
    figure = Figure(figsize=size, layout="constrained")
    mine, other = figure.subplots(1, 2)
    other.plot([1, 2])
    assert network_picture(mine, learnt(2, 8, 3, bias=True)) is mine
    figure.draw_without_rendering()
    back = mine.transData.inverted()
    points = 72 / figure.dpi * (mine.transData.transform((1, 0)) - mine.transData.transform((0, 0)))[0]
    assert max(text.get_fontsize() for text in mine.texts) == pytest.approx(11 * points, rel=0.02)
    for place in circles(mine)[1]:
        for text in mine.texts:
            if np.hypot(*np.subtract(text.get_position(), place)) < RADIUS:
                corners = text.get_window_extent().transformed(back).corners()
                assert np.hypot(*np.subtract(corners, place).T).max() < 1.1 * RADIUS  # hinting of small letters
    assert other.get_xlim() == Figure().subplots().plot([1, 2])[0].axes.get_xlim()


def test_an_axis_of_ones_own_comes_back_also_from_a_part_of_a_figure():
    _, axis = canvas.figure()
    assert network_picture(axis, Network(2, 2, 1)) is axis
    part = Figure().subfigures(1, 2)[0].subplots()
    assert network_picture(part, Network(2, 1)) is part
    assert part.texts
    assert draw_network(Network(2, 2, 1)).figure is not axis.figure


def test_the_list_tells_layers_sizes_states_and_deltas():
    network = learnt(2, 2, 1, bias=True)
    picture = draw_network(network, 1)
    z, delta, b = network.layers[0].y.data, network.layers[0].delta, network.layers[0].b.data
    assert repr(picture) == picture.text
    assert f"  z_2: state {z[1, 1]:.4g}, δ {delta[1, 1]:.4g}, b {b[1]:.4g}" in picture.text.split("\n")
    assert "network 2-2-1, association 1" in picture.text
    assert "sigmoid of 2 inputs" in picture.text
    assert [line[0] for line in picture.text.split("\n") if re.match(r"\w: ", line)] == ["y", "z", "x"]
    assert "y_1–209: mean state" in draw_network(learnt(2, 2500)).text


def test_a_notebook_gets_the_picture_and_the_list_and_the_figure_can_be_saved(tmp_path):
    picture = draw_network(learnt(2, 2, 1))
    bundle = picture._repr_mimebundle_()
    json.dumps(bundle)
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == picture.text
    for suffix, start in ((".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF")):
        picture.save(str(tmp_path / f"net{suffix}"))
        assert (tmp_path / f"net{suffix}").read_bytes().startswith(start)


def test_drawing_changes_nothing_in_the_network():
    network = learnt(2, 20, 1, bias=True)
    before = [layer.y.data.copy() for layer in network.layers], [d.copy() for d in network.deltas], network.weights
    draw_network(network)
    for old, new in zip(before, ([layer.y.data for layer in network.layers], network.deltas, network.weights), strict=True):
        for a, b in zip(old, new, strict=True):
            np.testing.assert_array_equal(a, b)


def test_one_association_without_rows_and_an_empty_call_can_be_drawn():
    network = Network(2, 2, 1)
    network(np.array([0.25, 0.5]))
    axis = draw_network(network).figure.axes[0]
    assert texts(axis, circles(axis)[0][1]) == ["$x_{2}$", "0.50"]
    network(np.empty((0, 2)))
    assert texts(draw_network(network).figure.axes[0], circles(axis)[0][1]) == ["$x_{2}$"]


def test_a_very_deep_network_still_fits_on_paper(tmp_path):
    picture = draw_network(Network(*[1] * 60))
    assert max(picture.figure.get_size_inches()) < 40
    picture.save(tmp_path / "deep.png")


def apart():
    network = learnt(2, 2, 1)
    network.layers[0](np.ones((7, 2)))
    return network


def called_alone(n):
    network = learnt(2, 3, 3, 1)
    network.layers[n](np.full((3, 3), 0.25))
    return network


def the_same_layer_twice():
    layer = Layer(np.array([[0.5, 1.0], [0.2, -0.3]]))
    network = Network.of([layer, layer])
    network(np.ones((3, 2)))
    return network


def test_layers_that_were_called_one_by_one_with_the_same_states_are_drawn():
    network = Network(2, 3, 1, seed=1)
    network(np.array([[0.5, np.nan]]))
    network.layers[1](network.layers[0].y.data)
    assert "state nan" in draw_network(network).text


@pytest.mark.parametrize(("mistake", "kind", "sentence"), [
    (lambda: draw_network(called_alone(1)), ValueError, "layer 2 was last called with other states than layer 1 gave"),
    (lambda: draw_network(called_alone(2)), ValueError, "layer 3 was last called with other states than layer 2 gave"),
    (lambda: draw_network(the_same_layer_twice()), ValueError, "the same layer is in this network twice"),
    (lambda: draw_network(Network(2, 1).layers[0]), TypeError, "draw_network shows a Network, and this is a Layer"),
    (lambda: draw_network(None), TypeError, "NoneType"),
    (lambda: network_picture(Network(2, 1), Network(2, 1)), TypeError, "axis of matplotlib, and this is a Network"),
    (lambda: network_picture(Figure().add_subplot(projection="polar"), Network(2, 1)), TypeError, "plain axis"),
    (lambda: draw_network(learnt(2, 1), 3), ValueError, "from 0 to 2, and not 3"),
    (lambda: draw_network(learnt(2, 1), -1), ValueError, "from 0 to 2, and not -1"),
    (lambda: draw_network(learnt(2, 1), 1.0), ValueError, "whole number from 0 to 2, and not 1.0"),
    (lambda: draw_network(learnt(2, 1), True), ValueError, "whole number from 0 to 2, and not True"),
    (lambda: draw_network(learnt(2, 1), "1"), ValueError, "whole number from 0 to 2, and not '1'"),
    (lambda: draw_network(Network(2, 1), 1), ValueError, "before the network is called"),
    (lambda: draw_network(Network.of([])), TypeError, "at least one"),
    (lambda: draw_network(Network.of([Layer(np.ones((2, 3))), Layer(np.ones((2, 1)))])), ValueError, "does not fit"),
    (lambda: draw_network(apart()), ValueError, "different numbers of associations"),
])
def test_what_cannot_be_drawn_gets_one_sentence(mistake, kind, sentence):
    with pytest.raises(kind) as caught:
        mistake()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mistake_leaves_the_readers_axis_as_it_was():
    _, axis = canvas.figure()
    with pytest.raises(ValueError, match="from 0 to 2"):
        network_picture(axis, learnt(2, 1), 9)
    assert axis.axison
    assert not axis.texts
    assert axis.get_xlim() == (0, 1)


@pytest.mark.parametrize(("name", "kind"), [("net.jpg", ValueError), ("net", ValueError), ("nowhere/net.png", OSError)])
def test_a_picture_that_cannot_be_saved_leaves_nothing_behind(tmp_path, name, kind):
    picture = draw_network(Network(2, 1))
    with pytest.raises(kind, match=r"\.svg, \.png, \.pdf|nowhere"):
        picture.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_half_a_picture_is_never_seen(tmp_path):
    class Breaks:
        def savefig(self, path, **options):
            Path(path).write_text("half")
            raise RuntimeError("no more")

    (tmp_path / "net.png").write_text("old")
    with pytest.raises(RuntimeError):
        NetworkPicture(Breaks(), "").save(tmp_path / "net.png")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
