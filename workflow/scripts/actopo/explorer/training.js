"use strict";
// Charts by epoch of training, where networks were kept on their way: of a layer, and of the networks as a whole.
const WHOLE = {
  rho: "specificity, ρ", retrieval: "layer retrieval", train_accuracy: "accuracy, training images", test_accuracy: "accuracy, test images",
};

// Rows of the table of epochs for a layer and the mean of all, in the chosen metric, and for networks as a whole.
function trainingRows(layer) {
  if (state.clouds !== "trained") return [];
  const own = epochRows.filter((row) => row.metric === state.metric);
  const hasUnit = own.some((row) => row.statistic === "relative");
  const wanted = hasUnit ? "relative" : "distance";
  const ofLayers = own.filter((row) => row.statistic === wanted && [String(layer), "mean"].includes(row.layer));
  return [...ofLayers, ...own.filter((row) => row.statistic in WHOLE), ...epochRows.filter((row) => row.metric === "" && row.statistic in WHOLE)];
}

function trainingCharts(row) {
  const [layer, name] = distances.layers[row];
  const rows = trainingRows(layer);
  if (!rows.length) return [];
  const epochs = [...new Set(epochRows.map((own) => own.epoch))].sort(d3.ascending);
  const seriesOf = (key, text, i, chosen) => ({
    name: key, text, style: lineStyle(i),
    values: chosen.map((own) => ({
      x: epochs.indexOf(own.epoch), y: own.value, low: own.low ?? own.min, high: own.high ?? own.max, text: `epoch ${own.epoch}, ${text}: ${shown(own.value)}`,
    })).sort((a, b) => a.x - b.x),
  });
  const charts = [];
  const common = { xTitle: "epoch of training", ticks: epochs.map(String), legend: true };
  const ofLayers = rows.filter((own) => !(own.statistic in WHOLE));
  if (ofLayers.length) {
    const isRelative = ofLayers[0].statistic === "relative";
    const series = [["layer", name, String(layer)], ["mean", "mean of layers", "mean"]]
      .map(([key, text, number], i) => seriesOf(key, text, i, ofLayers.filter((own) => own.layer === number)))
      .filter(({ values }) => values.length);
    charts.push({
      ...common, title: `${name} in training`, yTitle: isRelative ? "distance to the end / its unit" : "distance to the end", series,
      levels: isRelative ? [{ name: "unit", text: "the unit: other networks, or batches", y: 1, colour: "var(--dim)", dash: "7 3" }] : [],
    });
  }
  const whole = Object.keys(WHOLE).filter((key) => rows.some((own) => own.statistic === key));
  if (whole.length) {
    const series = whole.map((key, i) => seriesOf(key, WHOLE[key], i, rows.filter((own) => own.statistic === key)));
    charts.push({ ...common, title: "networks in training", yTitle: "correlation, or share", series });
  }
  return charts;
}
