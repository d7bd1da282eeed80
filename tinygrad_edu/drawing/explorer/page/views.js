// The two ways to look at a computation: as the program wrote it, where a box may hold an array, or number by number.

/** The boxes of each view: which nodes are in them, and what stands on them. */
export function thingsOf(record) {
  const things = {
    operations: record.groups.map((group) => ({ ...group, shape: group.shape.length ? shapeText(group.shape) : "",
      ports: group.ordered ? group.operands : 0 })),
    numbers: record.nodes.map((node, n) => {
      const rule = record.rules[node.rule];
      return { kind: node.kind, label: node.label ?? ["", "", ""], symbol: rule?.symbol ?? "", entries: [n], shape: "",
        ports: rule?.ordered ? node.from.length : 0 };
    }),
  };
  for (const view of Object.values(things)) {
    view.forEach((thing, number) => Object.assign(thing, { number, isRoot: thing.entries[0] === record.root }));
  }
  return things;
}

/** Where one can stop: how many operations on numbers are done, from 0 over N (all values) to 2 N (all gradients). */
export function marksOf(record, view, mode) {
  const N = record.operations.length;
  const place = new Map(record.operations.map((n, i) => [n, i + 1]));
  const ends = view === "numbers" ? record.operations.map((_, i) => i + 1)
    : record.groups.filter((group) => group.steps.length).map((group) => place.get(group.steps.at(-1)));
  const forward = [0, ...ends];
  return mode === "forward" ? forward : [...forward, ...forward.slice(0, -1).reverse().map((mark) => 2 * N - mark)];
}

export function shapeText(shape) {
  return `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
}

/** The index of the i-th entry of an array, as in "0, 1". */
export function indexText(i, shape) {
  const index = [];
  for (const n of [...shape].reverse()) {
    index.unshift(i % n);
    i = Math.floor(i / n);
  }
  return index.join(", ");
}

/** Whether a label is an entry by its index, w[0, 1], which counts from 0; other subscripts count from 1. */
export const isEntry = ([base, sub, text]) => Boolean(sub) && text === `${base}[${sub}]`;

/** What a node is called, as plain text. */
export function textOf(record, n) {
  return (typeof n === "number" && record.nodes[n].label?.[2]) || "a constant";
}
