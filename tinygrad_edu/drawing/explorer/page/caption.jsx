// What stands below a step: how a value, a gradient or a tangent comes about, with names and then with the numbers of the moment.
import { Formula, MOST_TERMS, Name, Num, few, put } from "./formula.jsx";
import { short } from "./numbers.js";
import { look } from "./record.js";
import { indexText } from "./views.js";

const MOST_LEAVES = 3; // whose gradients are written in one step

export const StepCaption = ({ moment, pick }) => {
  const { record, back, mode, now: n, group } = moment;
  const { entries, steps } = record.groups[group];
  return [
    <Heading moment={moment} />,
    back ? <GradientCaption moment={moment} n={n} /> : <ValueCaption moment={moment} n={n} />,
    mode === "forward" && <TangentCaption moment={moment} n={n} />,
    back && (moment.view === "numbers" || steps.length === 1) && <Sent moment={moment} n={n} />,
    back && <Finished moment={moment} pick={pick} />,
    <Recorded record={record} n={n} />,
    moment.view === "operations" && entries.length > 1 && <p class="note">One of {entries.length} entries; pick a cell to see another.</p>,
  ];
};

/** Says so where the numbers are not worked out but recorded. */
const Recorded = ({ record, n }) => (!record.rule(n).known && (
  <p class="note recorded">{record.rule(n).name} is shown with the recorded numbers: this page cannot compute it.</p>));

/** Leaves whose gradient has become whole with this step: there the slides' rule for a weight can be seen. */
const Finished = ({ moment, pick }) => {
  const { record, now, lit } = moment;
  const inputs = [now, ...lit].flatMap((n) => record.inputs[n]).filter((n) => record.node(n)?.kind === "leaf" && moment.flow(n)?.done);
  const leaves = [...new Set(inputs)].sort((a, b) => (b === pick) - (a === pick));
  return leaves.slice(0, MOST_LEAVES).map((n) => <GradientCaption moment={moment} n={n} />);
};

const Heading = ({ moment: { at, back, mode } }) => (
  <h2>Step {at}: {mode === "forward" ? "a value and its tangent" : back ? "a gradient" : "a value"}</h2>);

export const ValueCaption = ({ moment: { record, values, view }, n }) => {
  const tree = unitSum(record, n) ?? writtenOut(record, n, view);
  const parts = [[<Formula tree={referred(tree, (reference) => leaf(record, values, reference))} />]];
  if (tree[0] !== "identity") parts.push([<Formula tree={referred(tree, (reference) => look(values, reference))} />]);
  return <Line equation={valueEquation(record, n)} left={name(record, n)} parts={parts} x={values[n]} />;
};

export const GradientCaption = ({ moment: { record, values, flowed: { grads } }, n }) => {
  const { terms, outer, equation } = record.nodes[n];
  const written = terms.map(([made, k, into]) => {
    const [g, slope, x] = [into === record.root ? 1 : gradient(record, into), slopeOf(record, values, made, k), record.slope(values, made, k)];
    const always = typeof slope === "number" && Math.abs(slope) === 1;
    return { tree: product(g, slope), numbers: times(grads[into], x, record.times(grads[into], values, made, k), always || g === 1),
      plain: always || g === 1, constant: g === 1 && typeof slope === "number" };
  });
  const parts = [];
  if (outer !== undefined) {
    parts.push(multiplied(<Formula tree={slopeOf(record, values, outer, 0)} factor />, sum(written, "names", true)));
    parts.push(multiplied(<Num x={record.slope(values, outer, 0)} />, sum(written, "numbers")));
  } else if (terms.length) {
    if (terms.length > 1 || !written[0].constant) parts.push(sum(written, "names"));
    if (terms.length > 1 || !written[0].plain) parts.push(sum(written, "numbers"));
  }
  return <Line equation={equation} left={gradient(record, n)} parts={parts} x={grads[n]} />;
};

export const TangentCaption = ({ moment: { record, values, seed, flowed: { grads } }, n }) => {
  const left = (m) => partial(record, m, seed);
  const written = record.inputs[n].flatMap((from, k) => (record.flows(n, k) && grads[from] !== 0 ? [{
    tree: product(from === seed ? 1 : left(from), slopeOf(record, values, n, k)),
    numbers: times(grads[from], record.slope(values, n, k), record.times(grads[from], values, n, k), from === seed) }] : []));
  const parts = written.length ? [sum(written, "names"), sum(written, "numbers")] : [];
  return <Line left={left(n)} parts={parts} x={grads[n]} />;
};

/** What a step back sends to the operands, one after the other. */
const Sent = ({ moment: { record, values, flowed: { grads, flows } }, n }) => (
  <ul class="sent">
    {record.inputs[n].map((from, k) => flows.has(`${n} ${k}`) && (
      <li><math><mrow>{times(grads[n], record.slope(values, n, k), flows.get(`${n} ${k}`), false)}<mo>=</mo><mn>{short(flows.get(`${n} ${k}`))}</mn></mrow></math>
        {" flows to "}<math>{name(record, from)}</math></li>))}
  </ul>);

/** δ at the total input of a unit, ∂E/∂v elsewhere. */
export const gradient = (record, n) => (
  record.nodes[n].delta ? <Name label={record.nodes[n].delta} /> : partial(record, record.root, n));

const partial = (record, of, n) => <mfrac><mrow><mi>∂</mi>{name(record, of)}</mrow><mrow><mi>∂</mi>{name(record, n)}</mrow></mfrac>;

export const name = (record, n) => (record.nodes[n].label ? <Name label={record.nodes[n].label} /> : <mn>{short(record.start[n])}</mn>);

/** The equation number, and left = part = part = x. A part is a list of pieces between which a long line may be broken. */
const Line = ({ equation, left, parts, x }) => (
  <p class="formula">
    {equation && <span class="equation" title={`equation ${equation} on the slides`}>({equation})</span>}
    {[...parts, [<mn>{short(x)}</mn>]].map((pieces, i) => pieces.map((piece, j) => (
      <math><mrow>{i === 0 && j === 0 && left}{j === 0 && <mo>=</mo>}{piece}</mrow></math>)))}
  </p>);

const leaf = (record, values, reference) => (
  typeof reference === "number" && record.nodes[reference].label ? name(record, reference) : look(values, reference));

/** ∂(node)/∂(its operand k) with the names of the nodes in it. */
function slopeOf(record, values, n, k) {
  const rule = record.rule(n);
  const [x, y] = [record.writtenSlope(values, n, k), record.slope(values, n, k)];
  const exact = x !== null && (Object.is(x, y) || Math.abs(x - y) <= 1e-9 * Math.abs(y)); // not so at a tie, which a book forgets
  if (!exact && !rule.known) return y;
  return put(exact ? rule.written[k] : rule.exact[k], (letter) => {
    const input = rule.inputs.indexOf(letter);
    return letter === "y" ? leaf(record, values, n) : input < 0 ? letter : leaf(record, values, record.inputs[n][input]);
  });
}

const product = (x, slope) => (slope === 1 ? x : x === 1 ? slope : slope === -1 ? ["negative", x] : ["multiply", x, slope]);

/** Two numbers and a dot; or what they come to, where one is sure to be ±1, or the walk takes 0 · ∞ for 0. flow: what flows. */
const times = (x, slope, flow, plain) => {
  if (plain) return <Num x={x * slope} />;
  return flow === 0 && !isFinite(x + slope) ? <mn>0</mn> : <mrow><Num x={x} /><mo>·</mo><Num x={slope} /></mrow>;
};

/** The pieces of a sum of what is written, "names" or "numbers"; factor: whether it will stand in a product. */
function sum(written, which, factor = false) {
  const piece = (term, i) => (which === "numbers" ? term.numbers : <Formula tree={term.tree} factor={i > 0 || factor} />);
  return few(written).map((term, i) => <mrow>{i > 0 && <mo form="infix">+</mo>}{term === null ? <mo>⋯</mo> : piece(term, i)}</mrow>);
}

/** The pieces of factor · (sum). */
function multiplied(factor, pieces) {
  const [first, ...rest] = pieces;
  if (!rest.length) return [<mrow>{factor}<mo>·</mo>{first}</mrow>];
  const bracket = (sign) => <mo stretchy="false" form={sign === "(" ? "prefix" : "postfix"}>{sign}</mo>;
  return [<mrow>{factor}<mo>·</mo>{bracket("(")}{first}</mrow>, ...rest.slice(0, -1), <mrow>{rest.at(-1)}{bracket(")")}</mrow>];
}

/** How a node was made; where one looks at what the program wrote, out of what that began with. */
function writtenOut(record, n, view) {
  const { from, group } = record.nodes[n];
  const { entries } = record.groups[group];
  const inner = (input) => view === "operations" && record.node(input)?.kind === "operation" && record.nodes[input].group === group && !entries.includes(input);
  const parts = from.map((input) => (inner(input) ? writtenOut(record, input, view) : input));
  const { name: head, parameters, recorded } = record.rule(n);
  if (recorded) return ["one result", [head, ...parts], entryText(record, n)];
  if (Object.keys(parameters).length) return ["with parameters", [head, ...parts], parameters];
  if (head === "divide" && parts[1][0] === 1) return ["identity", parts[0]]; // a mean of one
  return head in CHAINS ? chained(head, parts) : [head, ...parts];
}

/** Operations of two whose nesting is written as one row: a + b + c, max(a, b, c), √(a² + b² + c²). */
const CHAINS = { __proto__: null, add: "row sum", multiply: "row product", maximum: "maximum", minimum: "minimum", hypot: "row length" };

function chained(head, parts) {
  const row = CHAINS[head];
  const terms = parts.flatMap((part) => (part[0] === row ? part.slice(1) : [part]));
  return [row, ...terms.filter((part) => !(head === "hypot" && part[0] === 0))]; // lengths begin with 0
}

/** The index of a node in its array, as in [0, 1]; nothing for a single number. */
function entryText(record, n) {
  const { entries, shape } = record.groups[record.nodes[n].group];
  return shape.length ? `[${indexText(entries.indexOf(n), shape)}]` : "";
}

/** A tree of references to nodes, with what `of` makes of each in its place. */
function referred(tree, of) {
  if (!Array.isArray(tree) || typeof tree[0] !== "string") return of(tree);
  const [head, ...parts] = tree;
  if (head === "with parameters" || head === "one result") return [head, referred(parts[0], of), parts[1]];
  return [head, ...parts.map((part) => referred(part, of))];
}

/** The total input of a unit as one sum, u = Σ w x + b. */
function unitSum(record, n) {
  const { unit, t } = record.totals.get(n) ?? {};
  if (!unit || unit.weights.length > MOST_TERMS) return null;
  const terms = unit.weights.map(([w], i) => ["row product", w, unit.states[t][i]]);
  if (unit.bias !== null) terms.push(unit.bias);
  return terms.length > 1 ? ["row sum", ...terms] : terms[0];
}

function valueEquation(record, n) {
  const { unit } = record.totals.get(n) ?? {};
  if (unit) return unit.weights.length === 1 && unit.bias === null ? "1" : "12";
  const rule = record.rule(n);
  if (record.states.get(n)?.unit.u.length) return rule.name === "sigmoid" ? "31" : "2";
  const [a, b] = record.nodes[n].from;
  return rule.name === "subtract" && record.states.has(a) && record.node(b)?.kind !== "operation" ? "3" : "";
}
