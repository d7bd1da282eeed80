"""One weight, one association: the first program to write."""

from tinygrad_edu import Value

x, target = 0.8, 0.2
w = Value(0.4, name="w")

for step in range(5):
    y = w * x
    E = 0.5 * (y - target) ** 2
    E.backward()
    print(f"step {step}: w {w.data:.4f}  E {E:.6f}  dE/dw {w.grad:.4f}")
    w.data = w.data - 1.0 * w.grad  # a learning rate of 1
