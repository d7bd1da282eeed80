"""The slides' derivations as exercises: a running program with a hole in it, and a check that says what is wrong."""
