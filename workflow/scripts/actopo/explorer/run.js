"use strict";
// The view of the run: networks, times of jobs, versions, and the configuration.
function startRun() {
  const run = readDocument("run");
  const view = d3.select("#view-run");
  const wide = (label) => view.append("div").attr("class", "wide").attr("role", "group").attr("tabindex", 0).attr("aria-label", label);
  view.append("h2").text("Data");
  addTable(wide("data"), Object.entries(run.data).map(([name, value]) => [name, Array.isArray(value) ? value.join(" × ") : value]));
  view.append("h2").text("Networks");
  addRecords(wide("networks"), run.accuracy, ["model", "seed", "test_accuracy", "train_accuracy", "epochs", "precision", "device", "seconds"]);
  view.append("h2").text("Time and memory of jobs");
  view.append("p").attr("class", "hint").text("Jobs that had ended when this page was made, also of earlier configurations unless they were pruned; seconds of all jobs of a rule, of the longest, and memory of the largest in MB.");
  addRecords(wide("time and memory of jobs"), run.times, ["rule", "jobs", "seconds", "longest", "max_rss"]);
  view.append("h2").text("Versions");
  addTable(wide("versions"), Object.entries(run.versions));
  view.append("h2").text("Configuration");
  view.append("p").attr("class", "hint").text("As it was when this page was made.");
  view.append("pre").attr("tabindex", 0).attr("aria-label", "configuration").text(JSON.stringify(run.config, null, 2));
}

function addRecords(parent, rows, columns) {
  const table = parent.append("table");
  const isNumber = (name) => rows.some((row) => typeof row[name] === "number");
  table.append("thead").append("tr").selectAll("th").data(columns).enter().append("th").attr("scope", "col")
    .attr("class", (name) => (isNumber(name) ? "number" : null)).text((name) => name.replaceAll("_", " "));
  const lines = table.append("tbody").selectAll("tr").data(rows).enter().append("tr");
  lines.selectAll("td").data((row) => columns.map((name) => [name, row[name]])).enter().append("td")
    .attr("class", ([name]) => (isNumber(name) ? "number" : null))
    .text(([, value]) => (typeof value === "string" ? value : shown(value)));
}
