// All that is known about one node; a leaf's number can be changed here. And how much work each mode needs.
import { useMemo } from "preact/hooks";
import { GradientCaption, TangentCaption, ValueCaption, name } from "./caption.jsx";
import { Choice, NumberField } from "./controls.jsx";
import { long } from "./numbers.js";
import { indexText, textOf } from "./views.js";

export const Details = ({ moment, n, edited, onEdit, onPick, onReset }) => {
  const { record, values, mode } = moment;
  const node = record.nodes[n];
  const { entries, shape } = record.groups[node.group];
  const flow = moment.flow(n);
  const locked = record.whyLocked(n);
  const at = { moment, n };
  return (
    <div class="details">
      {shape.length > 0 && entries.includes(n) && (
        <Choice label="entry" value={n} onChange={(entry) => onPick(Number(entry))}
          options={entries.flatMap((entry, i) => (typeof entry === "number" ? [[entry, `[${indexText(i, shape)}]`]] : []))} />)}
      <table><tbody>
        <tr><th scope="row"><math>{name(record, n)}</math></th><td>{node.kind !== "operation" && !locked
          ? <NumberField value={values[n]} aria-label={node.label ? `the number ${textOf(record, n)}` : "the constant"} data-edit={n}
            onChange={(x) => onEdit({ [n]: x })} />
          : moment.isComputed(n) ? long(values[n]) : "not computed yet"}</td></tr>
        {flow && <tr><th scope="row">{mode === "reverse" ? "gradient" : "tangent"}</th><td>{long(flow.x)}{flow.done ? "" : " so far"}</td></tr>}
      </tbody></table>
      {node.kind !== "operation" && locked && <p class="note locked">It {locked}</p>}
      {node.kind === "operation" && moment.isComputed(n) && <ValueCaption {...at} />}
      {flow?.done && (mode === "reverse" ? <GradientCaption {...at} /> : <TangentCaption {...at} />)}
      {edited && <button onClick={onReset}>back to the program's numbers</button>}
    </div>);
};

export const Work = ({ record, seed }) => {
  const { reverse, one, all } = useMemo(() => record.work(seed), [seed]);
  const count = record.leaves.length;
  const row = (name, products, gradients) => <tr><th scope="row">{name}</th><td>{products}</td><td>{gradients}</td></tr>;
  return (
    <table class="work">
      <thead><tr><th /><th scope="col">slopes used</th><th scope="col">gradients found</th></tr></thead>
      <tbody>
        {row("reverse: one walk back", reverse, count)}
        {row(`forward: one walk, from ${textOf(record, seed)}`, one, 1)}
        {row("forward: a walk from each leaf", all, count)}
      </tbody>
    </table>);
};
