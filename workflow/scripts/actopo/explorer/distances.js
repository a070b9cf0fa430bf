"use strict";
// The view of distances between layers: matrices, the diagrams behind a cell, specificity and sensitivity.
const SURROGATE_VALUES = { p_value: "p-value", q_value: "false discovery rate", ratio: "observed / mean of surrogates" };
const SURROGATE_SCALES = { own: "as they are", equal: "equal scale" };
const LEVEL_LABELS = {
  mean: ["baseline, mean", "7 3"], quantile: ["baseline, quantile", "2 3"],
  floor_mean: ["floor, mean", "7 3"], floor_quantile: ["floor, quantile", "2 3"],
};
const drawnDistances = { maps: [], overlay: [], curves: [], key: "" };
// The document and its tables, which are read when the view is first shown.
let distances = null;
let calibrations, rhoRows, curveRows, detectionRows, epochRows, layerNames;

function openDistances() {
  distances = readDocument("distances");
  calibrations = Object.fromEntries(Object.entries(distances.surrogates).map(([kind, { table }]) => [kind, records(table)]));
  rhoRows = records(distances.rho);
  curveRows = distances.curves.flatMap(records);
  detectionRows = records(distances.detection);
  epochRows = records(distances.epochs);
  layerNames = distances.layers.map(([layer, name]) => (name === `layer ${layer}` ? String(layer) : name));
  for (const [key, options] of [
    ["clouds", Object.entries(distances.clouds)],
    ["dimension", distances.dimensions.map((name) => [name, name.toUpperCase()])],
    ["surrogates", Object.entries(distances.surrogates).map(([kind, { label }]) => [kind, label])],
    ["scale", Object.entries(SURROGATE_SCALES)],
    ["value", Object.entries(SURROGATE_VALUES)],
  ]) {
    const control = document.querySelector(`[data-key=${key}]`);
    fillOptions(control, options);
    control.parentElement.hidden = !options.length || (["scale", "value"].includes(key) && !Object.keys(calibrations).length);
  }
  const drawings = () => [...drawnDistances.maps, ...drawnDistances.overlay, ...drawnDistances.curves, ...drawnPair.maps];
  d3.select("#distances-svg").on("click", () => save("distances.svg", "image/svg+xml", svgText(drawings())));
  d3.select("#distances-csv").on("click", () => save("distances.csv", "text/csv", distancesCsv()));
}

// The matrix that is shown, and the place of network B in it; what is not there is replaced by what is.
function chosenMatrix() {
  if (!Object.hasOwn(distances.clouds, state.clouds)) state.clouds = Object.keys(distances.clouds)[0];
  const own = distances.matrices.filter((matrix) => matrix.clouds === state.clouds);
  const matrix = own.find(({ metric }) => metric === state.metric) ?? own.find(({ metric }) => metric === DEFAULTS.metric) ?? own[0];
  state.metric = matrix.metric;
  fillOptions(document.querySelector("[data-key=metric]"), own.map(({ metric, label }) => [metric, label]));
  const others = matrix.seeds.slice(1).map(String);
  if (!others.includes(state.network)) state.network = others[0] ?? "";
  const control = document.querySelector("[data-key=network]");
  fillOptions(control, others.map((seed) => [seed, `seed ${seed}`]));
  control.parentElement.hidden = !others.length;
  for (const key of ["clouds", "metric", "network", "dimension", "surrogates", "scale", "value"]) {
    const select = document.querySelector(`[data-key=${key}]`);
    if (![...select.options].some((option) => option.value === state[key])) state[key] = select.options[0]?.value ?? "";
    select.value = state[key];
  }
  return { matrix, other: others.length ? 1 + others.indexOf(state.network) : null };
}

// Row of the surrogates' table for each place in the matrix, in one dimension and scale.
function calibrationCells() {
  const dimension = state.metric.replace(/^sw_/, "");
  const rows = state.clouds === "trained" && state.metric.startsWith("sw_")
    ? (calibrations[state.surrogates] ?? []).filter((row) => row.dimension === dimension && row.scale === state.scale) : [];
  if (!rows.length) return null;
  const place = new Map(distances.layers.map(([layer], i) => [layer, i]));
  const n = distances.layers.length;
  const cells = new Array(n * n).fill(null);
  for (const row of rows) {
    const [i, j] = [place.get(row.layer_a), place.get(row.layer_b)];
    cells[i * n + j] = cells[j * n + i] = row;
  }
  return cells;
}

// What each heat map shows: name, title, values, and how they are called and coloured.
function shownMaps() {
  const { matrix, other } = chosenMatrix();
  const [first, second] = [`A (seed ${matrix.seeds[0]})`, `B (seed ${state.network})`];
  const batches = state.clouds === "trained" ? distances.batches[state.metric] : null;
  const compared = [matrix.values[0], ...(other === null ? [] : [matrix.values[other]]), ...(batches ? [batches.mean] : [])];
  const scale = distanceScale(compared);
  const maps = [{ name: "aa", title: `${first} to A`, short: `${matrix.label}, A to A`, to: "A", values: matrix.values[0], chance: matrix.chance?.[0], scale, scaleTitle: matrix.label }];
  if (other !== null) {
    maps.push({ name: "ab", title: `${first} to ${second}`, short: `${matrix.label}, A to B`, to: "B", values: matrix.values[other], chance: matrix.chance?.[other], scale, scaleTitle: matrix.label });
  }
  if (batches && batches.variation) {
    const spread = distanceScale([batches.variation]);
    maps.push({ name: "mean", short: "mean over batches", title: `A to A, mean over ${batches.batches} batches`, to: "A", values: batches.mean, scale, scaleTitle: matrix.label });
    maps.push({ name: "variation", short: "variation over batches", title: `A to A, variation over ${batches.batches} batches`, to: "A", values: batches.variation, scale: spread, scaleTitle: "coefficient of variation" });
  }
  const cells = calibrationCells();
  if (cells) {
    const values = cells.map((row) => row?.[state.value] ?? null);
    const least = 1 / (1 + (cells.find((row) => row)?.draws ?? 1));
    maps.push({
      name: "surrogates", title: `A against surrogates of the same ${distances.surrogates[state.surrogates].label}`, to: "A", values, cells,
      scale: state.value === "ratio" ? ratioScale(values) : chanceScale(least), scaleTitle: SURROGATE_VALUES[state.value],
    });
  }
  return maps;
}

// The chosen cell: map, and places of its layers.
function chosenCell(maps) {
  const [name, ...layers] = state.cell.split(".");
  const places = layers.map((layer) => distances.layers.findIndex(([number]) => String(number) === layer));
  const isThere = places.length === 2 && places.every((place) => place >= 0);
  const [row, column] = isThere ? places : [0, distances.layers.length - 1];
  return { map: maps.find((map) => map.name === name) ?? maps[0], row, column };
}

function cellText(map, place) {
  const n = distances.layers.length;
  const [row, column] = [distances.layers[Math.floor(place / n)][1], distances.layers[place % n][1]];
  return `${row} of A, ${column} of ${map.to}\n${map.scaleTitle}: ${shown(map.values[place])}`;
}

function showDistances() {
  if (!distances) openDistances();
  const maps = shownMaps();
  const key = [state.clouds, state.metric, state.network, state.surrogates, state.scale, state.value].join("|");
  if (key !== drawnDistances.key) {
    drawnDistances.key = key;
    const area = d3.select("#maps").html("");
    drawnDistances.maps = maps.map((map) => heatMap(area, {
      ...map, labels: layerNames, xTitle: `layer of ${map.to}`, yTitle: "layer of A", text: (place) => cellText(map, place),
      dots: (place) => map.name === "surrogates" && map.cells[place]?.q_value <= distances.alpha,
      choose: (place) => {
        const n = distances.layers.length;
        change({ cell: [map.name, distances.layers[Math.floor(place / n)][0], distances.layers[place % n][0]].join(".") });
      },
    }));
  }
  const cell = chosenCell(maps);
  const chosen = cell.row * distances.layers.length + cell.column;
  for (const map of maps) {
    const isOwn = map === cell.map;
    const drawing = d3.select(`[data-map=${map.name}]`);
    drawing.selectAll(".cell").attr("aria-pressed", (place) => String(isOwn && place === chosen))
      .attr("tabindex", (place) => (place === chosen ? 0 : -1));
    drawing.select(".marker").attr("display", isOwn ? null : "none").attr("data-cell", isOwn ? chosen : null)
      .attr("transform", drawing.select(`.cell[data-cell="${chosen}"]`).attr("data-place"));
  }
  showCell(cell, maps);
  showCurves(cell, maps);
  showPair();
  const notes = ["A is the first network of the homology study."];
  if (rhoRows.length) notes.unshift(`In the curve of specificity an empty mark is p > ${distances.alpha}.`);
  if (maps.some(({ name }) => name === "surrogates")) notes.push(`A dot is a false discovery rate of at most ${distances.alpha}.`);
  d3.select("#distances-note").text(notes.join(" "));
}

function showCell({ map, row, column }, maps) {
  const details = d3.select("#cell").html("");
  const n = distances.layers.length;
  const place = row * n + column;
  const [first, second] = [distances.layers[row][1], distances.layers[column][1]];
  details.append("h3").text(`${first} of A, ${second} of ${map.to}`);
  showDiagrams(details, map, row, column);
  const size = (layer) => `${distances.sizes[layer][0]} × ${distances.sizes[layer][1]}`;
  const rows = [[`cloud of A: ${first}`, size(row)], [`cloud of ${map.to}: ${second}`, size(column)]];
  for (const own of maps) {
    if (own.name !== "surrogates") rows.push([own.short, shown(own.values[place])]);
    if (own.chance) rows.push([`${own.short}, by chance`, shown(own.chance[place])]);
  }
  const found = maps.find(({ name }) => name === "surrogates")?.cells[place];
  if (found) {
    rows.push(["observed", shown(found.observed)], ["mean of surrogates", shown(found.surrogate_mean)], ["ratio", shown(found.ratio)], ["z", shown(found.z)],
      ["p-value", shown(found.p_value)], ["p-value, Holm", shown(found.p_holm)], ["false discovery rate", shown(found.q_value)], ["surrogates", shown(found.draws)]);
  }
  addTable(details, rows);
  details.append("p").attr("class", "hint").text("Sizes of clouds are points × channels.");
}

// Both diagrams of a cell, of the clouds as they are before any division by their scale.
function showDiagrams(details, map, row, column) {
  drawnDistances.overlay = [];
  const own = state.clouds.split(".").filter((part) => part !== "scaled").join(".");
  const kind = distances.diagrams.some(([clouds]) => clouds === own) ? own : "trained";
  const first = distances.matrices[0].seeds[0];
  const wanted = [[first, row, "A"], [map.to === "B" ? Number(state.network) : first, column, map.to]];
  const found = wanted.map(([seed]) => distances.diagrams.findIndex(([clouds, other]) => clouds === kind && other === seed));
  if (found.includes(-1)) {
    details.append("p").text(`The page has no ${state.dimension.toUpperCase()} diagrams of this network.`);
    return;
  }
  const diagrams = wanted.map(([seed, layer, name], i) => ({
    name: `${distances.layers[layer][1]} of ${name}`, full: `${distances.layers[layer][1]} of ${name} (seed ${seed})`, style: lineStyle(i),
    pairs: decodeFloats(readDocument(`diagrams-${found[i]}`)[state.dimension][layer]),
  }));
  drawnDistances.overlay = [diagramOverlay(details, `${state.dimension.toUpperCase()} diagrams`, diagrams)];
  addTable(details, diagrams.flatMap(({ name, pairs }) => {
    let longest = 0;
    for (let i = 0; i < pairs.length; i += 2) longest = Math.max(longest, pairs[i + 1] - pairs[i]);
    return [[`${name}: points`, pairs.length / 2], [`${name}: longest life`, shown(longest)]];
  }));
  const notes = [];
  if (state.clouds.includes("scaled") || state.metric.includes("scaled")) notes.push("Diagrams are those before the clouds are divided by their scale.");
  if (kind === "trained" && own !== "trained" && own !== "") notes.push("Diagrams are those of the networks' own clouds.");
  for (const note of notes) details.append("p").attr("class", "hint").text(note);
}

function showCurves({ row }, maps) {
  const area = d3.select("#curves").html("");
  const n = distances.layers.length;
  const name = distances.layers[row][1];
  const label = maps[0].scaleTitle;
  const series = maps.filter((map) => ["aa", "ab"].includes(map.name)).map((map, i) => ({
    name: map.name, text: `from A to ${map.to}`, style: lineStyle(i),
    values: layerNames.map((_, m) => ({ x: m, y: map.values[row * n + m], text: cellText(map, row * n + m) })),
  }));
  const own = series[1]?.values[row].y ?? null;
  drawnDistances.curves = [lineChart(area, {
    title: `distances from ${name} of A`, xTitle: "layer", yTitle: label, ticks: layerNames, series, legend: true,
    levels: own === null ? [] : [{ name: "own", text: `${name} of A to that of B`, y: own, colour: "var(--dim)", dash: "2 3" }],
  })];
  const rho = rhoValues();
  if (rho) drawnDistances.curves.push(lineChart(area, rho));
  const sensitivity = sensitivityChart(row, label);
  if (sensitivity) drawnDistances.curves.push(lineChart(area, sensitivity));
  for (const chart of trainingCharts(row)) drawnDistances.curves.push(lineChart(area, chart));
}

// Specificity: correlation of the rows of A–A and A–B by layer.
function rhoValues() {
  const rows = rhoRows.filter((own) => own.clouds === state.clouds && own.metric === state.metric);
  if (!rows.length) return null;
  const mean = rows.find((own) => own.layer === "mean");
  const place = new Map(distances.layers.map(([layer], i) => [String(layer), i]));
  const told = (own, what) => [
    `${what}: ρ = ${shown(own.value)}, mean over ${own.n_pairs} networks`,
    own.low === null ? `range: ${shown(own.min)} to ${shown(own.max)}` : `interval: ${shown(own.low)} to ${shown(own.high)}`,
    `layers permuted: upper limit ${shown(own.null_high)}`, `p = ${shown(own.p_value)}`,
  ].join("\n");
  const values = rows.filter((own) => place.has(own.layer)).map((own) => ({
    x: place.get(own.layer), y: own.value, low: own.low, high: own.high, empty: own.p_value > distances.alpha, text: told(own, distances.layers[place.get(own.layer)][1]),
  }));
  return {
    title: `specificity: mean ρ = ${shown(mean?.value)}`, xTitle: "layer", yTitle: "correlation of rows, mean over B", ticks: layerNames, legend: true,
    series: [{ name: "rho", text: "ρ (Pearson)", style: lineStyle(0), values: values.sort((a, b) => a.x - b.x) }],
    levels: mean ? [{ name: "mean", text: "mean of layers", y: mean.value, colour: "var(--dim)", dash: "7 3" }] : [],
  };
}

// Sensitivity: distance of the cloud of a layer to itself without some of its components, and what it is compared with.
function sensitivityChart(row, label) {
  const [layer, name] = distances.layers[row];
  const isOwn = (own) => own.layer === layer && own.metric === state.metric;
  const curves = state.clouds === "trained" ? curveRows.filter(isOwn) : [];
  if (!curves.length) return null;
  const kinds = [...new Set(curves.map((own) => own.components))];
  const series = kinds.map((kind, i) => {
    const points = d3.nest().key((own) => own.fraction).entries(curves.filter((own) => own.components === kind && own.distance !== null));
    const values = points.map(({ values: orders }) => {
      const found = orders.map((own) => own.distance).sort(d3.ascending);
      const y = d3.quantile(found, 0.5);
      const band = found.length > 1 ? { low: d3.quantile(found, 0.1), high: d3.quantile(found, 0.9) } : {};
      return { x: orders[0].fraction, y, ...band, empty: !orders[0].in_paper, text: `${name}, ${kind}: ${shown(orders[0].fraction)} removed\ndistance ${shown(y)}` };
    }).sort((a, b) => a.x - b.x);
    const isBand = values.some((own) => own.low !== undefined);
    return { name: kind, text: kind === "random" && isBand ? "random (median, 10 to 90 %)" : `${kind} components`, style: lineStyle(i), values };
  });
  const found = d3.nest().key((own) => own.threshold).entries(detectionRows.filter((own) => isOwn(own) && own.level !== null));
  const levels = found.map(({ key, values }) => ({
    name: key, text: `${LEVEL_LABELS[key][0]}: ${shown(values[0].level)}`, y: values[0].level, dash: LEVEL_LABELS[key][1],
    colour: key.startsWith("floor") ? "var(--dim)" : "var(--text)",
  }));
  return { title: `sensitivity of ${name}`, xTitle: "share of principal components removed", yTitle: label, series, levels, legend: true };
}

function distancesCsv() {
  const maps = shownMaps();
  const { row } = chosenCell(maps);
  const columns = ["part", "clouds", "metric", "network_a", "network_b", "layer_a", "layer_b", "components", "fraction", "epoch", "value"];
  const n = distances.layers.length;
  const first = distances.matrices[0].seeds[0];
  const rows = maps.flatMap((map) => map.values.map((value, place) => [
    map.name === "surrogates" ? `surrogates ${state.surrogates} ${state.scale} ${state.value}` : map.name, state.clouds, state.metric, first,
    map.to === "B" ? Number(state.network) : first, distances.layers[Math.floor(place / n)][0], distances.layers[place % n][0], null, null, null, value,
  ]));
  for (const { name, values } of rhoValues()?.series ?? []) {
    for (const own of values) rows.push([name, state.clouds, state.metric, first, null, distances.layers[own.x][0], null, null, null, null, own.y]);
  }
  const sensitivity = sensitivityChart(row, maps[0].scaleTitle);
  const layer = distances.layers[row][0];
  for (const { name, values } of sensitivity?.series ?? []) {
    for (const own of values) rows.push(["sensitivity", state.clouds, state.metric, first, null, layer, null, name, own.x, null, own.y]);
  }
  for (const own of sensitivity?.levels ?? []) rows.push([`level ${own.name}`, state.clouds, state.metric, first, null, layer, null, null, null, null, own.y]);
  for (const own of trainingRows(layer)) rows.push([own.statistic, state.clouds, state.metric, null, null, own.layer, null, null, null, own.epoch, own.value]);
  rows.push(...pairRows());
  return csvText(columns, rows);
}
