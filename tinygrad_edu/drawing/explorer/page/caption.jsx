// What stands below a step: how a value, a gradient or a tangent comes about, with names and then with the numbers of the moment.
import { Formula, Name, Num, put } from "./formula.jsx";
import { short } from "./numbers.js";
import { look } from "./record.js";

const MOST_TERMS = 6; // of a sum; of a longer one the first four and the last

export const StepCaption = ({ moment, pick }) => {
  const { record, back, mode, now: n, group } = moment;
  const { entries, steps } = record.groups[group];
  return [
    <Heading moment={moment} />,
    back ? <GradientCaption moment={moment} n={n} /> : <ValueCaption moment={moment} n={n} />,
    mode === "forward" && <TangentCaption moment={moment} n={n} />,
    back && (moment.view === "numbers" || steps.length === 1) && <Sent moment={moment} n={n} />,
    back && <Finished moment={moment} pick={pick} />,
    moment.view === "operations" && entries.length > 1 && <p class="note">One of {entries.length} entries; pick a cell to see another.</p>,
  ];
};

/** The leaf whose gradient has become whole with this step: there the slides' rule for a weight can be seen. */
const Finished = ({ moment, pick }) => {
  const { record } = moment;
  const leaves = [...moment.lit].flatMap((n) => record.inputs[n]).filter((n) => record.nodes[n]?.kind === "leaf" && moment.flow(n)?.done);
  const shown = leaves.includes(pick) ? pick : leaves[0];
  return shown !== undefined && <GradientCaption moment={moment} n={shown} />;
};

const Heading = ({ moment: { at, back, mode } }) => (
  <h2>Step {at}: {mode === "forward" ? "a value and its tangent" : back ? "a gradient" : "a value"}</h2>);

export const ValueCaption = ({ moment: { record, values }, n }) => {
  const node = record.nodes[n];
  const tree = unitSum(record, n) ?? [record.rules[node.rule].name, ...node.from];
  return <Line equation={valueEquation(record, n)} left={name(record, n)} parts={[
    <Formula tree={referred(tree, (reference) => leaf(record, values, reference))} />,
    <Formula tree={referred(tree, (reference) => look(values, reference))} />]} x={values[n]} />;
};

export const GradientCaption = ({ moment: { record, values, flowed: { grads } }, n }) => {
  const { terms, outer, equation } = record.nodes[n];
  const written = terms.map(([made, k, into]) => {
    const [g, slope, x] = [into === record.root ? 1 : gradient(record, into), slopeOf(record, values, made, k), record.slope(values, made, k)];
    return { names: <Formula tree={product(g, slope)} />, numbers: times(grads[into], x), plain: Math.abs(x) === 1 || g === 1, constant: g === 1 && typeof slope === "number" };
  });
  const parts = [];
  if (outer !== undefined) {
    const bracketed = (sum) => (terms.length > 1 ? <mrow><mo>(</mo>{sum}<mo>)</mo></mrow> : sum);
    parts.push(<mrow><Formula tree={slopeOf(record, values, outer, 0)} factor /><mo>·</mo>{bracketed(sum(written, "names"))}</mrow>);
    parts.push(<mrow><Num x={record.slope(values, outer, 0)} /><mo>·</mo>{bracketed(sum(written, "numbers"))}</mrow>);
  } else if (terms.length) {
    if (terms.length > 1 || !written[0].constant) parts.push(sum(written, "names"));
    if (terms.length > 1 || !written[0].plain) parts.push(sum(written, "numbers"));
  }
  return <Line equation={equation} left={gradient(record, n)} parts={parts} x={grads[n]} />;
};

export const TangentCaption = ({ moment: { record, values, seed, flowed: { grads } }, n }) => {
  const left = (m) => <mfrac><mrow><mi>∂</mi>{name(record, m)}</mrow><mrow><mi>∂</mi>{name(record, seed)}</mrow></mfrac>;
  const written = record.inputs[n].flatMap((from, k) => (record.flows(n, k) && grads[from] !== 0 ? [{
    names: <Formula tree={product(from === seed ? 1 : left(from), slopeOf(record, values, n, k))} />,
    numbers: times(grads[from], record.slope(values, n, k)) }] : []));
  const parts = written.length ? [sum(written, "names"), sum(written, "numbers")] : [];
  return <Line left={left(n)} parts={parts} x={grads[n]} />;
};

/** What a step back sends to the operands, one after the other. */
const Sent = ({ moment: { record, values, flowed: { grads, flows } }, n }) => (
  <ul class="sent">
    {record.inputs[n].map((from, k) => flows.has(`${n} ${k}`) && (
      <li><math><mrow>{times(grads[n], record.slope(values, n, k), true)}<mo>=</mo><Num x={flows.get(`${n} ${k}`)} /></mrow></math>
        {" flows to "}<math>{name(record, from)}</math></li>))}
  </ul>);

/** δ at the total input of a unit, ∂E/∂v elsewhere. */
export const gradient = (record, n) => {
  const place = record.totals.get(n);
  return place ? <Name label={["δ", place.unit.called + (place.unit.u.length > 1 ? `, t=${place.t}` : "")]} />
    : <mfrac><mrow><mi>∂</mi>{name(record, record.root)}</mrow><mrow><mi>∂</mi>{name(record, n)}</mrow></mfrac>;
};

export const name = (record, n) => (record.nodes[n].label ? <Name label={record.nodes[n].label} /> : <mn>{short(record.start[n])}</mn>);

/** The equation number, and left = part = part = x; a long one goes on in the next line. */
const Line = ({ equation, left, parts, x }) => (
  <p class="formula">
    {equation && <span class="equation" title={`equation ${equation} on the slides`}>({equation})</span>}
    {[...parts, <mn>{short(x)}</mn>].map((part, i) => <math><mrow>{i === 0 && left}<mo>=</mo>{part}</mrow></math>)}
  </p>);

const leaf = (record, values, reference) => (
  typeof reference === "number" && record.nodes[reference].label ? name(record, reference) : look(values, reference));

/** ∂(node)/∂(its operand k) with the names of the nodes in it. */
function slopeOf(record, values, n, k) {
  const rule = record.rules[record.nodes[n].rule];
  return put(rule.written[k], (letter) => {
    const input = rule.inputs.indexOf(letter);
    return letter === "y" ? leaf(record, values, n) : input < 0 ? letter : leaf(record, values, record.inputs[n][input]);
  });
}

const product = (x, slope) => (slope === 1 ? x : x === 1 ? slope : slope === -1 ? ["negative", x] : ["multiply", x, slope]);

/** Two numbers and a dot; a factor of ±1 is not written, unless both have to be. */
const times = (x, slope, both = false) => (both || (Math.abs(slope) !== 1 && x !== 1) ? <mrow><Num x={x} /><mo>·</mo><Num x={slope} /></mrow>
  : <Num x={x * slope} />);

function sum(written, which) {
  const few = written.length <= MOST_TERMS ? written : [...written.slice(0, 4), null, written.at(-1)];
  return <mrow>{few.map((term, i) => [i > 0 && <mo>+</mo>, term === null ? <mo>⋯</mo> : term[which]])}</mrow>;
}

/** A tree of references to nodes, with what `of` makes of each in its place. */
function referred(tree, of) {
  return Array.isArray(tree) && typeof tree[0] === "string" ? [tree[0], ...tree.slice(1).map((part) => referred(part, of))] : of(tree);
}

/** The total input of a unit as one sum, u = Σ w x + b. */
function unitSum(record, n) {
  const { unit, t } = record.totals.get(n) ?? {};
  if (!unit || unit.weights.length > MOST_TERMS) return null;
  const terms = unit.weights.map(([w, source]) => ["multiply", w, record.units[source].y[t]]);
  if (unit.bias !== null) terms.push(unit.bias);
  return terms.reduce((sum, term) => ["add", sum, term]);
}

function valueEquation(record, n) {
  const { unit } = record.totals.get(n) ?? {};
  if (unit) return unit.weights.length === 1 && unit.bias === null ? "1" : "12";
  const rule = record.rules[record.nodes[n].rule];
  if (record.states.has(n)) return rule.name === "sigmoid" ? "31" : "2";
  const [a, b] = record.nodes[n].from;
  return rule.name === "subtract" && record.states.has(a) && record.nodes[b]?.kind === "constant" ? "3" : "";
}
