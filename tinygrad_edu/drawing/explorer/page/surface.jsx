// E over two weights, or over one: contours, a point to drag, the direction −∇E and one step of gradient descent.
import { contours } from "d3-contour";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Choice, NumberField, leafOptions } from "./controls.jsx";
import { short } from "./numbers.js";
import { textOf } from "./views.js";

const SIZE = 300, EDGE = 34, GRID = 41, LEVELS = 11, MOST_NAMES = 6;
const plotted = SIZE - EDGE - 8;

export const Surface = ({ record, values, grads, axes, epsilon, onAxes, onEpsilon, onMove }) => {
  const [a, b] = axes;
  const one = a === b; // a curve
  const at = [values[a], values[b]];
  const [middle, setMiddle] = useState(() => at.map(finite));
  const [half, setHalf] = useState(() => Math.max(2, ...at.map((x) => 1.5 * Math.abs(x)).filter(isFinite)));
  const [path, setPath] = useState([]);
  const drawing = useRef(null);
  useEffect(() => { setMiddle([values[a], values[b]].map(finite)); setPath([]); }, [a, b]);
  useEffect(() => { // the point has left the picture
    if (at.some((x, i) => !(Math.abs(x - middle[i]) <= half))) setMiddle(at.map(finite));
  }, [at[0], at[1]]);

  const others = record.nodes.map((node, n) => (node.kind === "operation" || n === a || n === b ? "" : values[n])).join();
  const grid = useMemo(() => sampled(record, values, axes, middle, half), [others, a, b, middle[0], middle[1], half]);
  const E = values[record.root];
  const seen = grid.filter(isFinite);
  const [low, high] = seen.length ? [Math.min(...seen), Math.max(...seen)] : [0, 0];

  const x = (w) => EDGE + ((w - middle[0] + half) / (2 * half)) * plotted;
  const y = one ? (e) => 8 + plotted - (Math.min(Math.max(isFinite(e) ? e : high, low), high) - low) / (high - low || 1) * plotted
    : (w) => 8 + plotted - ((w - middle[1] + half) / (2 * half)) * plotted;
  const here_ = [at[0], one ? E : at[1]];
  const placed = (w) => [x(w[0]), y(w[1])];
  const here = placed(here_);
  const there = at.every(isFinite);

  const move = (w) => onMove(one ? { [a]: w[0] } : { [a]: w[0], [b]: w[1] });
  const dragged = (event) => {
    const box = drawing.current.getBoundingClientRect();
    const [px, py] = [((event.clientX - box.left) / box.width) * SIZE, ((event.clientY - box.top) / box.height) * SIZE];
    const w = [middle[0] - half + ((px - EDGE) / plotted) * 2 * half, middle[1] + half - ((py - 8) / plotted) * 2 * half];
    setPath([]);
    move(w.map((v, i) => Math.min(Math.max(v, middle[i] - half), middle[i] + half)));
  };
  const keyed = (event) => {
    const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    setPath([]);
    move(at.map((w, i) => w + (by[i] * half) / 40));
  };
  const step = () => {
    setPath([...path, here_]);
    move([at[0] - epsilon * grads[a], at[1] - epsilon * grads[b]]);
  };
  const slope = one ? [grads[a], 0] : [grads[a], grads[b]];
  const steepness = Math.hypot(...slope);
  const length = Math.min(Math.max((epsilon * steepness * plotted) / (2 * half), 16), 90); // as far as the step goes, if that can be seen
  const arrow = there && steepness > 0 && isFinite(steepness) ? slope.map((g) => (-g / steepness) * length) : null;
  const note = !there ? "The point is at no number: the steps were too large." : !isFinite(E) ? "E is not finite here."
    : high === low ? "E does not depend on these weights here." : null;
  const label = (n) => textOf(record, n);

  return (
    <div class="surface">
      <div class="row">
        {record.movable.length > 1 && ["over", "and"].map((word, i) => (
          <Choice label={word} value={axes[i]} options={leafOptions(record, record.movable)} onChange={(n) => onAxes(i === 0 ? [Number(n), b] : [a, Number(n)])} />))}
      </div>
      <svg ref={drawing} viewBox={`0 0 ${SIZE} ${SIZE}`} width={SIZE} height={SIZE} role="group" aria-label="The error surface"
        onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); dragged(event); }}
        onPointerMove={(event) => { if (event.currentTarget.hasPointerCapture(event.pointerId)) dragged(event); }}>
        {one ? <polyline class="curve" points={[...grid].map((e, i) => `${x(middle[0] - half + (2 * half * i) / (GRID - 1))},${y(e)}`).join(" ")} />
          : <Contours grid={grid} low={low} high={high} />}
        <rect class="outline" x={EDGE} y={8} width={plotted} height={plotted} />
        <text class="tick" x={EDGE} y={SIZE - 14}>{short(middle[0] - half)}</text>
        <text class="tick end" x={SIZE - 8} y={SIZE - 14}>{short(middle[0] + half)}</text>
        <text class="tick middle" x={EDGE + plotted / 2} y={SIZE - 4}>{label(a)}</text>
        <g transform={`translate(${EDGE - 4},${8 + plotted}) rotate(-90)`}>
          <text class="tick" x={0} y={-4}>{short(one ? low : middle[1] - half)}</text>
          <text class="tick end" x={plotted} y={-4}>{short(one ? high : middle[1] + half)}</text>
          <text class="tick middle" x={plotted / 2} y={-18}>{one ? label(record.root) : label(b)}</text>
        </g>
        {path.length > 0 && <polyline class="path" clip-path="url(#inside)"
          points={[...path, here_].filter((w) => w.every(isFinite)).map((w) => placed(w).join()).join(" ")} />}
        {arrow && <line class="descent" x1={here[0]} y1={here[1]} x2={here[0] + arrow[0]} y2={here[1] - arrow[1]} marker-end="url(#tip-descent)" />}
        <defs><clipPath id="inside"><rect x={EDGE} y={8} width={plotted} height={plotted} /></clipPath><marker id="tip-descent" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="5" markerHeight="5" orient="auto"><path d="M0,0L8,4L0,8z" /></marker></defs>
        {there && <circle class="point" cx={here[0]} cy={here[1]} r={7} tabindex="0" role="button" data-point="" onKeyDown={keyed}
          aria-label={`the point ${label(a)} = ${short(at[0])}${one ? "" : `, ${label(b)} = ${short(at[1])}`}; arrow keys move it`} />}
      </svg>
      {note && <p class="note">{note}</p>}
      <Locked record={record} />
      <p>{label(record.root)} = <output data-error={String(E)}>{short(E)}</output>, −∇{label(record.root)} = ({short(-slope[0])}{one ? "" : `, ${short(-slope[1])}`})</p>
      <div class="row">
        <label>ε <NumberField value={epsilon} least={0} onChange={onEpsilon} /></label>
        <button class="step" onClick={step} disabled={!there}>one gradient step</button>
        <button onClick={() => setHalf(half / 2)} aria-label="closer" title="closer">+</button>
        <button onClick={() => setHalf(half * 2)} aria-label="farther" title="farther">−</button>
      </div>
    </div>);
};

/** Which leaves cannot be moved, and why. */
export const Locked = ({ record }) => {
  const alike = new Map(); // what depends on them -> leaves
  for (const n of record.leaves.filter((leaf) => record.locks.has(leaf))) {
    const names = [...record.locks.get(n)].join();
    alike.set(names, [...(alike.get(names) ?? []), n]);
  }
  return [...alike.values()].map((leaves) => {
    const rest = leaves.length - MOST_NAMES;
    const names = leaves.slice(0, MOST_NAMES).map((n) => textOf(record, n)).join(", ");
    return <p class="note locked">{names}{rest > 0 && ` and ${rest} more`} {record.whyLocked(leaves[0], leaves.length > 1 ? "them" : "it")}</p>;
  });
};

const finite = (x) => (isFinite(x) ? x : 0);

/** E on a grid, row by row from below; along one weight if both axes are the same. */
function sampled(record, now, [a, b], middle, half) {
  const values = now.slice();
  const rows = a === b ? 1 : GRID;
  const grid = new Float64Array(rows * GRID);
  for (let j = 0; j < rows; j += 1) {
    for (let i = 0; i < GRID; i += 1) {
      if (rows > 1) values[b] = middle[1] - half + (2 * half * j) / (GRID - 1);
      values[a] = middle[0] - half + (2 * half * i) / (GRID - 1);
      grid[j * GRID + i] = record.evaluate(values)[record.root];
    }
  }
  return grid;
}

/** Areas between levels of E, darker where E is larger. The levels lie closer to one another where E is small. */
const Contours = ({ grid, low, high }) => {
  const levels = Array.from({ length: LEVELS }, (_, i) => low + (high - low) * ((i + 0.5) / LEVELS) ** 2);
  const found = contours().size([GRID, GRID]).thresholds(levels)([...grid].map((e) => (isFinite(e) ? e : high)));
  const x = (i) => EDGE + ((i - 0.5) / (GRID - 1)) * plotted;
  const y = (j) => 8 + plotted - ((j - 0.5) / (GRID - 1)) * plotted;
  return (
    <g class="contours">
      <rect class="ground" x={EDGE} y={8} width={plotted} height={plotted} />
      {found.map((level, i) => (
        <path clip-path="url(#inside)" fill-opacity={0.1} d={level.coordinates.map((polygon) => polygon.map((ring) => (
          `M${ring.map(([i_, j]) => `${x(i_).toFixed(1)},${y(j).toFixed(1)}`).join("L")}Z`)).join("")).join("")} key={i} />))}
    </g>);
};
