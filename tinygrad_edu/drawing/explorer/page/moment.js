// What is known at one moment of stepping: which values, which gradients or tangents, and which step has just been done.
import { textOf } from "./views.js";
import { long, short } from "./numbers.js";

export class Moment {
  /** marks: where one can stop in this view; see views.js. */
  constructor(record, values, { step, view, mode, seed, pick, t }, marks) {
    const N = record.operations.length;
    Object.assign(this, { record, values, view, mode, seed, marks });
    this.step = Math.min(step, marks.at(-1));
    this.at = marks.findLastIndex((mark) => mark <= this.step);
    this.back = mode === "reverse" && this.step > N;
    this.computed = Math.min(this.step, N);
    this.pulled = this.back ? this.step - N : 0;
    this.flowed = mode === "reverse" ? record.reverse(values, this.pulled) : record.forward(values, seed, this.computed);

    const [from, to] = this.at === 0 ? [0, 0] : [marks[this.at - 1], marks[this.at]];
    const stepped = this.back ? record.operations.slice(2 * N - to, 2 * N - from) : record.operations.slice(from, to);
    this.lit = new Set(stepped);
    this.group = stepped.length ? record.nodes[stepped.at(-1)].group : null;
    this.now = stepped.length ? this.spotlight(stepped, pick, t) : null;

    this.ready = new Set(record.operations.slice(0, this.computed));
    this.open = new Set(); // what still waits for a part of its gradient
    for (const n of record.operations.slice(0, N - this.pulled)) for (const input of record.inputs[n]) this.open.add(input);
    this.touched = new Set([...this.flowed.flows.keys()].map((key) => {
      const [n, k] = key.split(" ").map(Number);
      return record.inputs[n][k];
    }));
  }

  /** The node that the caption is about: the one that was picked, if the step is about it; else one of association t. */
  spotlight(stepped, pick, t) {
    if (this.view === "numbers") return stepped[0];
    const { entries, shape } = this.record.groups[this.group];
    if (entries.includes(pick)) return pick;
    const row = shape.length > 1 && shape[0] === this.record.T ? entries[t * (entries.length / this.record.T)] : undefined;
    return [entries.find((n) => this.record.association(n) === t), row, ...entries].find((n) => this.lit.has(n)) ?? stepped.at(-1);
  }

  isComputed(n) {
    return typeof n !== "number" || this.record.nodes[n].kind !== "operation" || this.ready.has(n);
  }

  value(n) {
    return this.isComputed(n) ? (typeof n === "number" ? this.values[n] : Number(n[0])) : null;
  }

  /** The gradient or the tangent of a node, {x, done}: not done while parts of it have still to come; null before the first. */
  flow(n) {
    if (typeof n !== "number" || this.record.nodes[n].kind === "constant") return null;
    const x = this.flowed.grads[n];
    if (this.mode === "forward") return this.isComputed(n) ? { x, done: true } : null;
    if (!this.back) return null;
    const unused = this.record.nodes[n].terms.length === 0;
    return this.touched.has(n) || unused ? { x, done: !this.open.has(n) } : null;
  }

  /** What flowed along an edge of this view, if both its ends are single numbers. */
  along({ to, from, k }) {
    const { groups } = this.record;
    if (this.view === "numbers") return this.flowed.flows.get(`${to} ${k}`) ?? null;
    if (groups[to].entries.length > 1 || groups[from].entries.length > 1 || groups[to].steps.length !== 1) return null;
    return this.flowed.flows.get(`${groups[to].entries[0]} ${k}`) ?? null;
  }

  isLit(box) {
    return this.view === "numbers" ? this.lit.has(box) : box === this.group;
  }

  /** The step in words. */
  get sentence() {
    const { record, now } = this;
    if (now === null) return "Nothing is computed yet: press → or play.";
    const called = textOf(record, now);
    if (this.back) return `the gradient of ${called} is ${short(this.flowed.grads[now])}`;
    return `${called} is ${short(this.values[now])}${this.mode === "forward" ? `, its tangent ${short(this.flowed.grads[now])}` : ""}`;
  }

  /** A box in words. */
  spoken({ label, symbol, shape, entries }) {
    const called = [label[2] || (symbol ? "" : "constant"), symbol].filter(Boolean).join(" = ");
    if (shape) return `${called}, shape ${shape}`;
    const [value, flow] = [this.value(entries[0]), this.flow(entries[0])];
    const part = flow && `${this.mode === "reverse" ? "gradient" : "tangent"} ${long(flow.x)}${flow.done ? "" : " so far"}`;
    return [called, value !== null && `value ${long(value)}`, part].filter(Boolean).join(", ");
  }
}
