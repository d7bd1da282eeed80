"""Learning: gradient descent as the slides write it, with a record of what happened and why it stopped."""
