/** A number to so many digits, to four in at most nine characters: 0.32, −1.234e−5, nan, ∞. */
export function short(x, digits = 4) {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return "nan";
  if (size === Infinity) return x > 0 ? "∞" : "−∞";
  const text = size !== 0 && (size < 1e-4 || size >= 99995)
    ? x.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("+", "") : String(Number(x.toPrecision(digits)));
  return (text === "-0" ? "0" : text).replaceAll("-", "−");
}

/** A number to twelve digits, which leaves out what is due to rounding: 0.12 and not 0.12000000000000005. */
export const rounded = (x) => (isFinite(x) ? Number(x.toPrecision(12)) : x);

export function long(x) {
  return Number.isNaN(x) ? "nan" : String(rounded(x)).replaceAll("Infinity", "∞").replaceAll("-", "−");
}
