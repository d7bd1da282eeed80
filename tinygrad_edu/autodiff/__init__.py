"""The engine: record once, read many ways. Not one word of neural networks in it."""
