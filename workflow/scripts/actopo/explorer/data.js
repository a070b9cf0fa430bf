"use strict";
// Above this a p-value of purity is drawn as chance. Distances have their own, from the level of their intervals.
const LEVEL = 0.05;
// Documents of the page: each is read once, when it is first wanted.
const documents = new Map();

function readDocument(id) {
  if (!documents.has(id)) {
    const element = document.getElementById(id);
    documents.set(id, element ? JSON.parse(element.textContent) : null);
  }
  return documents.get(id);
}

const main = readDocument("main");
// Without labels, images are of one class, which says nothing of nodes.
const isLabelled = main.class_names.length > 1;

// Sets of ascending numbers, as actopo.explorer.coding writes them: differences in bytes of seven bits.
function decodeSets(text, counts) {
  const bytes = atob(text);
  let place = 0;
  return counts.map((count) => {
    const numbers = new Int32Array(count);
    let last = -1;
    for (let i = 0; i < count; i++) {
      let difference = 0;
      let shift = 0;
      let byte;
      do {
        byte = bytes.charCodeAt(place++);
        difference += (byte & 127) * 2 ** shift;
        shift += 7;
      } while (byte > 127);
      last += difference;
      numbers[i] = last;
    }
    return numbers;
  });
}

// Name of a graph in links; eps tells the graphs at every eps from the one that was chosen, and epochs begin with an "e".
function graphKey(graph) {
  const own = [graph.model, graph.seed, graph.sampling, graph.draw, graph.sigma, graph.layer];
  const epoch = graph.epoch === null || graph.epoch === undefined ? [] : [`e${graph.epoch}`];
  return [...own, ...epoch, ...(graph.is_chosen === false ? [graph.eps] : [])].join("/");
}

function graphIndex(key) {
  return Math.max(0, main.graphs.findIndex((graph) => graphKey(graph) === key));
}

// Name of the layer of a graph, with the number by which other views and figures know it.
function layerLabel({ layer, layer_name: name }) {
  const isNumbered = main.layers.some(([number, known]) => number === layer && known === `layer ${layer}`);
  return isNumbered && name !== `layer ${layer}` ? `${layer} ${name}` : name;
}

// What tells a graph from the others of the page: sampling, layer, and whatever else is not the same in all.
function graphName(graph) {
  const rest = FACETS.filter(([facet]) => !["sampling", "layer"].includes(facet)).filter(([facet]) => main.graphs.some((other) => other[facet] !== graph[facet]));
  const known = rest.filter(([facet]) => graph[facet] !== null && graph[facet] !== undefined);
  const isOfMany = main.graphs.some((other) => other !== graph && FACETS.every(([facet]) => other[facet] === graph[facet]));
  return [graph.sampling, layerLabel(graph), ...known.map(([facet, label]) => (facet === "model" ? graph.model : `${label} ${graph[facet]}`)),
    ...(isOfMany ? [`eps ${shown(graph.eps)}`] : [])].join(", ");
}

const memberSets = new Map();

// Images of each node, or null where the page has no room for them.
function membersOf(index) {
  if (!memberSets.has(index)) {
    const graph = readDocument(`graph-${index}`);
    memberSets.set(index, graph.members === null ? null : decodeSets(graph.members, graph.n_images));
  }
  return memberSets.get(index);
}

// Where each image is on the sheets: class and place.
const tiles = new Map();
main.thumbnails.images.forEach((images, label) => images.forEach((image, place) => tiles.set(image, [label, place])));

// Keys of graphs under which each lens has its smallest, largest and mean value in every node, and the name of the lens.
const LENSES = new Map(main.lenses.map((label, i) => [i ? `lens${i + 1}` : "lens", label]));

// One number for each node of a graph, or null if the graph has no such measure.
function measureOf(graph, name) {
  if (name === "members") return graph.size;
  if (name === "coverage") return graph.size.map((size) => size / graph.facts.n_points);
  if (name === "purity") return graph.purity;
  if (LENSES.has(name)) return graph[name].map((values) => values[2]);
  return Object.hasOwn(graph.measures, name) ? graph.measures[name] : null;
}

// Measures that not every graph has: those of at least one of some graphs.
function extraMeasures(graphs) {
  return [...new Set(graphs.flatMap((graph) => Object.keys(graph.measures)))];
}

function measureNames(graphs) {
  return [...(isLabelled ? ["purity"] : []), ...LENSES.keys(), "coverage", ...extraMeasures(graphs)];
}

const MEASURE_LABELS = new Map([
  ...["class", "equal", "purity", "confidence"].map((name) => [name, name]),
  ...[...LENSES].map(([key, label]) => [key, `mean lens (${label})`]),
  ["misclassified", "misclassified images"], ["members", "points"], ["coverage", "share of all points"],
]);
// What the names of a user's labels begin with, since they may be those of measures.
const LABEL = "label:";

function measureLabel(name) {
  if (!name.startsWith(LABEL)) return MEASURE_LABELS.get(name) ?? name;
  const own = name.slice(LABEL.length);
  return [...MEASURE_LABELS.values()].includes(own) ? `${own} (label)` : own;
}

// Rows of a table as objects.
function records(table) {
  return table.rows.map((row) => Object.fromEntries(table.columns.map((name, i) => [name, row[i]])));
}

// Pairs of numbers of a diagram, as actopo.explorer.distances writes them.
function decodeFloats(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

// A number as it is shown everywhere: four significant digits.
function shown(value) {
  if (value === null || value === undefined) return "–";
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(4)));
}
