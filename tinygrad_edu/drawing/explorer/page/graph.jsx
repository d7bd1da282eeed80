// The computation graph: boxes that fill with numbers, and arrows with what flows along them. All of it lies where the layout put it.
import { Component } from "preact";
import { short } from "./numbers.js";
import { isEntry } from "./views.js";

const LINE = 16, CELL = 13, PORT = 13, MARGIN = 8; // pixels, as in layout.py

export const Graph = ({ view, things, moment, pick, fit, onPick, onLook }) => {
  const [width, height] = view.size;
  const { record, mode } = moment;
  const together = unitAround(record, pick);
  return (
    <div class={fit ? "graph fit" : "graph"} id="graph">
      <svg viewBox={`-8 -8 ${width + 16} ${height + 16}`} width={width + 16} height={height + 16} role="group" aria-label="Computation graph">
        <defs>
          {["tip", "tip-lit"].map((id) => (
            <marker id={id} viewBox="0 0 8 8" refX="7" refY="4" markerWidth={id === "tip" ? 7 : 5} markerHeight={id === "tip" ? 7 : 5} orient="auto">
              <path d="M0,1L7,4L0,7z" /></marker>))}
        </defs>
        {view.edges.map((edge, i) => <Edge key={`e${i}`} edge={edge} lit={moment.isLit(edge.to)} flow={moment.along(edge)} />)}
        {view.boxes.map((place, i) => {
          const thing = things[i];
          const known = thing.entries.map((n) => [moment.value(n), moment.flow(n)]);
          return <Box key={`b${i}`} place={place} thing={thing} known={kept(`${place} ${i}`, known)} spoken={moment.spoken(thing)} word={mode === "reverse" ? "grad" : "tang"}
            lit={moment.isLit(i)} picked={thing.entries.includes(pick)} marked={thing.entries.some((n) => together.has(n))} onPick={onPick} onLook={onLook} />;
        })}
      </svg>
    </div>);
};

/** What lights up with a unit: its state, its total input and the products and sums that make it. */
function unitAround(record, pick) {
  const place = record.totals.get(pick) ?? record.states.get(pick);
  if (!place) return new Set();
  const { unit, t } = place;
  return new Set([unit.u[t], unit.y[t], ...(unit.inside[t] ?? [])]);
}

const KEPT = new Map();

/** The numbers of a box; the same array as before while they stay the same, so that only boxes that change are drawn anew. */
function kept(key, known) {
  const before = KEPT.get(key);
  const same = (a, b) => Object.is(a[0], b[0]) && Object.is(a[1]?.x, b[1]?.x) && a[1]?.done === b[1]?.done;
  if (before?.every((number, i) => same(number, known[i]))) return before;
  KEPT.set(key, known);
  return known;
}

class Pure extends Component {
  shouldComponentUpdate(next) {
    return Object.keys(next).some((key) => typeof next[key] !== "function" && next[key] !== this.props[key]);
  }
}

class Edge extends Pure {
  render({ edge, lit, flow }) {
    return (
      <g class={lit ? "edge lit" : "edge"}>
        <path d={edge.path} marker-end={lit ? "url(#tip-lit)" : "url(#tip)"} />
        {edge.at && flow !== null && <text x={edge.at[0]} y={edge.at[1] + 4} data-flow={flow}>{short(flow)}</text>}
      </g>);
  }
}

class Box extends Pure {
  render({ place: [x, y, width, height], thing, known, spoken, word, lit, picked, marked, onPick, onLook }) {
    const { kind, label, symbol, ports, entries } = thing;
    const classes = ["box", kind, label[0] && "named", thing.isRoot && "root", marked && "marked", picked && "picked", lit && "lit"];
    const pick = () => onPick(entries[0]);
    const look = () => { if (typeof entries[0] === "number") onLook(entries[0]); };
    const left = MARGIN + (ports ? PORT : 0);
    const titled = label[0] || symbol;
    const top = MARGIN + (titled ? LINE : 0);
    return (
      <g class={classes.filter(Boolean).join(" ")} transform={`translate(${x},${y})`} tabindex="0" role="button" aria-label={spoken} aria-pressed={picked}
        onClick={pick} onFocus={look} onBlur={() => onLook(null)} onKeyDown={(event) => { if (event.key === "Enter") pick(); }}>
        <title>{spoken}</title>
        <rect class="frame" width={width} height={height} rx={kind === "operation" ? 9 : 0} />
        {Array.from({ length: ports }, (_, k) => <text class="port" x={4} y={((k + 0.5) * height) / ports + 3}>{k + 1}</text>)}
        {ports > 0 && <line class="ports" x1={PORT} y1={0} x2={PORT} y2={height} />}
        {titled && <Title x={left} y={MARGIN + 9} label={label} symbol={symbol} />}
        {thing.cells ? <Maps x={left} y={top + 1} thing={thing} known={known} onPick={onPick} />
          : <Pair x={left} y={top + 8} n={entries[0]} known={known[0]} word={word} />}
      </g>);
  }
}

const Title = ({ x, y, label, symbol }) => {
  const [base, sub, text] = label;
  const lowered = sub && !isEntry(label);
  return (
    <text class="title" x={x} y={y}>{lowered ? base : sub ? text : base}
      {lowered && <tspan class="sub" dy="3">{sub}</tspan>}
      {symbol && <tspan class="symbol" dy={lowered ? -3 : 0}>{base ? " = " : ""}{symbol}</tspan>}</text>);
};

/** The value and below it the gradient or the tangent of one number. */
const Pair = ({ x, y, n, known: [value, flow], word }) => [
  value !== null && <text class="value" x={x} y={y} data-node={n} data-value={String(value)}>{short(value)}</text>,
  flow !== null && <text class={flow.done ? "grad" : "grad part"} x={x} y={y + LINE} data-node={n} data-grad={String(flow.x)}>
    {word} {short(flow.x)}{flow.done ? "" : "…"}</text>];

/** Heat maps of an array and of its gradient, and its shape. */
const Maps = ({ x, y, thing, known, onPick }) => {
  const { cells, kind, shape } = thing;
  const width = cells[0].length * CELL + 8;
  return [
    <HeatMap x={x} y={y} thing={thing} numbers={known.map(([value]) => value)} kind="value" onPick={onPick} />,
    kind !== "constant" && <HeatMap x={x + width} y={y} thing={thing} numbers={known.map(([, flow]) => flow?.x ?? null)} kind="grad" onPick={onPick} />,
    <text class="shape" x={x} y={y + cells.length * CELL + 10}>{shape}{cells.flat().length < thing.entries.length && "…"}</text>];
};

/** Blue is positive, orange negative, white 0; the darkest cell has the largest number of the map. */
const HeatMap = ({ x, y, thing: { cells, entries }, numbers, kind, onPick }) => {
  const most = Math.max(...numbers.map(Math.abs).filter(isFinite)) || 1;
  const sheet = <rect class="sheet" x={x} y={y} width={cells[0].length * CELL - 1} height={cells.length * CELL - 1} />;
  return [sheet, ...cells.flatMap((row, r) => row.map((i, c) => {
    const number = numbers[i];
    const look = number === null ? "blank" : Number.isNaN(number) ? "nan" : number >= 0 ? "plus" : "minus";
    return <rect class={`cell ${look}`} x={x + c * CELL} y={y + r * CELL} width={CELL - 1} height={CELL - 1} data-node={entries[i]}
      data-value={kind === "value" && number !== null ? String(number) : undefined} data-grad={kind === "grad" && number !== null ? String(number) : undefined}
      fill-opacity={number === null ? 0 : Math.min(Math.abs(number) / most, 1) || 0}
      onClick={(event) => { event.stopPropagation(); onPick(entries[i]); }} />;
  }))];
};
