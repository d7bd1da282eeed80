// All captions that a page can show: steps through it in each view and each mode. Gives JSON: [[where, tree of elements], ...].
async () => {
  const tree = (element) => [element.localName, ...[...element.childNodes].map((child) => (
    child.nodeType === 1 ? tree(child) : child.textContent))].filter((part) => part !== "");
  const lines = new Map();
  const settled = async () => { for (let i = 0; i < 4; i += 1) await null; }; // the page is drawn again in a microtask
  const look = (where) => {
    for (const line of document.querySelectorAll(".caption .formula, .details .formula, .caption .sent li")) {
      const copy = line.cloneNode(true);
      const equation = copy.querySelector(".equation");
      if (equation) equation.remove();
      const shown = line.localName === "li" ? ["li", tree(copy.querySelector("math"))] : tree(copy);
      lines.set(JSON.stringify(shown), [where, shown]);
    }
  };
  const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const choose = async (select, value) => {
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    await settled();
  };
  const selects = () => [...document.querySelectorAll(".choices select")];
  const step = async (where) => {
    press("Home");
    await settled();
    const steps = Number(document.querySelector(".count").dataset.steps);
    for (let i = 0; i < steps; i += 1) {
      press("ArrowRight");
      await settled();
      look(where);
    }
    if (where === "forward, numbers") return; // the same as in the other view
    for (const box of document.querySelectorAll("#graph .box:not(.constant)")) { // the details of all, when all is computed
      box.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      await settled();
      look(`${where}, details`);
    }
    press("Escape");
    await settled();
  };
  for (const mode of ["reverse", "forward"]) {
    await choose(selects()[0], mode);
    const graph = selects().find((select) => select.querySelector("[value=numbers]"));
    for (const view of graph ? ["operations", "numbers"] : ["operations"]) {
      if (graph) await choose(selects().at(-1), view);
      await step(`${mode}, ${view}`);
    }
    if (graph) await choose(selects().at(-1), "operations");
  }
  return JSON.stringify([...lines.values()]);
}
