// The elementwise operations on single numbers, by the names that their records have. Their slopes are not here: these come with
// the record, as formulas in these same functions.

const { abs, cosh, exp, expm1, floor, log, log1p, max, min, sign, sqrt, tanh, PI } = Math;

function power(a, b) {
  // IEEE 754 says 1 where JavaScript says NaN
  return a === 1 || (a === -1 && abs(b) === Infinity) ? 1 : a ** b;
}

function remainder(a, b) {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

function floorDivide(a, b) {
  return b === 0 || !isFinite(a / b) ? floor(a / b) : floor((a - remainder(a, b)) / b + 0.5);
}

function softplus(u) {
  return max(u, 0) + log1p(exp(-abs(u)));
}

function erf(u) {
  if (abs(u) > 2) return sign(u) * (1 - erfc(abs(u)));
  // erf u = 2/√π e^(-u²) Σ 2ⁿ u^(2n+1) / (1·3·5···(2n+1)): all terms have one sign, so nothing cancels
  let term = u, sum = u;
  for (let n = 1; abs(term) > 1e-18 * abs(sum); n += 1) {
    term *= (2 * u * u) / (2 * n + 1);
    sum += term;
  }
  return (2 / sqrt(PI)) * exp(-u * u) * sum;
}

function erfc(u) {
  if (!(u >= 2)) return 1 - erf(u);
  if (u > 27) return 0;
  // a continued fraction, worked out from its end: e^(-u²)/√π · 1/(u + ½/(u + 1/(u + 3/2/(u + ...))))
  let tail = u;
  for (let n = 120; n > 0; n -= 1) tail = u + n / 2 / tail;
  return exp(-u * u) / sqrt(PI) / tail;
}

export const FUNCTIONS = {
  __proto__: null, // so that no other names are found in it than these
  identity: (u) => u,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  ratio: (a, b) => (a === 0 && b === 0 ? 0 : a / b),
  floor_divide: floorDivide,
  remainder,
  negative: (a) => -a,
  power,
  maximum: (a, b) => max(a, b), // not max itself, which takes any number of arguments and would take the parameters for one
  minimum: (a, b) => min(a, b),
  clip: (a, low, high) => min(max(a, low), high),
  where: (condition, a, b) => (condition !== 0 ? a : b),
  square: (u) => u * u,
  sqrt,
  cbrt: Math.cbrt,
  reciprocal: (u) => 1 / u,
  exp,
  expm1,
  log,
  log1p,
  log2: Math.log2,
  log10: Math.log10,
  absolute: abs,
  sign,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  arcsin: Math.asin,
  arccos: Math.acos,
  arctan: Math.atan,
  arctan2: Math.atan2,
  hypot: (a, b) => Math.hypot(a, b),
  sinh: Math.sinh,
  cosh,
  sech: (u) => 1 / cosh(u),
  tanh,
  sigmoid: (u) => 1 / (1 + exp(-u)),
  one_minus_sigmoid: (u) => 1 / (1 + exp(u)),
  log_sigmoid: (u) => -softplus(-u),
  softplus,
  relu: (u) => max(u, 0),
  leaky_relu: (u, { slope }) => (u > 0 ? u : slope * u),
  elu: (u, { alpha }) => (u > 0 ? u : alpha * expm1(min(u, 0))),
  silu: (u) => u / (1 + exp(-u)),
  erf,
  erfc,
  gelu: (u) => 0.5 * u * erfc(-u / sqrt(2)),
  // tests, which are 1 or 0 in a formula
  "=": (a, b) => +(a === b),
  "\\ne": (a, b) => +(a !== b),
  "<": (a, b) => +(a < b),
  "\\le": (a, b) => +(a <= b),
  ">": (a, b) => +(a > b),
  "\\ge": (a, b) => +(a >= b),
  "\\lor": (a, b) => +(a !== 0 || b !== 0),
};
