"use strict";
// Colours of nodes, and the legend that explains them.
const MOST_SLICES = 10;

// Classes by which nodes are pies: those of the images, or those of a column of labels.
function pieClasses(graph, colour) {
  if (colour === "class") return { names: main.class_names, colours: main.colours, pairs: graph.classes };
  const column = graph.columns[colour];
  return { names: column.classes, colours: column.colours, pairs: column.counts };
}

function isPie(graph, colour) {
  return colour === "class" || Object.hasOwn(graph.columns, colour);
}

// Slices of a node: class, share of the circle; classes beyond the most frequent ones are one grey slice.
function slicesOf(pairs) {
  const counts = [];
  for (let i = 0; i < pairs.length; i += 2) counts.push([pairs[i], pairs[i + 1]]);
  counts.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const total = d3.sum(counts, (pair) => pair[1]);
  const kept = counts.slice(0, counts.length > MOST_SLICES ? MOST_SLICES - 1 : MOST_SLICES);
  const rest = total - d3.sum(kept, (pair) => pair[1]);
  if (rest > 0) kept.push([-1, rest]);
  let angle = 0;
  return kept.map(([code, count]) => {
    const start = angle;
    angle += (count / total) * 2 * Math.PI;
    return { code, count, start, end: angle };
  });
}

// One scale for all graphs that are shown: shares from 0 to 1, other numbers from the smallest to the largest.
function valueScale(graphs, name) {
  const isShare = ["purity", "confidence", "misclassified"].includes(name);
  const values = graphs.flatMap((graph) => measureOf(graph, name) ?? []);
  const [low, high] = isShare ? [0, 1] : d3.extent(values.filter((value) => value !== null));
  const span = high > low ? high - low : 1;
  return { low, high, place: (value) => (value - low) / span };
}

function valueColour(scale, value) {
  return value === null || value === undefined ? "var(--missing)" : d3.interpolateViridis(scale.place(value));
}

// Entries of the legend: a text with a colour, or the stops of a ramp with the texts at its ends.
function legendOf(graphs) {
  const withPies = graphs.find((graph) => isPie(graph, state.colour));
  if (withPies) {
    const { names, colours } = pieClasses(withPies, state.colour);
    const entries = names.map((name, i) => ({ text: names.length > 10 ? `${i} ${name}` : name, colour: colours[i] }));
    return names.length > MOST_SLICES ? [...entries, { text: "rest of a node", colour: "var(--missing)" }] : entries;
  }
  const scale = valueScale(graphs, state.colour);
  const stops = d3.range(0, 1.01, 0.1).map((share) => d3.interpolateViridis(share));
  return [{ text: measureLabel(state.colour), stops, ends: [shown(scale.low), shown(scale.high)] }, { text: "not known", colour: "var(--missing)" }];
}

function drawLegend(graphs) {
  const legend = d3.select("#legend").html("");
  for (const { text, colour, stops, ends } of legendOf(graphs)) {
    if (colour) {
      const entry = legend.append("span");
      entry.append("span").attr("class", "swatch").style("background", colour);
      entry.append("span").text(text);
      continue;
    }
    legend.append("span").text(text);
    const ramp = legend.append("span");
    ramp.append("span").text(ends[0]);
    ramp.append("span").attr("class", "ramp").style("background", `linear-gradient(to right, ${stops.join(", ")})`);
    ramp.append("span").text(ends[1]);
  }
}
