"use strict";
// What is shown: texts by key, which the fragment of the URL repeats, so that a link brings back the same state.
const DEFAULTS = {
  view: "mapper",
  theme: "auto",
  a: graphKey(main.graphs[0] ?? {}),
  b: graphKey(main.graphs[1] ?? main.graphs[0] ?? {}),
  two: "0",
  layout: "free",
  colour: isLabelled ? "class" : "lens",
  size: "members",
  search: "",
  names: main.class_names.length > 10 ? "1" : "0",
  several: "0",
  selected: "",
  class: main.purity_class,
  sigma: "0",
  hidden: "",
  clouds: "trained",
  metric: "sw_h1",
  network: "",
  cell: "",
  dimension: "h1",
  surrogates: "",
  scale: "own",
  value: "p_value",
  measure: "",
  pair: "",
};
const state = { ...DEFAULTS };
const listeners = [];

function readFragment() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const key of Object.keys(DEFAULTS)) state[key] = given.get(key) ?? DEFAULTS[key];
}

function fragment() {
  const changed = Object.keys(DEFAULTS).filter((key) => state[key] !== DEFAULTS[key]);
  return new URLSearchParams(changed.map((key) => [key, state[key]])).toString();
}

function change(values) {
  Object.assign(state, values);
  history.replaceState(null, "", `#${fragment()}`);
  showState();
}

function showState() {
  const theme = state.theme === "auto" ? (darkSystem.matches ? "dark" : "light") : state.theme;
  document.documentElement.dataset.theme = theme;
  for (const control of document.querySelectorAll("[data-key]")) {
    const value = state[control.dataset.key];
    if (control.type === "checkbox") control.checked = value === "1";
    else if (control.value !== value) control.value = value;
  }
  for (const listener of listeners) listener();
}

function bindControls() {
  document.addEventListener("input", (event) => {
    const key = event.target.dataset?.key;
    if (!key) return;
    const value = event.target.type === "checkbox" ? (event.target.checked ? "1" : "0") : event.target.value;
    change({ [key]: value });
  });
}

const darkSystem = matchMedia("(prefers-color-scheme: dark)");
darkSystem.addEventListener("change", showState);
addEventListener("hashchange", () => {
  readFragment();
  showState();
});

// Selected nodes: panel and numbers, such as "a:3.7".
function selection() {
  const [panel, numbers] = state.selected.split(":");
  if (panel !== "a" && !(panel === "b" && state.two === "1")) return { panel: null, nodes: [] };
  const n = readDocument(`graph-${graphIndex(state[panel])}`)?.size.length ?? 0;
  const nodes = (numbers ?? "").split(".").filter((text) => /^\d+$/.test(text)).map(Number);
  return { panel, nodes: nodes.filter((node) => node < n) };
}

function select(panel, node, isAdded) {
  const own = selection();
  const several = isAdded || state.several === "1";
  let nodes = several && own.panel === panel ? own.nodes : [];
  const wasAlone = own.panel === panel && own.nodes.includes(node) && (several || own.nodes.length === 1);
  nodes = wasAlone ? nodes.filter((other) => other !== node) : [...nodes, node];
  change({ selected: nodes.length ? `${panel}:${nodes.join(".")}` : "" });
}

function tell(text) {
  document.getElementById("tip").textContent = text;
}
