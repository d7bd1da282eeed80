"""All exercises, in the order of the slides."""

from tinygrad_edu.exercises.bank import hidden_units, learning, one_weight, two_weights
from tinygrad_edu.exercises.exercise import Exercise

EXERCISES: dict[str, Exercise] = {exercise.name: exercise for module in (one_weight, two_weights, hidden_units, learning)
                                  for exercise in module.EXERCISES}
