// Computes with a record: forward for the values, back for cotangents, forward again for tangents. The page has no other numbers.
import { FUNCTIONS } from "./functions.js";

export class Record {
  constructor(written) {
    Object.assign(this, written);
    this.operations = this.nodes.flatMap((node, n) => (node.kind === "operation" ? [n] : []));
    this.leaves = this.nodes.flatMap((node, n) => (node.kind === "leaf" ? [n] : []));
    this.rules = this.rules.map((rule) => ({
      ...rule,
      forward: rule.recorded ? undefined : FUNCTIONS[rule.name],
      partials: rule.partials.map((tree) => compiled(tree, rule.inputs)),
      exact: rule.partials,
      asWritten: rule.written.map((tree) => compiled(tree, rule.inputs)),
      given: Object.fromEntries(Object.entries(rule.parameters).map(([name, x]) => [name, Number(x)])),
    }));
    this.start = this.nodes.map((node) => ("value" in node ? Number(node.value) : 0));
    this.inputs = this.nodes.map((node) => node.from ?? []);
    this.trust();
    this.locks = this.locked();
    this.movable = this.leaves.filter((n) => !this.locks.has(n));
    this.totals = new Map(); // the total input u of a unit -> which unit, which association
    this.states = new Map(); // and its state y = f(u)
    for (const unit of this.units) {
      unit.u.forEach((n, t) => this.totals.set(n, { unit, t }));
      unit.y.forEach((n, t) => this.states.set(n, { unit, t }));
    }
  }

  /** Looks which rules the page can compute with: those whose function and slopes it has, and that give the recorded numbers. */
  trust() {
    const values = this.start;
    for (const n of this.operations) {
      const rule = this.rule(n);
      const { value, slopes } = this.nodes[n];
      rule.known ??= rule.forward !== undefined;
      rule.known &&= alike(rule.forward(...this.operands(values, n), rule.given), Number(value));
      slopes.forEach((slope, k) => {
        if (slope !== null) rule.known &&= rule.partials[k] !== null && alike(this.worked(values, n, "partials", k), Number(slope));
      });
    }
  }

  /** For each node that a step depends on which the page cannot compute, the names of the operations of these steps. */
  locked() {
    const locks = new Map();
    for (const n of [...this.operations].reverse()) {
      const names = [...(locks.get(n) ?? []), ...(this.rule(n).known ? [] : [this.rule(n).name])];
      if (!names.length) continue;
      for (const from of this.inputs[n]) {
        if (typeof from === "number") locks.set(from, new Set([...(locks.get(from) ?? []), ...names]));
      }
    }
    return locks;
  }

  /** Why a number cannot be changed, or several that are in the same case; null where it can. */
  whyLocked(n, it = "it") {
    const names = this.locks.get(n);
    if (!names) return null;
    const list = [...names].join(" and ");
    return `cannot be changed: ${list} ${names.size > 1 ? "depend" : "depends"} on ${it}, and of ${list} this page has only the `
      + "recorded numbers, and no function to compute others with.";
  }

  /** The rule of a node that is an operation. */
  rule(n) { return this.rules[this.nodes[n].rule]; }

  /** The node of a reference; undefined for a number in brackets, which is none. */
  node(reference) { return typeof reference === "number" ? this.nodes[reference] : undefined; }

  operands(values, n) { return this.inputs[n].map((input) => look(values, input)); }

  /** How many associations the network is shown. */
  get T() { return Math.max(0, ...this.units.map((unit) => unit.y.length)); }

  /** Which of them a total input or a state belongs to. */
  association(n) { return (this.totals.get(n) ?? this.states.get(n))?.t; }

  /** The value of all nodes, if the leaves and constants have these. edits: {node: number}. */
  values(edits = {}) {
    const values = Float64Array.from(this.start);
    for (const [n, x] of Object.entries(edits)) values[n] = x;
    return this.evaluate(values);
  }

  /** Works out all operations, in place. */
  evaluate(values) {
    for (const n of this.operations) {
      const rule = this.rule(n);
      if (!rule.known) {
        values[n] = this.start[n];
        continue;
      }
      const from = this.inputs[n];
      const a = look(values, from[0]);
      values[n] = from.length === 1 ? rule.forward(a, rule.given)
        : from.length === 2 ? rule.forward(a, look(values, from[1]), rule.given)
          : rule.forward(...from.map((input) => look(values, input)), rule.given);
    }
    return values;
  }

  /** ∂(node n)/∂(its operand k). */
  slope(values, n, k) { return this.rule(n).known ? this.worked(values, n, "partials", k) : Number(this.nodes[n].slopes[k]); }

  /** The same by the simplified formula, which is what a book prints; null where there is none. */
  writtenSlope(values, n, k) { return this.rule(n).asWritten[k] && this.worked(values, n, "asWritten", k); }

  worked(values, n, form, k) {
    const rule = this.rule(n);
    return rule[form][k](values[n], this.operands(values, n), rule.given);
  }

  /** Whether operand k of node n is something that gets a gradient. */
  flows(n, k) {
    const from = this.inputs[n][k];
    return typeof from === "number" && this.nodes[from].kind !== "constant";
  }

  /** The first `steps` steps back from the root: the cotangents so far, and what flowed along each edge, as {"n k": number}. */
  reverse(values, steps = this.operations.length) {
    const grads = new Float64Array(this.nodes.length);
    const flows = new Map();
    grads[this.root] = 1;
    for (let i = 0; i < steps; i += 1) {
      const n = this.operations[this.operations.length - 1 - i];
      for (let k = 0; k < this.inputs[n].length; k += 1) {
        if (!this.flows(n, k)) continue;
        const flow = this.times(grads[n], values, n, k);
        flows.set(`${n} ${k}`, flow);
        grads[this.inputs[n][k]] += flow;
      }
    }
    return { grads, flows };
  }

  /** The tangents of the first `steps` operations, if that of leaf `seed` is 1; and what flowed along each edge. */
  forward(values, seed, steps = this.operations.length) {
    const tangents = new Float64Array(this.nodes.length);
    const flows = new Map();
    tangents[seed] = 1;
    for (const n of this.operations.slice(0, steps)) {
      for (let k = 0; k < this.inputs[n].length; k += 1) {
        if (!this.flows(n, k)) continue;
        const flow = this.times(tangents[this.inputs[n][k]], values, n, k);
        flows.set(`${n} ${k}`, flow);
        tangents[n] += flow;
      }
    }
    return { grads: tangents, flows };
  }

  /** A cotangent or a tangent times a slope. One of exactly 0 passes on nothing, also where the slope is infinite. */
  times(x, values, n, k) {
    if (x === 0) return 0;
    const slope = this.slope(values, n, k);
    return slope === 0 && this.rule(n).selects ? 0 : x * slope;
  }

  /** How many products of a slope with a cotangent or a tangent each mode needs: {reverse, one (from this leaf), all}. */
  work(seed) {
    const edges = this.operations.flatMap((n) => this.inputs[n].flatMap((from, k) => (this.flows(n, k) ? [[n, from]] : [])));
    const from = (leaf) => {
      const reached = new Set([leaf]);
      let products = 0;
      for (const [n, parent] of edges) {
        if (reached.has(parent)) {
          products += 1;
          reached.add(n);
        }
      }
      return products;
    };
    return { reverse: edges.length, one: from(seed), all: this.leaves.reduce((sum, leaf) => sum + from(leaf), 0) };
  }
}

/** A value by its reference: the number of a node, or a number in brackets. */
export function look(values, reference) {
  return typeof reference === "number" ? values[reference] : Number(reference[0]);
}

/** Whether two numbers are the same but for rounding. */
function alike(x, y) {
  return Object.is(x, y) || x === y || Math.abs(x - y) <= 1e-9 * Math.abs(y) + 1e-12;
}

/** A formula as a function of (y, the inputs, the parameters); null for none, or one with a function that the page has not. */
function compiled(tree, inputs) {
  if (tree === null) return null;
  if (typeof tree === "number") return () => tree;
  if (typeof tree === "string") {
    if (tree === "y") return (y) => y;
    const k = inputs.indexOf(tree);
    if (k >= 0) return (y, xs) => xs[k];
    const number = Number(tree); // Infinity, NaN
    return () => number;
  }
  const f = FUNCTIONS[tree[0]];
  const parts = tree.slice(1).map((part) => compiled(part, inputs));
  if (f === undefined || parts.includes(null)) return null;
  return parts.length === 1 ? (y, xs, given) => f(parts[0](y, xs, given), given)
    : (y, xs, given) => f(...parts.map((part) => part(y, xs, given)), given);
}
