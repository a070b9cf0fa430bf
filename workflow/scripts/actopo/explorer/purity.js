"use strict";
// The view of purity: Fig. 12 of the paper for every class and sampling.
const PURITY_PANELS = [
  ["graphs", "node_purity", "node-wise purity, all classes", "mean node-wise purity", true],
  ["classes", "purity", "class-wise purity", "class-wise purity", true],
  ["graphs", "coverage", "coverage", "share of points in a node", false],
  ["graphs", "majority_share", "majority, weighted by size", "share of the majority class", true],
  ["graphs", "entropy", "class entropy, weighted by size", "normalised entropy", false],
];

const purityTables = { graphs: records(readDocument("purity").graphs), classes: records(readDocument("purity").classes) };
const purityCharts = [];

function hasValue(rows, measure) {
  return rows.some((row) => row[measure] !== null && row[measure] !== undefined);
}

function puritySamplings() {
  return [...new Set(purityTables.graphs.map((row) => row.sampling))];
}

function startPurity() {
  fillOptions(document.querySelector("[data-key=class]"), main.class_names.map((name) => [name, name]));
  document.querySelector("[data-key=class]").closest("label").hidden = !isLabelled;
  const sigmas = [...new Set(purityTables.graphs.map((row) => row.sigma))].sort(d3.ascending);
  fillOptions(document.querySelector("[data-key=sigma]"), sigmas.map((sigma) => [String(sigma), sigma ? `σ = ${sigma}` : "none"]));
  const samplings = d3.select("#samplings").selectAll("label").data(puritySamplings()).enter().append("label");
  samplings.append("input").attr("type", "checkbox").on("change", function (name) {
    const hidden = state.hidden.split(",").filter((other) => other && other !== name);
    change({ hidden: (this.checked ? hidden : [...hidden, name]).join(",") });
  });
  samplings.append("span").attr("class", "sample");
  samplings.append("span").text((name) => ` ${name}`);
  d3.select("#purity-svg").on("click", () => save("purity.svg", "image/svg+xml", svgText(purityCharts, shownSamplings())));
  d3.select("#purity-csv").on("click", () => save("purity.csv", "text/csv", purityCsv()));
}

// Names and styles of the samplings that are drawn.
function shownSamplings() {
  const [samplings, hidden] = [puritySamplings(), new Set(state.hidden.split(","))];
  return samplings.map((text, i) => ({ text, style: lineStyle(i) })).filter(({ text }) => !hidden.has(text));
}

function purityRows(table) {
  const hidden = new Set(state.hidden.split(","));
  return purityTables[table].filter(
    (row) => String(row.sigma) === state.sigma && !hidden.has(row.sampling) && (table === "graphs" || row.class === state.class)
  );
}

function showPurity() {
  const samplings = puritySamplings();
  const hidden = new Set(state.hidden.split(","));
  for (const key of ["class", "sigma"]) {
    const control = document.querySelector(`[data-key=${key}]`);
    if (control.selectedIndex < 0 && control.options.length) control.value = state[key] = control.options[0].value;
  }
  d3.selectAll("#samplings input").property("checked", (name) => !hidden.has(name));
  d3.selectAll("#samplings .sample").html("").each((name, i, elements) => lineSample(d3.select(elements[i]), lineStyle(samplings.indexOf(name))));
  const charts = d3.select("#charts").html("");
  purityCharts.length = 0;
  for (const [table, measure, title, yTitle, hasFloor] of PURITY_PANELS) {
    const rows = purityRows(table);
    if (!hasValue(rows, measure)) {
      // Images without labels have coverage alone.
      if (isLabelled && table === "classes" && rows.length) charts.append("p").text(`${title} of ${state.class}: no node has a point of it.`);
      continue;
    }
    const series = shownSamplings().map(({ text: name, style }) => ({
      name, style, values: purityValues(rows.filter((row) => row.sampling === name), measure),
    }));
    purityCharts.push(lineChart(charts, {
      title: table === "classes" ? `${title} of ${state.class}` : title, xTitle: "layer", yTitle, series: series.filter((own) => own.values.length),
      ticks: main.layers.map(([layer, name]) => (name === `layer ${layer}` ? String(layer) : name)),
      level: hasFloor ? 1 / main.class_names.length : null, limits: hasFloor ? null : [0, 1.03],
    }));
  }
  const rows = purityRows("graphs");
  const kinds = [...new Set(rows.map((row) => row.interval))].map((kind) => (kind === "none" ? "there is one graph of each, so no interval" : kind));
  const marks = `Thin bars: permuted labels. Empty marks: p > ${LEVEL}. Dotted: lowest possible, 1/${main.class_names.length}.`;
  d3.select("#purity-note").text(`Bands: ${kinds.join("; ") || "none"}. ${isLabelled ? marks : "Images without labels have no purity."}`);
}

function purityValues(rows, measure) {
  const order = main.layers.map(([layer]) => layer);
  return rows.map((row) => {
    const value = (end) => row[`${measure}${end}`] ?? null;
    const [low, high, p] = [value("_low"), value("_high"), value("_p")];
    const parts = [`${row.sampling}, ${main.layers[order.indexOf(row.layer)]?.[1] ?? row.layer}: ${shown(row[measure])}`];
    if (low !== null) parts.push(`${row.interval}: ${shown(low)} to ${shown(high)}`);
    if (value("_null_low") !== null) parts.push(`labels permuted: ${shown(value("_null_low"))} to ${shown(value("_null_high"))}`);
    if (p !== null) parts.push(`p = ${shown(p)}`);
    return {
      x: order.indexOf(row.layer), y: row[measure], low, high, nullLow: value("_null_low"), nullHigh: value("_null_high"),
      empty: p !== null && p > LEVEL, text: parts.join("\n"),
    };
  }).filter((value) => value.x >= 0).sort((a, b) => a.x - b.x);
}

function purityCsv() {
  const columns = ["table", ...new Set(["graphs", "classes"].flatMap((table) => readDocument("purity")[table].columns))];
  const rows = ["graphs", "classes"].flatMap((table) => purityRows(table).map((row) => columns.map((name) => (name === "table" ? table : row[name]))));
  return csvText(columns, rows);
}
