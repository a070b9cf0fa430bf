"use strict";
// The view of mapper graphs: which graphs are shown, and by what their nodes are coloured.
const FACETS = [
  ["model", "network"], ["seed", "seed"], ["draw", "draw"], ["sampling", "sampling"], ["sigma", "noise"], ["layer", "layer"],
  ["epoch", "epoch"],
];
const panels = {};

function startMapper() {
  if (!main.graphs.length) return;
  for (const name of ["a", "b"]) {
    panels[name] = new GraphPanel(name);
    const controls = d3.select(`#panel-${name} .controls`);
    for (const [facet, label] of FACETS) {
      const field = controls.append("label").text(`${label} `);
      field.append("select").attr("data-facet", facet).on("change", function () {
        choose(name, facet, this.value);
      });
    }
  }
  for (const name of ["a", "b"]) addEpsSlider(name);
  document.querySelector("[data-key=search]").closest("label").hidden = !isLabelled;
  document.getElementById("search-hint").hidden = !isLabelled;
  d3.select("#classes").selectAll("option").data(main.class_names).enter().append("option").attr("value", (name) => name);
  d3.select("#clear").on("click", () => change({ selected: "" }));
  d3.select("#show-all").on("click", () => shownPanels().forEach((panel) => panel.showAll()));
  d3.select("#mapper-svg").on("click", () => save("mapper.svg", "image/svg+xml", svgText(shownPanels().map((panel) => [panel.svg.node(), panel.above.node()]), legendOf(shownGraphs()), Infinity)));
  d3.select("#mapper-csv").on("click", () => save("mapper.csv", "text/csv", mapperCsv()));
}

// A slider over the graphs at every eps, which the chosen graph stands among.
function addEpsSlider(name) {
  const field = d3.select(`#panel-${name} .controls`).append("label").text("eps ");
  field.append("input").attr("type", "range").attr("min", 0).attr("step", 1).attr("data-facet", "eps").on("input", function () {
    const graph = main.graphs[atEveryEps(name)[this.value]];
    change({ [name]: graphKey(graph), ...(selection().panel === name ? { selected: "" } : {}) });
  });
  field.append("output");
}

// Places of the graphs that differ from the shown one in eps alone, by eps; none if it is the only one.
function atEveryEps(name) {
  const own = main.graphs[graphIndex(state[name])];
  const family = d3.range(main.graphs.length).filter((i) => FACETS.every(([facet]) => main.graphs[i][facet] === own[facet]));
  return family.length < 2 ? [] : family.sort((a, b) => main.graphs[a].eps - main.graphs[b].eps);
}

function showEpsSlider(name) {
  const family = atEveryEps(name);
  const slider = document.querySelector(`#panel-${name} [data-facet=eps]`);
  slider.parentElement.hidden = !family.length;
  if (!family.length) return;
  const place = family.indexOf(graphIndex(state[name]));
  const own = main.graphs[family[place]];
  slider.max = family.length - 1;
  slider.value = place;
  const text = `${shown(own.eps)}${own.is_chosen ? " (chosen)" : ""}`;
  slider.setAttribute("aria-valuetext", text);
  slider.nextElementSibling.textContent = text;
}

// The graph that has the wanted value, and of the others as many as there is one with, the first facets first.
function choose(name, facet, value) {
  const own = main.graphs[graphIndex(state[name])];
  const likeness = (graph) => d3.sum(FACETS, ([other], i) => (String(graph[other]) === String(own[other]) ? 2 ** (FACETS.length - 1 - i) : 0));
  const fitting = main.graphs.filter((graph) => String(graph[facet]) === value);
  const best = fitting.reduce((a, b) => (likeness(b) > likeness(a) ? b : a));
  const selected = selection().panel === name ? { selected: "" } : {};
  change({ [name]: graphKey(best), ...selected });
}

function fillOptions(select, options) {
  const entries = d3.select(select).selectAll("option").data(options, (option) => option[0]);
  entries.exit().remove();
  entries.enter().append("option").attr("value", (option) => option[0]).text((option) => option[1]);
}

function shownPanels() {
  return state.two === "1" ? [panels.a, panels.b] : [panels.a];
}

function shownGraphs() {
  return shownPanels().map(({ name }) => readDocument(`graph-${graphIndex(state[name])}`));
}

function showMapper() {
  if (!main.graphs.length) {
    d3.select("#workplace").text("This run has no mapper graph.");
    return;
  }
  for (const name of ["a", "b"]) {
    const own = main.graphs[graphIndex(state[name])];
    for (const [facet] of FACETS) {
      const values = [...new Map(main.graphs.map((graph) => [String(graph[facet]), facet === "layer" ? layerLabel(graph) : String(graph[facet] ?? "–")]))];
      const control = document.querySelector(`#panel-${name} [data-facet=${facet}]`);
      fillOptions(control, values);
      control.value = String(own[facet]);
      control.parentElement.hidden = values.length < 2;
    }
    showEpsSlider(name);
  }
  document.getElementById("panel-b").hidden = state.two !== "1";
  const graphs = shownGraphs();
  const options = (names) => names.map((name) => [name, measureLabel(name)]);
  const columns = new Set(graphs.flatMap((graph) => Object.keys(graph.columns)));
  document.querySelector("[data-key=names]").closest("label").hidden = !isLabelled && !columns.size;
  fillOptions(document.querySelector("[data-key=colour]"), options([...(isLabelled ? ["class"] : []), ...columns, ...measureNames(graphs)]));
  fillOptions(document.querySelector("[data-key=size]"), options(["members", "equal", ...measureNames(graphs)]));
  if (!document.querySelector(`[data-key=colour] option[value="${CSS.escape(state.colour)}"]`)) state.colour = DEFAULTS.colour;
  if (!document.querySelector(`[data-key=size] option[value="${CSS.escape(state.size)}"]`)) state.size = "members";
  document.querySelector("[data-key=colour]").value = state.colour;
  document.querySelector("[data-key=size]").value = state.size;
  drawLegend(graphs);
  for (const panel of shownPanels()) panel.show();
  showDetails();
}

// A row for each node of the graphs that are shown, with a column for each class.
function mapperCsv() {
  const indices = shownPanels().map((panel) => panel.index);
  const measures = extraMeasures(shownGraphs());
  const columns = [...FACETS.map(([facet]) => facet), "eps", "node", "points", "images", ...(isLabelled ? ["purity"] : []),
    ...[...LENSES.keys()].flatMap((lens) => [`${lens}_min`, `${lens}_max`, `${lens}_mean`]),
    ...measures.map((name) => name.replace(LABEL, "label ")), ...(isLabelled ? main.class_names : []).map((name) => `class ${name}`)];
  const rows = indices.flatMap((index) => {
    const graph = readDocument(`graph-${index}`);
    return graph.size.map((size, node) => {
      const counts = new Array(isLabelled ? main.class_names.length : 0).fill(0);
      if (isLabelled) graph.classes[node].forEach((code, i, pairs) => i % 2 === 0 && (counts[code] = pairs[i + 1]));
      return [...FACETS.map(([facet]) => main.graphs[index][facet]), main.graphs[index].eps, node, size, graph.n_images[node], ...(isLabelled ? [graph.purity[node]] : []),
        ...[...LENSES.keys()].flatMap((lens) => graph[lens][node]), ...measures.map((name) => measureOf(graph, name)?.[node]), ...counts];
    });
  });
  return csvText(columns, rows);
}
