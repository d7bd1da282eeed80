// What the page shows, kept behind the # of its address, so that it can be kept and shared.

const NUMBERS = ["step", "seed", "pick", "t", "epsilon", "fit"];
const WORDS = { view: ["operations", "numbers"], mode: ["reverse", "forward"] };

export function read(hash, { nodes, views, locks }) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const state = { edits: {} };
  for (const name of NUMBERS) {
    if (given.has(name) && isFinite(Number(given.get(name)))) state[name] = Number(given.get(name));
  }
  for (const name of ["step", "seed", "pick", "t", "fit"]) {
    if (name in state && !(Number.isInteger(state[name]) && state[name] >= 0)) delete state[name];
  }
  if ("t" in state) state.t = Math.max(state.t - 1, 0); // associations count from 1
  for (const [name, words] of Object.entries(WORDS)) if (words.includes(given.get(name))) state[name] = given.get(name);
  const editable = (n) => Number.isInteger(n) && nodes[n] !== undefined && nodes[n].kind !== "operation" && !locks.has(n);
  const axes = (given.get("axes") ?? "").split(",").map(Number);
  if (axes.length === 2 && axes.every((n) => editable(n) && nodes[n].kind === "leaf")) state.axes = axes;
  for (const pair of (given.get("set") ?? "").split(",").filter(Boolean)) {
    const [n, x] = pair.split(":").map(Number);
    if (editable(n) && (!Number.isNaN(x) || pair.endsWith(":NaN"))) state.edits[n] = x;
  }
  if (!views[state.view]) delete state.view;
  if ("seed" in state && nodes[state.seed]?.kind !== "leaf") delete state.seed;
  if ("pick" in state && nodes[state.pick] === undefined) delete state.pick;
  return state;
}

export function written(state) {
  const given = new URLSearchParams();
  for (const name of [...NUMBERS, ...Object.keys(WORDS)]) if (state[name] !== undefined && state[name] !== null) given.set(name, state[name]);
  given.set("t", state.t + 1);
  if (state.axes) given.set("axes", state.axes.join(","));
  const edits = Object.entries(state.edits).map(([n, x]) => `${n}:${x}`);
  if (edits.length) given.set("set", edits.join(","));
  return `#${given.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
}
