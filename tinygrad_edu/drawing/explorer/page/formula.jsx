// Formulas in MathML. They are trees as in the record: ["multiply", "y", ["subtract", 1, "u"]]; leaves are numbers, or elements
// that are ready.
import { short } from "./numbers.js";

const SUM = 1, PRODUCT = 2, ATOM = 3; // how tightly what is written holds together

export const Name = ({ label: [base, sub] }) => {
  const letter = base.length === 1 ? <mi>{base}</mi> : <mi mathvariant="normal">{base}</mi>;
  return sub ? <msub>{letter}<mtext>{sub}</mtext></msub> : letter;
};

export const Num = ({ x }) => (x < 0 ? <mrow><mo>(</mo><mn>{short(x)}</mn><mo>)</mo></mrow> : <mn>{short(x)}</mn>);

/** The tree with its names replaced by what `leaf` makes of them. */
export function put(tree, leaf) {
  if (Array.isArray(tree)) return [tree[0], ...tree.slice(1).map((part) => put(part, leaf))];
  return typeof tree === "string" ? leaf(tree) : tree;
}

/** factor: in brackets where it could not stand in a product without. */
export const Formula = ({ tree, factor }) => (factor ? within(tree, PRODUCT) : written(tree)[0]);

const within = (tree, least) => {
  const [element, tightness] = written(tree);
  return tightness >= least ? element : <mrow><mo>(</mo>{element}<mo>)</mo></mrow>;
};
const operator = (sign, left, right) => ([a, b]) => [<mrow>{within(a, left)}<mo>{sign}</mo>{within(b, right)}</mrow>, left];
const called = (name) => (parts) => [
  <mrow><mi>{name}</mi><mo>(</mo>{parts.map((part, i) => [i > 0 && <mo>,</mo>, written(part)[0]])}<mo>)</mo></mrow>, ATOM];

const WRITTEN = {
  add: operator("+", SUM, PRODUCT),
  sum: (parts) => [<mrow>{parts.map((part, i) => [i > 0 && <mo>+</mo>, part === null ? <mo>⋯</mo> : within(part, PRODUCT)])}</mrow>, SUM],
  subtract: operator("−", SUM, PRODUCT),
  multiply: operator("·", PRODUCT, PRODUCT),
  divide: ([a, b]) => [<mfrac>{written(a)[0]}{written(b)[0]}</mfrac>, ATOM],
  negative: ([a]) => [<mrow><mo>−</mo>{within(a, PRODUCT)}</mrow>, SUM],
  power: ([a, b]) => [<msup>{within(a, ATOM)}{written(b)[0]}</msup>, ATOM],
  square: ([a]) => [<msup>{within(a, ATOM)}<mn>2</mn></msup>, ATOM],
  sqrt: ([a]) => [<msqrt>{written(a)[0]}</msqrt>, ATOM],
  exp: ([a]) => [<msup><mi>e</mi>{written(a)[0]}</msup>, ATOM],
  reciprocal: ([a]) => [<mfrac><mn>1</mn>{written(a)[0]}</mfrac>, ATOM],
  absolute: ([a]) => [<mrow><mo>|</mo>{written(a)[0]}<mo>|</mo></mrow>, ATOM],
  identity: ([a]) => written(a),
  log: called("ln"),
  sigmoid: called("σ"),
  maximum: called("max"),
  minimum: called("min"),
};
const TESTS = { "=": "=", "\\ne": "≠", "<": "<", "\\le": "≤", ">": ">", "\\ge": "≥", "\\lor": "or" };

function written(tree) {
  if (typeof tree === "number") return [<mn>{short(tree)}</mn>, tree < 0 ? SUM : ATOM];
  if (!Array.isArray(tree)) return [typeof tree === "string" ? <mi>{tree}</mi> : tree, ATOM];
  const [head, ...parts] = tree;
  if (head in TESTS) return [<mrow><mo>[</mo>{written(parts[0])[0]}<mo>{TESTS[head]}</mo>{written(parts[1])[0]}<mo>]</mo></mrow>, ATOM];
  return (WRITTEN[head] ?? called(head))(parts);
}
