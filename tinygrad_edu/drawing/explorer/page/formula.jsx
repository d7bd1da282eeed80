// Formulas in MathML. They are trees as in the record: ["multiply", "y", ["subtract", 1, "u"]]; leaves are numbers, or elements
// that are ready.
import { short } from "./numbers.js";
import { isEntry } from "./views.js";

const SUM = 1, PRODUCT = 2, POWER = 3, ATOM = 4; // how tightly what is written holds together
export const MOST_TERMS = 6; // of a sum; of a longer one the first four and the last

/** The terms that are written; null stands for those that are left out. */
export const few = (terms) => (terms.length <= MOST_TERMS ? terms : [...terms.slice(0, 4), null, terms.at(-1)]);

export const Name = ({ label }) => {
  const [base, sub] = label;
  if (isEntry(label)) return <mrow><mi mathvariant="normal">{base}</mi><mtext>[{sub}]</mtext></mrow>;
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
/** The parts one after the other, with a sign between them and ⋯ for those that are left out. */
const row = (sign, parts, one) => few(parts).map((part, i) => [i > 0 && <mo form="infix">{sign}</mo>, part === null ? <mo>⋯</mo> : one(part)]);
const called = (name) => (parts, given = {}) => [
  <mrow><mi>{name}</mi><mo>(</mo>{row(",", parts, (part) => written(part)[0])}
    {Object.entries(given).map(([parameter, x]) => [<mo>,</mo>, <mi mathvariant="normal">{parameter}</mi>, <mo>=</mo>, <mn>{worded(x)}</mn>])}
    <mo>)</mo></mrow>, ATOM];
const worded = (x) => (typeof x === "number" || ["NaN", "Infinity", "-Infinity"].includes(x) ? short(Number(x)) : String(x));

const WRITTEN = {
  __proto__: null,
  add: operator("+", SUM, PRODUCT),
  // heads of two words are ours alone: no operation can be called so
  "row sum": (parts) => [<mrow>{row("+", parts, (part) => within(part, PRODUCT))}</mrow>, SUM],
  "row product": (parts) => [<mrow>{row("·", parts, (part) => within(part, parts.length > 1 ? PRODUCT : SUM))}</mrow>, PRODUCT],
  "row length": (parts) => [<msqrt><mrow>{row("+", parts, (part) => WRITTEN.square([part])[0])}</mrow></msqrt>, ATOM],
  "with parameters": ([[name, ...parts], given]) => called(name)(parts, given),
  "one result": ([[name, ...parts], index]) => {
    const [element] = called(name)(parts);
    return [index ? <mrow>{element}<mtext>{index}</mtext></mrow> : element, ATOM];
  },
  subtract: operator("−", SUM, PRODUCT),
  multiply: operator("·", PRODUCT, PRODUCT),
  divide: ([a, b]) => [<mfrac>{written(a)[0]}{written(b)[0]}</mfrac>, PRODUCT],
  negative: ([a]) => [<mrow><mo>−</mo>{within(a, PRODUCT)}</mrow>, SUM],
  power: ([a, b]) => [<msup>{within(a, ATOM)}{written(b)[0]}</msup>, POWER],
  square: ([a]) => [<msup>{within(a, ATOM)}<mn>2</mn></msup>, POWER],
  sqrt: ([a]) => [<msqrt>{written(a)[0]}</msqrt>, ATOM],
  exp: ([a]) => [<msup><mi>e</mi>{written(a)[0]}</msup>, POWER],
  reciprocal: ([a]) => [<mfrac><mn>1</mn>{written(a)[0]}</mfrac>, PRODUCT],
  absolute: ([a]) => [<mrow><mo>|</mo>{written(a)[0]}<mo>|</mo></mrow>, ATOM],
  identity: ([a]) => written(a),
  log: called("ln"),
  sigmoid: called("σ"),
  maximum: called("max"),
  minimum: called("min"),
};
const TESTS = { __proto__: null, "=": "=", "\\ne": "≠", "<": "<", "\\le": "≤", ">": ">", "\\ge": "≥", "\\lor": "or" };

function written(tree) {
  if (typeof tree === "number") return [<mn>{short(tree)}</mn>, tree < 0 ? SUM : short(tree).includes("e") ? PRODUCT : ATOM];
  if (!Array.isArray(tree)) return [typeof tree === "string" ? <mi>{tree}</mi> : tree, ATOM];
  const [head, ...parts] = tree;
  if (head in TESTS) return [<mrow><mo>[</mo>{written(parts[0])[0]}<mo>{TESTS[head]}</mo>{written(parts[1])[0]}<mo>]</mo></mrow>, ATOM];
  return (WRITTEN[head] ?? called(head))(parts);
}
