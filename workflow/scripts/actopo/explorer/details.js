"use strict";
// What is known of the selected nodes, and where their images are in the other graph.
const MOST_CARDS = 6;
const THUMBNAIL = 56;
const MOST_FILES = 30;

function selectedImages() {
  const { panel, nodes } = selection();
  if (panel === null || !nodes.length) return null;
  const members = membersOf(graphIndex(state[panel]));
  if (members === null) return null;
  const images = new Set();
  for (const node of nodes) for (const image of members[node]) images.add(image);
  return images;
}

// Share of the images of each node of a graph that are selected in the other; null where members are not in the page.
function litShares(index) {
  const images = selectedImages();
  const members = membersOf(index);
  if (images === null || members === null) return null;
  return members.map((own) => own.reduce((count, image) => count + images.has(image), 0) / own.length);
}

function showDetails() {
  const details = d3.select("#details").html("");
  const { panel, nodes } = selection();
  if (panel === null || !nodes.length) {
    details.append("p").text("No node is selected.");
    showFacts(details);
    return;
  }
  const index = graphIndex(state[panel]);
  const graph = readDocument(`graph-${index}`);
  if (nodes.length > 1) showTogether(details, nodes);
  if (state.two === "1") showOther(details, panel);
  details.append("button").attr("type", "button").attr("id", "images-csv").text("CSV of their images")
    .on("click", () => save("images.csv", "text/csv", imagesCsv(index, nodes)));
  for (const node of nodes.slice(0, MOST_CARDS)) showNode(details, index, graph, node);
  if (nodes.length > MOST_CARDS) details.append("p").text(`${nodes.length - MOST_CARDS} more nodes are selected.`);
}

function showFacts(details) {
  for (const panel of state.two === "1" ? ["a", "b"] : ["a"]) {
    const index = graphIndex(state[panel]);
    const { facts, size } = readDocument(`graph-${index}`);
    details.append("h3").text(graphName(main.graphs[index]));
    const rows = [["nodes", size.length], ...Object.entries(facts)].filter(([, value]) => typeof value !== "object");
    addTable(details, rows.map(([name, value]) => [name, typeof value === "number" ? shown(value) : String(value)]));
  }
  const out = main.left_out;
  if (out.graphs) details.append("p").text(`${out.graphs} more graphs are left out, which would make the page too large.`);
  if (out.members) details.append("p").text(`The members of the nodes of ${out.members} graphs are left out, which would make the page too large; their images cannot be lit up.`);
  if (main.thumbnails.left_out) details.append("p").text(`${main.thumbnails.left_out} thumbnails are left out, which would make the page too large.`);
}

function addTable(parent, rows) {
  const lines = parent.append("table").append("tbody").selectAll("tr").data(rows).enter().append("tr");
  lines.append("th").attr("scope", "row").text((row) => row[0]);
  lines.append("td").attr("class", "number").text((row) => row[1]);
}

function showTogether(details, nodes) {
  const images = selectedImages();
  const count = images === null ? "" : `, ${images.size} different images`;
  details.append("p").attr("id", "together").text(`${nodes.length} nodes${count}`);
}

function showOther(details, panel) {
  const index = graphIndex(state[panel === "a" ? "b" : "a"]);
  const shares = litShares(index);
  if (shares === null) {
    details.append("p").text("The members of the nodes are not in this page, so that the images are not lit up in the other graph.");
    return;
  }
  const images = selectedImages();
  const there = new Set();
  membersOf(index).forEach((own) => own.forEach((image) => images.has(image) && there.add(image)));
  const n = shares.filter((share) => share > 0).length;
  details.append("p").attr("id", "other")
    .text(`In the other graph ${there.size} of these ${images.size} images are in ${n === 1 ? "1 node" : `${n} nodes`}.`);
}

function showNode(details, index, graph, node) {
  const card = details.append("section").attr("class", "card").attr("data-node", node);
  card.append("h3").text(`Node ${node}`);
  const rows = [
    ["points", graph.size[node]], ["images", graph.n_images[node]], ...(isLabelled ? [["purity", shown(graph.purity[node])]] : []),
    [measureLabel("coverage"), shown(graph.size[node] / graph.facts.n_points)],
  ];
  for (const [key, label] of LENSES) {
    const [low, high, mean] = graph[key][node];
    rows.push([label, `${shown(low)} to ${shown(high)}`], [`mean ${label}`, shown(mean)]);
  }
  for (const name of extraMeasures([graph, ...shownGraphs()])) rows.push([measureLabel(name), shown(measureOf(graph, name)?.[node])]);
  addTable(card, rows);
  if (isLabelled) addBars(card, main.class_names, main.colours, graph.classes[node], "points");
  if (state.colour !== "class" && isPie(graph, state.colour)) {
    const pie = pieClasses(graph, state.colour);
    card.append("h3").text(measureLabel(state.colour));
    addBars(card, pie.names, pie.colours, pie.pairs[node], "images");
  }
  addThumbnails(card, index, graph, node);
  addFiles(card, index, node);
}

// Images of a node: all of its members, or those that it shows where the page has no members.
function imagesOf(index, node) {
  const members = membersOf(index);
  if (members !== null) return members[node];
  return (readDocument(`graph-${index}`).shown[node] ?? []).filter((_, i) => i % 2 === 0).sort(d3.ascending);
}

function addFiles(card, index, node) {
  const { files } = readDocument("images");
  if (files === null) return;
  const images = imagesOf(index, node);
  const list = card.append("details").attr("class", "files");
  list.append("summary").text(`${images.length} image files`);
  list.append("ul").selectAll("li").data([...images.slice(0, MOST_FILES)]).enter().append("li").text((image) => files[image]);
  if (images.length > MOST_FILES) list.append("p").text(`${images.length - MOST_FILES} more are in the CSV.`);
}

function imagesCsv(index, nodes) {
  const about = main.graphs[index];
  const { labels, files } = readDocument("images");
  const rows = nodes.flatMap((node) => [...imagesOf(index, node)].map((image) => [
    ...FACETS.map(([facet]) => about[facet]), about.eps, node, image, main.class_names[labels[image]], files === null ? null : files[image],
  ]));
  return csvText([...FACETS.map(([facet]) => facet), "eps", "node", "image", "class", "file"], rows);
}

function addBars(card, names, colours, pairs, unit) {
  const counts = d3.range(pairs.length / 2).map((i) => [pairs[2 * i], pairs[2 * i + 1]]).sort((a, b) => b[1] - a[1]);
  const total = d3.sum(counts, (pair) => pair[1]);
  const bars = card.append("div").attr("role", "list").attr("aria-label", `${unit} of each class`);
  for (const [code, count] of counts.slice(0, 12)) {
    const bar = bars.append("div").attr("class", "bar").attr("role", "listitem").attr("data-class", names[code]);
    bar.append("span").attr("class", "name").attr("title", names[code]).text(names[code]);
    bar.append("span").attr("class", "track").append("div").style("width", `${(100 * count) / total}%`).style("background", colours[code]);
    bar.append("span").attr("class", "count").text(count);
  }
  if (counts.length > 12) bars.append("p").text(`${counts.length - 12} more classes`);
}

function addThumbnails(card, index, graph, node) {
  const pairs = graph.shown[node] ?? [];
  const about = main.graphs[index];
  const boxes = main.thumbnails.boxes[`${about.tap} ${about.layer}`];
  const { width, height, columns } = main.thumbnails;
  const scale = THUMBNAIL / Math.max(width, height);
  const list = card.append("div").attr("class", "thumbnails");
  for (let i = 0; i < pairs.length; i += 2) {
    const [image, position] = [pairs[i], pairs[i + 1]];
    if (!tiles.has(image)) continue;
    const [label, place] = tiles.get(image);
    const n = columns[label];
    const figure = list.append("div").attr("class", "thumbnail").attr("role", "img").attr("data-image", image)
      .attr("aria-label", `image ${image}, ${main.class_names[label]}`).attr("title", `image ${image}, ${main.class_names[label]}`)
      .style("width", `${width * scale}px`).style("height", `${height * scale}px`)
      .style("background-image", `url(${readDocument(`sheet-${label}`)})`)
      .style("background-size", `${n * width * scale}px auto`)
      .style("background-position", `${-(place % n) * width * scale}px ${-Math.floor(place / n) * height * scale}px`);
    if (position < 0 || !boxes) continue;
    const [left, top, wide, high] = boxes[position];
    figure.append("div").attr("class", "field").style("left", `${100 * left}%`).style("top", `${100 * top}%`)
      .style("width", `${100 * wide}%`).style("height", `${100 * high}%`);
  }
}
