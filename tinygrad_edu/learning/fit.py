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

from tinygrad_edu.autodiff.mistakes import ShapeError
from tinygrad_edu.autodiff.recording import no_record
from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.learning.association import Associations, associations, batches, held_out
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.history import History, norm, room_for
from tinygrad_edu.learning.optimizer import Gradients, Memory, Optimizer
from tinygrad_edu.learning.progress import progress
from tinygrad_edu.learning.stopping import EarlyStopping, Stopping, passes
from tinygrad_edu.learning.verdict import judge
from tinygrad_edu.network.error import half_squared_error, weight_decay
from tinygrad_edu.network.layer import Network

Error = Callable[[Any, Any], Value]
Report = Callable[[History], None]


@np.errstate(all="ignore")  # a run may diverge, and says so in its verdict
def fit(network: Network, x: Any, target: Any, optimizer: Optimizer, *, error: Error = half_squared_error, epochs: int = 1000,
        tolerance: float = 1e-6, batch: int | None = None, decay: float = 0.0, validation: float | Associations | None = None,
        early_stopping: EarlyStopping | None = None, seed: int = 0, report: Report | None = None,
        resume: History | None = None) -> History:
    """Changes the network's weights until |∇E| < tolerance, `epochs` passes are over or early stopping says so.

    x: (T, I), target: (T, K), one row per association. E is a sum over associations, so ε has to be smaller for more of them.
    error: half_squared_error, cross_entropy, or any function (y, target) -> Value that is a sum over associations.
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
    (x, target), validation = _checked(network, x, target, optimizer, error, epochs, tolerance, batch, decay, validation,
                                       early_stopping, seed, report)
    history, memory = _begun(network, x, target, validation, optimizer, error, epochs, early_stopping, resume)
    history.network, history.x, history.target, history.validation_set, history.error = network, x, target, validation, error
    history.settings = {"optimizer": type(optimizer).__name__, **asdict(optimizer), "error": getattr(error, "__name__", str(error)),
                        "batch": batch, "decay": decay, "seed": seed, "tolerance": tolerance}
    parameters, stopping, reason = network.parameters, Stopping(tolerance, cap=epochs), f"cap: {passes(epochs)}"
    measure, most = partial(_measured, network, parameters, error), room_for(_numbers(parameters))
    surface = ErrorSurface(network, x, target, error, decay)
    gradient: Gradients
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
                E_b, penalty_b, gradient_b = measure(x_b, target_b, decay * (len(x_b) / len(x)))  # so that they add up to λ
                changes, memory = optimizer.step(gradient_b, memory)
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
    """Makes the last entry that of the last weights, finds the verdict, and puts the best weights back."""
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
        if not np.isfinite(E):
            history.reason = f"diverged: E is {E} after {passes(epoch)}"
    if history.reason.startswith("diverged"):
        history.last = _lowest(history, optimizer)
        _put(network.parameters, history.last[1])
    history.verdict = judge(history, surface)
    if early_stopping:
        _put(network.parameters, history.best[1])


def _measured(network: Network, parameters: Sequence[Value], error: Error, x: Any, target: Any,
              decay: float) -> tuple[float, float, Gradients]:
    """(E, the part of it that is weight decay, ∇E) on these associations."""
    E, penalty = error(network(x), target), 0.0
    if decay:
        term = weight_decay([layer.w for layer in network.layers], decay)
        E, penalty = E + term, term.item()
    E.backward()
    return float(E.output), penalty, [w.grad for w in parameters]


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


def _begun(network: Network, x: Any, target: Any, validation: Any, optimizer: Optimizer, error: Error, epochs: int,
           early_stopping: EarlyStopping | None, resume: History | None) -> tuple[History, Memory]:
    """(a History to write into, what the optimizer remembers), with the network at its weights."""
    if resume is None:
        return History(), optimizer.start(_numbers(network.parameters))
    if not isinstance(resume, History) or resume.last is None:
        raise ValueError("resume takes a History that `fit` gave; from a file, History.load(path).")
    epoch, weights, memory = resume.last
    if list(map(repr, network.layers)) != list(map(repr, resume.network.layers)):
        raise ShapeError(f"the history is of {resume.network}, and this is {network}.")
    ours, theirs = (x, target, *(validation or ())), (resume.x, resume.target, *(resume.validation_set or ()))
    if len(ours) != len(theirs) or not all(map(np.array_equal, ours, theirs)):
        raise ValueError("the history was learnt from other associations, or with another validation set. To learn these from its "
                         "weights, start a new run: the network has them.")
    if error is not resume.error:
        name = resume.settings["error"]
        raise ValueError(f"the history's E is {name}: give error={name} again" + (
            "." if resume.error else ", and set history.error to it: a file does not hold functions of your own."))
    if epochs < epoch:
        raise ValueError(f"the history has {epoch} passes already, and epochs, which counts from its start, is {epochs}.")
    _put(network.parameters, weights)
    history = resume.copy()
    history.cut(epoch)
    if early_stopping is None:
        history.best = None
    elif history.validation and (history.best is None or history.validation[history.best[0]] > np.nanmin(history.validation)):
        history.find_best()  # there was no early stopping before, or not all the time
    same = resume.settings["optimizer"] == type(optimizer).__name__
    return history, memory if same else optimizer.start(weights)  # another optimizer has nothing to remember


def _checked(network: Any, x: Any, target: Any, optimizer: Any, error: Any, epochs: Any, tolerance: Any, batch: Any, decay: Any,
             validation: Any, early_stopping: Any, seed: Any, report: Any) -> tuple[Associations, Associations | None]:
    """The training set and the validation set; raises what `fit` says it raises."""
    if not isinstance(network, Network):
        raise TypeError(f"fit changes the weights of a Network, such as Network(2, 2, 1), and got {type(network).__name__}.")
    if not all(isinstance(w, Value) for w in network.parameters):
        raise TypeError("this network's weights are plain arrays (network.at gives such ones, to be looked at).")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"the optimizer is {optimizer!r}; write GradientDescent(0.1), Momentum(0.1) or Adam(0.01).")
    if not callable(error):
        raise TypeError(f"the error is {error!r}; give a function such as half_squared_error.")
    if report is not None and not callable(report):
        raise TypeError(f"report is {report!r}; give a function that takes the History, such as print.")
    _check_number("epochs", epochs, whole=True, least=1)
    _check_number("tolerance", tolerance)
    _check_number("decay", decay)
    _check_number("seed", seed, whole=True)
    if batch is not None:
        _check_number("batch", batch, whole=True, least=1)
    if early_stopping is not None and not isinstance(early_stopping, EarlyStopping):
        raise TypeError(f"early_stopping is {early_stopping!r}; write EarlyStopping(patience=10).")
    if early_stopping is not None and validation is None:
        raise ValueError("early stopping watches the error on a validation set: give validation=0.2, or a pair (x, target).")
    training = associations(x, target)
    if isinstance(validation, (float, int, np.number)) and not isinstance(validation, bool):
        training, validation = (associations(*part) for part in held_out(*training, float(validation), seed))
    elif isinstance(validation, (tuple, list)) and len(validation) == 2:
        validation = associations(*validation)
        _check_error(network, error, *validation)
    elif validation is not None:
        raise TypeError(f"validation is {validation!r:.60}; give a share such as 0.2, or a pair (x, target).")
    _check_error(network, error, *training)
    return training, validation


def _check_error(network: Network, error: Error, x: Any, target: Any) -> None:
    """Finds out now whether shapes fit and a gradient arrives; changes nothing but the gradients."""
    E = error(network(x), target)
    if not isinstance(E, Value) or E.size != 1:
        came = f"shape {E.shape}" if isinstance(E, Value) else type(E).__name__
        raise TypeError(f"the error function has to give one number, as a Value, for all associations together; it gave {came}.")
    for w in network.parameters:
        w.grad = None
    E.backward()
    if all(w.grad is None for w in network.parameters):
        raise ValueError("E does not depend on the weights: somewhere in the error function the record was lost, as in y.data or "
                         "float(y).")


def _check_number(name: str, number: Any, *, whole: bool = False, least: float = 0) -> None:
    kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    if isinstance(number, bool) or not isinstance(number, kinds) or not least <= number < float("inf"):
        raise ValueError(f"{name} is {number!r}; it is a {'whole ' * whole}number from {least}.")
