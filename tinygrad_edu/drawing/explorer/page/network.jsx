// The slides' picture of the network that the computation contains: units as circles, input at the bottom, lines for the weights.
import { short } from "./numbers.js";
import { isEntry, textOf } from "./views.js";

const STEP = 96, RISE = 112, R = 34, MOST = 24; // pixels; units in a layer

/** A unit by its state in association t, if that has an index: z[0, 1]; else by its name, with a number below. */
function named({ labels, name, number }, t) {
  const label = labels[t] ?? labels[0] ?? [name];
  return isEntry(label) ? [label[2], ""] : [name, number ? String(number) : ""];
}

export const Network = ({ moment, t, pick: picked, onPick }) => {
  const { record, values, lit } = moment;
  const layers = [];
  for (const unit of record.units) (layers[unit.layer] ??= []).push(unit);
  if (layers.some((layer) => layer === undefined || layer.length > MOST)) {
    return <p class="note">The network has more than {MOST} units in a layer, too many for a picture.</p>;
  }
  const widest = Math.max(...layers.map((layer) => layer.length));
  const [width, height] = [Math.max(widest, 2) * STEP, (layers.length - 1) * RISE + 2 * R + 24];
  const place = new Map();
  layers.forEach((layer, l) => layer.forEach((unit, i) => place.set(unit, [
    width / 2 + (i - (layer.length - 1) / 2) * STEP, height - R - 6 - l * RISE])));
  const lines = record.units.flatMap((unit) => unit.weights.map(([w, source]) => ({ w, from: place.get(record.units[source]), to: place.get(unit) })));
  const largest = Math.max(...lines.map(({ w }) => Math.abs(values[w])).filter(isFinite), 0) || 1;
  return (
    <svg class="network" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="group" aria-label="The network">
      {lines.map(({ w, from, to }) => (
        <g class={picked === w ? "weight picked" : "weight"} tabindex="0" role="button" aria-label={`${textOf(record, w)}, weight ${short(values[w])}`}
          onClick={() => onPick(w)} onKeyDown={(event) => { if (event.key === "Enter") onPick(w); }}>
          <line class="grip" x1={from[0]} y1={from[1]} x2={to[0]} y2={to[1]} />
          <line class={values[w] >= 0 ? "plus" : "minus"} x1={from[0]} y1={from[1]} x2={to[0]} y2={to[1]}
            stroke-width={0.8 + (3.2 * Math.min(Math.abs(values[w]), largest)) / largest} />
          <title>{`${textOf(record, w)} = ${short(values[w])}`}</title>
        </g>))}
      {record.units.map((unit) => {
        const [x, y] = place.get(unit);
        const [u, state] = [unit.u[t], unit.y[t]];
        const nodes = [u, state, ...(unit.inside[t] ?? [])]; // an input unit has no u
        const value = state === undefined ? null : moment.value(state);
        const flow = u === undefined || moment.mode === "forward" ? null : moment.flow(u);
        const blame = flow?.done ? flow.x : null;
        const [base, sub] = named(unit, t);
        const spoken = `unit ${base}${sub}${value === null ? "" : `, state ${short(value)}`}${blame === null ? "" : `, delta ${short(blame)}`}`;
        const pick = () => onPick(u ?? state);
        return (
          <g class={`unit${nodes.some((n) => lit.has(n)) ? " lit" : ""}${nodes.includes(picked) ? " picked" : ""}`} tabindex="0" role="button"
            aria-label={spoken} data-unit={unit.called} onClick={pick} onKeyDown={(event) => { if (event.key === "Enter") pick(); }}>
            <circle cx={x} cy={y} r={R} />
            <text class="name" x={x} y={y - 14}>{base.length > 8 ? `${base.slice(0, 7)}…` : base}{sub && <tspan class="sub" dy="3">{sub}</tspan>}<title>{`${base}${sub}`}</title></text>
            {value !== null && <text class="value" x={x} y={y + 3}>{short(value, 3)}</text>}
            {blame !== null && <text class="grad" x={x} y={y + 18}>δ {short(blame, 2)}</text>}
          </g>);
      })}
    </svg>);
};
