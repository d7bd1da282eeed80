"""Says whether a gradient is right, and if it is not, what is wrong with it."""
