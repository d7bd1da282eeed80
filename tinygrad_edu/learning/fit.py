"""Learning for small models of your own: full batch or mini-batches, any optimizer, any error, early stopping.

    history = fit(network, x, target, GradientDescent(0.3), epochs=2000)
    history = fit(network, x, target, Adam(0.01), error=cross_entropy, batch=32, decay=1e-3,
                  validation=0.2, early_stopping=EarlyStopping(patience=10))

A pass through the loop looks at all the associations once. The slides' own loop, one association at a time, is `backprop`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from tinygrad_edu.autodiff.mistakes import ShapeError, shortened
from tinygrad_edu.autodiff.recording import no_record
from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.learning.association import Associations, associations, batches, held_out
from tinygrad_edu.learning.descent import check_kinds
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.history import History, norm, room_for
from tinygrad_edu.learning.optimizer import Gradients, Memory, Optimizer
from tinygrad_edu.learning.progress import progress
from tinygrad_edu.learning.stopping import EarlyStopping, Stopping, passes
from tinygrad_edu.learning.verdict import judge
from tinygrad_edu.network.error import (
    ERRORS,
    half_squared_error,
    name_of,
    targets_for,
    weight_decay,
)
from tinygrad_edu.network.layer import Network
from tinygrad_edu.network.settings import check_number, is_real, whole_number

Error = Callable[[Any, Any], Value]
Report = Callable[[History], None]


@np.errstate(all="ignore")  # a run may diverge, and says so in its verdict
def fit(network: Network, x: Any, target: Any, optimizer: Optimizer, *, error: Error = half_squared_error, epochs: int = 1000,
        tolerance: float = 1e-6, batch: int | None = None, decay: float = 0.0, validation: float | Associations | None = None,
        early_stopping: EarlyStopping | None = None, seed: int = 0, report: Report | None = None,
        resume: History | None = None) -> History:
    """Changes the network's weights until |∇E| < tolerance, `epochs` passes are over or early stopping says so.

    x: (T, I), target: (T, K), one row per association. E is a sum over associations, so ε has to be smaller for more of them.
    error: half_squared_error, cross_entropy, or any function (y, target) -> Value that is a sum
    over associations, or a mean over them (with mini-batches, E is then the mean of their means).
    It gets the outputs y: (T, K) and their targets: (T, K); or, for K > 1, labels: (T,), one whole
    number from 0 to K - 1 for each row of y.
    batch: so many associations for each change of the weights; None takes all, as on the slides.
    decay: λ of ½ λ Σ w², which is added to E; biases are left out of it.
    validation: the share of the associations that is held out, or a pair (x, target) of others. With early_stopping, the weights
    from the pass with the lowest validation error are put back.
    seed: for the order of mini-batches and the choice of those held out; the same seed gives the same bits.
    report: called with the History after each pass. Ctrl-C ends learning and returns the history so far; the network then has
    the weights from after the last whole pass.
    resume: a History to go on from; with the same settings the result is the same, bit for bit, as without the interruption.
    Raises ShapeError, ValueError, TypeError before anything is computed.
    """
    check_kinds(network, report)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"the optimizer is {shortened(optimizer)}; write GradientDescent(0.1), "
                        f"Momentum(0.1) or Adam(0.01).")
    if early_stopping is not None and not isinstance(early_stopping, EarlyStopping):
        raise TypeError(f"early_stopping is {shortened(early_stopping)}; write "
                        f"EarlyStopping(patience=10).")
    check_number("tolerance", tolerance)
    check_number("decay", decay)
    tolerance, decay = float(tolerance), float(decay)
    epochs, seed = whole_number("epochs", epochs, least=1), whole_number("seed", seed)
    batch = None if batch is None else whole_number("batch", batch, least=1)
    if early_stopping is not None and validation is None:
        raise ValueError("early stopping watches the error on a validation set: give "
                         "validation=0.2, or a pair (x, target).")
    surface, validation = _surface(network, x, target, error, decay, validation, seed)
    x, target = surface.x, surface.target
    history, memory = _begun(surface, validation, optimizer, epochs, early_stopping, resume)
    history.network, history.x, history.target, history.validation_set, history.error = network, x, target, validation, error
    history.settings = {"optimizer": type(optimizer).__name__, **asdict(optimizer),
                        "error": name_of(error), "batch": batch, "decay": decay, "seed": seed,
                        "tolerance": tolerance, "mean": surface.is_mean()}
    parameters, stopping, reason = network.parameters, Stopping(tolerance, cap=epochs), f"cap: {passes(epochs)}"
    measure, most = partial(_measured, network, parameters, error), room_for(_numbers(parameters))
    gradient: Gradients
    mean = history.settings["mean"]
    start = history.steps, _numbers(parameters), memory  # of a pass: what Ctrl-C goes back to
    try:
        for epoch in progress(range(history.steps, epochs), "pass", epochs - history.steps):
            start = epoch, _numbers(parameters), memory
            history.keep(epoch, start[1], most)
            if validation is not None:
                history.validation.append(_error_alone(network, error, validation))
                if early_stopping and (reason := early_stopping.reason(history, start[1])):
                    break
            E, penalty, gradient = 0.0, 0.0, ()
            for x_b, target_b in batches(x, target, batch, seed, epoch):
                share = len(x_b) / len(x)
                decay_b = decay if mean else decay * share  # so that they add up to λ
                E_b, penalty_b, gradient_b = measure(x_b, target_b, decay_b)
                changes, memory = optimizer.step(gradient_b, memory)
                if mean and share < 1:  # means of the batches, of which the mean is wanted
                    E_b, penalty_b = share * E_b, share * penalty_b
                    gradient_b = [share * part for part in gradient_b]
                for w, change_w in zip(parameters, changes):
                    w.output = w.output + change_w  # `w.data = ...` would copy what is nobody else's
                E, penalty = E + E_b, penalty + penalty_b
                gradient = [a + b for a, b in zip(gradient, gradient_b)] if gradient else gradient_b
            history.enter(E, penalty, norm(*gradient))
            if report is not None:
                history.last = history.steps, _numbers(parameters), memory
                report(history)
            if reason := stopping.reason(history):
                break
        if reason.startswith("|∇E|"):  # back to the weights from before the pass: those whose gradient was found to be small
            history.last = start
        else:
            history.last = history.steps, _numbers(parameters), memory
        history.reason = reason
        _finish(history, surface, optimizer, early_stopping)
    except KeyboardInterrupt:
        history.reason, history.last = "interrupted by Ctrl-C", start
        _finish(history, surface, optimizer, early_stopping)
    except Exception:  # in the error or in the report: they are the user's
        _put(parameters, start[1])
        raise
    return history


def _finish(history: History, surface: ErrorSurface, optimizer: Optimizer, early_stopping: EarlyStopping | None) -> None:
    """Makes the last entry that of the last weights, and puts the best weights back."""
    network, (epoch, weights, _) = surface.network, history.last
    if not history.reason.startswith("diverged"):
        _put(network.parameters, weights)
        history.cut(epoch)
        E, penalty, gradients = _measured(network, network.parameters, surface.error, surface.x, surface.target, surface.decay)
        history.enter(E, penalty, norm(*gradients))
        if history.validation_set is not None:
            history.validation.append(_error_alone(network, surface.error, history.validation_set))
            if early_stopping:
                early_stopping.reason(history, weights)  # these may be the best
        history.keep_last(weights)
        if (reason := Stopping().reason(history)).startswith("diverged"):
            history.reason = reason  # with the very last change
    if history.reason.startswith("diverged"):
        history.last = _lowest(history, optimizer)
        _put(network.parameters, history.last[1])
    history.judge = partial(judge, surface=surface.at(history.last[1]))
    if early_stopping and history.best is not None:
        _put(network.parameters, history.best[1])


def _measured(network: Network, parameters: Sequence[Value], error: Error, x: Any, target: Any,
              decay: float) -> tuple[float, float, Gradients]:
    """(E, the part of it that is weight decay, ∇E) on these associations."""
    E, penalty = error(network(x), target), 0.0
    if decay:
        term = weight_decay([layer.w for layer in network.layers], decay)
        E, penalty = E + term, term.item()
    for w in parameters:
        w._grad = None  # `w.grad = None` takes five times as long, and so does asking w.grad twice
    E.backward()
    return E.item(), penalty, [
        w.grad if w._grad is not None else np.zeros_like(w.output) for w in parameters]


def _error_alone(network: Network, error: Error, associations: Associations) -> float:
    """E on these associations, without weight decay and without a record."""
    x, target = associations
    with no_record():
        return error(network(x), target).item()


def _numbers(parameters: Sequence[Value]) -> list[Any]:
    return [w.output for w in parameters]  # `w.data` takes three times as long


def _put(parameters: Sequence[Value], numbers: Sequence[Any]) -> None:
    for w, data in zip(parameters, numbers):
        w.data = data


def _lowest(history: History, optimizer: Optimizer) -> tuple[int, list[Any], Memory]:
    """Where to go back to from a run that diverged: the pass with the lowest E of those whose weights were kept."""
    E = np.array([history.E[epoch] for epoch in history.kept])
    best = int(np.nanargmin(np.where(np.isfinite(E), E, np.inf)))
    return history.kept[best], history.weights[best], optimizer.start(history.weights[best])


def _begun(surface: ErrorSurface, validation: Any, optimizer: Optimizer, epochs: int,
           early_stopping: EarlyStopping | None, resume: History | None) -> tuple[History, Memory]:
    """(a History to write into, what the optimizer remembers), with the network at its weights."""
    network = surface.network
    if resume is None:
        return History(), optimizer.start(_numbers(network.parameters))
    if not isinstance(resume, History) or resume.last is None or resume.network is None:
        raise ValueError("resume takes a History that `fit` gave; from a file, History.load(path).")
    epoch, weights, memory = resume.last
    _check_same(surface, validation, resume)
    if epochs < epoch:
        raise ValueError(f"the history has {epoch} passes already, and epochs, which counts from its start, is {epochs}.")
    _put(network.parameters, weights)
    history = resume.copy()
    history.cut(epoch)
    history.verdict = None
    if early_stopping is None:
        history.best = None
    elif not history.best or not history.validation[history.best[0]] <= history.lowest_validation:
        history.find_best()  # there was no early stopping before, or not all the time
    same = resume.settings["optimizer"] == type(optimizer).__name__
    return history, memory if same else optimizer.start(weights)  # another optimizer has nothing to remember


def _check_same(surface: ErrorSurface, validation: Any, resume: History) -> None:
    """Raises ShapeError or ValueError if the history is of another network, data or error."""
    network = surface.network
    if list(map(repr, network.layers)) != list(map(repr, resume.network.layers)):
        raise ShapeError(f"the history is of {resume.network}, and this is {network}.")
    ours = surface.x, surface.target, *(validation or ())
    theirs = resume.x, resume.target, *(resume.validation_set or ())
    if len(ours) != len(theirs) or not all(map(np.array_equal, ours, theirs)):
        raise ValueError("the history was learnt from other associations, or with another "
                         "validation set. To learn these from its "
                         "weights, start a new run: the network has them.")
    if surface.error is not resume.error or resume.settings["error"] in ERRORS:
        _check_same_error(surface, resume)


def _check_same_error(surface: ErrorSurface, resume: History) -> None:
    """Raises ValueError if the error at the history's last weights is not what the history says.

    The function may be another object and still the same error: a file holds no functions, and a
    notebook's cell that is run again makes a new one. One that gives another number each time
    cannot be compared, and one of ours as a mean is another error than as a sum.
    """
    (epoch, weights, _), parameters = resume.last, surface.network.parameters
    if epoch >= resume.steps:  # a report saved it, when its E was not computed yet
        return
    now, theirs = _numbers(parameters), resume.E[epoch] - resume.penalty[epoch]
    _put(parameters, weights)
    ours, again = (_error_alone(surface.network, surface.error, (surface.x, surface.target))
                   for _ in range(2))
    _put(parameters, now)
    was_added_up = resume.settings["batch"] is not None and epoch < resume.stop_epoch
    is_same = np.isclose(ours, theirs, rtol=1e-6, atol=1e-12, equal_nan=True)
    if was_added_up or ours != again or is_same:  # over mini-batches, while the weights moved
        return
    is_our_mean = resume.settings["error"] in ERRORS and resume.settings.get("mean", False)
    raise ValueError(f"the history's E is {resume.settings['error']}, {theirs:.6g} at its last "
                     f"weights, where the error that "
                     f"is given now is {ours:.6g}: give error={resume.settings['error']} again"
                     f"{', with mean=True' * is_our_mean}.")


def _surface(network: Network, x: Any, target: Any, error: Any, decay: float, validation: Any,
             seed: int) -> tuple[ErrorSurface, Associations | None]:
    """(E on the training set, the validation set), whose targets fit the network and the error."""
    x, target = associations(x, target)
    K = network.layers[-1].w.shape[1]
    target = targets_for((len(x), K), target, error)
    if is_real(validation):
        training, held = held_out(x, target, float(validation), seed)
        held = associations(*held)
        held = held[0], targets_for((len(held[0]), K), held[1], error)
        return ErrorSurface(network, *training, error, decay), held
    surface = ErrorSurface(network, x, target, error, decay)
    if validation is None:
        return surface, None
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise TypeError(f"validation is {shortened(validation)}; give a share such as 0.2, or a "
                        f"pair (x, target).")
    pair = ErrorSurface(network, validation[0], validation[1], error)
    return surface, (pair.x, pair.target)
