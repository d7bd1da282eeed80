"""A page on which the backward pass of a computation is stepped through."""
