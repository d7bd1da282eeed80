// The row of buttons, the scrubber, and the choices beside them.
import { rounded } from "./numbers.js";
import { textOf } from "./views.js";

const ICONS = { start: "M3,2h2v12h-2zM14,2v12l-8,-6z", back: "M12,2v12l-9,-6z", play: "M4,1.5v13l10,-6.5z", pause: "M3,2h4v12h-4zM9,2h4v12h-4z",
  on: "M4,2v12l9,-6z", end: "M11,2h2v12h-2zM2,2v12l8,-6z" };

const Button = ({ icon, label, keys, onClick }) => (
  <button onClick={onClick} aria-label={label} title={`${label} (${keys})`} class={icon}>
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d={ICONS[icon]} /></svg></button>);

export const Controls = ({ moment, playing, go, move, onPlay }) => {
  const { at, marks, sentence } = moment;
  const last = marks.length - 1;
  return (
    <div class="controls" role="toolbar" aria-label="Steps">
      <Button icon="start" label="to the start" keys="Home" onClick={() => go(0)} />
      <Button icon="back" label="one step back" keys="←" onClick={() => move(-1)} />
      <Button icon={playing ? "pause" : "play"} label={playing ? "pause" : "play"} keys="space" onClick={onPlay} />
      <Button icon="on" label="one step on" keys="→" onClick={() => move(1)} />
      <Button icon="end" label="to the end" keys="End" onClick={() => go(last)} />
      <input type="range" min={0} max={last} value={at} aria-label="step" aria-valuetext={`step ${at} of ${last}: ${sentence}`}
        onInput={(event) => go(Number(event.currentTarget.value))} />
      <output class="count" data-step={at} data-steps={last}>{at} / {last}</output>
    </div>);
};

export const Choice = ({ label, value, options, onChange }) => (
  <label>{label} <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
    {options.map(([option, text]) => <option value={option}>{text}</option>)}</select></label>);

export const Choices = ({ record, state, onChange }) => (
  <div class="choices">
    <Choice label="mode" value={state.mode} options={[["reverse", "reverse: gradients"], ["forward", "forward: tangents"]]}
      onChange={(mode) => onChange({ mode, step: Math.min(state.step, record.operations.length) })} />
    {state.mode === "forward" && <Choice label="of" value={state.seed} options={leafOptions(record)} onChange={(n) => onChange({ seed: Number(n) })} />}
    {record.views.numbers && <Choice label="graph" value={state.view} options={[["operations", "as written"], ["numbers", "number by number"]]}
      onChange={(view) => onChange({ view })} />}
    <label title="the whole graph at once"><input type="checkbox" checked={state.fit === 1} onChange={() => onChange({ fit: 1 - state.fit })} /> whole</label>
  </div>);

/** A field for a number; what is no number is not taken, and the field shows again what counts. */
export const NumberField = ({ value, onChange, least = -Infinity, ...rest }) => (
  <input type="number" step="any" value={rounded(value)} {...rest} onChange={(event) => {
    const given = event.currentTarget.valueAsNumber;
    if (isFinite(given) && given >= least) onChange(given);
    else event.currentTarget.value = rounded(value);
  }} />);

export const leafOptions = (record, leaves = record.leaves) => leaves.map((n) => [n, textOf(record, n)]);
