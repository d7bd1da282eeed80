// Steps through a computation that was recorded in Python: forward for the values, then back for the gradients; or forward for
// both values and tangents. This file holds the state of the page and puts its parts together.
import { render } from "preact";
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { read, written } from "./address.js";
import { StepCaption } from "./caption.jsx";
import { Choice, Choices, Controls } from "./controls.jsx";
import { Details, Work } from "./details.jsx";
import { Graph } from "./graph.jsx";
import { Moment } from "./moment.js";
import { Network } from "./network.jsx";
import { Record } from "./record.js";
import { Locked, Surface } from "./surface.jsx";
import { marksOf, thingsOf } from "./views.js";

const PAUSE = 900; // ms between the steps that play by themselves

const record = new Record(JSON.parse(document.getElementById("record").textContent));
const THINGS = thingsOf(record);
const { T } = record;
const steep = record.movable.filter((n) => record.reverse(record.values()).grads[n] !== 0);
const [first = record.movable[0], second = record.movable.find((n) => n !== first) ?? first] = steep;
const START = { step: 0, view: "operations", mode: "reverse", seed: record.leaves[0], pick: null, t: 0, epsilon: 0.1, fit: 0, edits: {},
  axes: [first, second] };
const fromAddress = () => ({ ...START, ...read(location.hash, record) });

function Page() {
  const [state, setState] = useState(fromAddress);
  const [looked, setLooked] = useState(null); // the node that has the keyboard's focus
  const [playing, setPlaying] = useState(false);
  const change = (changes) => setState((before) => ({ ...before, ...changes }));

  const values = useMemo(() => record.values(state.edits), [state.edits]);
  const grads = useMemo(() => record.reverse(values).grads, [values]);
  const marks = useMemo(() => marksOf(record, state.view, state.mode), [state.view, state.mode]);
  const moment = useMemo(() => new Moment(record, values, state, marks), [values, state, marks]);
  const { at, now } = moment;

  const go = (index) => change({ step: marks[index] });
  const move = (by) => setState((before) => { // from where it is by then: keys may come faster than the page is drawn
    const from = marks.findLastIndex((mark) => mark <= before.step);
    return { ...before, step: marks[Math.min(Math.max(from + by, 0), marks.length - 1)] };
  });
  const pick = (n) => {
    if (typeof n !== "number") return;
    change({ pick: n, t: record.association(n) ?? state.t });
    setLooked(null);
  };
  const play = () => {
    if (!playing && at === marks.length - 1) go(0);
    setPlaying(!playing);
  };
  const edit = (changes) => setState((before) => ({ ...before, edits: { ...before.edits, ...changes } }));

  useEffect(() => { history.replaceState(null, "", written(state)); }, [state]);
  useEffect(() => {
    const changed = () => { if (location.hash !== written(state)) setState(fromAddress()); };
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, [state]);
  useEffect(() => { // the step into the middle of the graph, without moving the page
    const [graph, lit] = [document.querySelector("#graph"), document.querySelector("#graph .box.lit")];
    if (!lit) return;
    const [outer, inner] = [graph.getBoundingClientRect(), lit.getBoundingClientRect()];
    graph.scrollBy(inner.left + inner.width / 2 - outer.left - outer.width / 2, inner.top + inner.height / 2 - outer.top - outer.height / 2);
  }, [at, state.view, state.fit]);
  useEffect(() => {
    if (!playing) return undefined;
    if (at === marks.length - 1) setPlaying(false);
    const timer = setTimeout(() => move(1), PAUSE);
    return () => clearTimeout(timer);
  }, [playing, at, marks]);
  useLayoutEffect(() => { // at once and not after the next frame: keys may come faster
    const keyed = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input[type=number]")) return;
      const actions = { ArrowRight: () => move(1), ArrowLeft: () => move(-1), Home: () => go(0), End: () => go(marks.length - 1),
        Escape: () => { change({ pick: null }); setLooked(null); } };
      if (!event.target.matches("button, input")) actions[" "] = play;
      if (actions[event.key]) {
        event.preventDefault();
        actions[event.key]();
      }
    };
    document.addEventListener("keydown", keyed);
    return () => document.removeEventListener("keydown", keyed);
  });

  const t = (state.view === "numbers" ? record.association(now) : undefined) ?? Math.min(state.t, T - 1);
  return (
    <div class={T ? "page" : "page without-network"}>
      <header>
        <h1>{document.title}</h1>
        <Controls moment={moment} playing={playing} go={go} move={move} onPlay={play} />
        <Choices record={record} state={state} onChange={change} />
      </header>
      <section class="stage" aria-label="Computation graph">
        <Graph view={record.views[state.view]} things={THINGS[state.view]} moment={moment} pick={state.pick} fit={state.fit} onPick={pick} onLook={setLooked} />
      </section>
      <section class="caption" aria-label="Step">
        <p class="visually-hidden" aria-live="polite" id="spoken">{moment.sentence}</p>
        {now === null ? <p>{moment.sentence}</p> : <StepCaption moment={moment} pick={state.pick} />}
      </section>
      {T > 0 && (
        <section class="panel beside" aria-label="Network">
          <Network moment={moment} t={t} pick={state.pick} onPick={pick} />
          {T > 1 && <Choice label="association" value={t + 1} options={Array.from({ length: T }, (_, i) => [i + 1, i + 1])}
            onChange={(number) => change({ t: Number(number) - 1, pick: null })} />}
        </section>)}
      <div class="panels">
        <section class="panel" aria-label="Details"><h2>Details</h2>
          <Details moment={moment} n={looked ?? state.pick ?? now ?? record.root} edited={Object.keys(state.edits).length > 0}
            onEdit={edit} onPick={pick} onReset={() => change({ edits: {} })} />
        </section>
        {record.leaves.length > 0 && (
          <section class="panel" aria-label="Error surface"><h2>Error surface</h2>
            {record.movable.length === 0 ? <Locked record={record} /> : <Surface record={record} values={values} grads={grads} axes={state.axes} epsilon={state.epsilon}
              onAxes={(axes) => change({ axes })} onEpsilon={(epsilon) => change({ epsilon })} onMove={edit} />}
          </section>)}
        {record.leaves.length > 0 && <section class="panel" aria-label="Work"><h2>Work</h2><Work record={record} seed={state.seed} /></section>}
      </div>
    </div>);
}

const root = document.getElementById("page");
root.textContent = "";
render(<Page />, root);
