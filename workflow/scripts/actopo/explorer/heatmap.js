"use strict";
// Matrices between layers as heat maps, and persistence diagrams over each other.
const MAP = { side: 276, left: 74, right: 12, top: 6, ticks: 8, bar: 42, letter: 7 };
const OVERLAY = { width: 300, height: 318, left: 60, right: 10, top: 34, bottom: 40 };

// Colours of distances: one scale for all matrices that are compared.
function distanceScale(matrices) {
  const high = d3.max(matrices, (matrix) => d3.max(matrix, (value) => value ?? 0)) || 1;
  return { ends: [0, high], place: (value) => value / high, colours: d3.interpolateViridis };
}

// Colours of p-values, the smallest possible one at the bright end.
function chanceScale(least) {
  return { ends: [1, least], place: (value) => Math.log(Math.max(value, least)) / Math.log(least), colours: d3.interpolateViridis };
}

// Colours of ratios, with 1 in the middle: blue below, red above.
function ratioScale(values) {
  const most = Math.max(2, d3.max(values, (value) => (value > 0 ? Math.max(value, 1 / value) : 1)));
  const place = (value) => (value > 0 ? 0.5 + Math.log(value) / (2 * Math.log(most)) : 0);
  return { ends: [1 / most, most], place, colours: (share) => d3.interpolateRdBu(1 - share) };
}

/*
 * Draw a matrix. `labels` name rows, and `columns` the columns, if these are others; `values` are its rows one after
 * another, `dots` says of a place in them whether it has a dot, `text` tells of it, and `choose` is called with it.
 */
function heatMap(parent, { name, title, xTitle, yTitle, scaleTitle, labels, columns = labels, values, scale, dots, text, choose }) {
  const { side, top } = MAP;
  // Ticks are as long as the longest of their texts.
  const left = Math.max(MAP.left, 30 + MAP.letter * d3.max(labels, (label) => shortened(label).length));
  const width = left + side + MAP.right;
  const [n, rows] = [columns.length, labels.length];
  const [step, high] = [side / n, side / rows];
  const below = top + side + MAP.ticks + 8 * d3.max(columns, (label) => shortened(label).length);
  const figure = parent.append("figure").attr("class", "chart map").attr("data-map", name);
  figure.append("figcaption").text(title);
  const svg = figure.append("svg").attr("viewBox", `0 0 ${width} ${below + 18 + MAP.bar}`).attr("role", "group").attr("aria-label", title);
  const cells = svg.append("g").attr("transform", `translate(${left},${top})`).selectAll("rect").data(d3.range(n * rows)).enter().append("rect")
    .attr("class", "cell").attr("x", (i) => (i % n) * step).attr("y", (i) => Math.floor(i / n) * high)
    .attr("width", step).attr("height", high).attr("data-cell", (i) => i)
    .attr("data-place", (i) => `translate(${(i % n) * step},${Math.floor(i / n) * high})`).attr("role", "button").attr("aria-label", text)
    .attr("fill", (i) => (values[i] === null ? "var(--missing)" : scale.colours(scale.place(values[i]))));
  svg.append("g").attr("class", "dots").attr("transform", `translate(${left},${top})`).selectAll("circle").data(d3.range(n * rows).filter(dots))
    .enter().append("circle").attr("cx", (i) => ((i % n) + 0.5) * step).attr("cy", (i) => (Math.floor(i / n) + 0.5) * high)
    .attr("r", Math.min(4, Math.min(step, high) / 5)).attr("fill", "#ffffff").attr("stroke", "#000000");
  svg.append("g").attr("transform", `translate(${left},${top})`).append("rect").attr("class", "marker").attr("width", step).attr("height", high);
  cells.on("mouseenter focus", (i) => tell(text(i))).on("mouseleave blur", () => tell("")).on("click", choose)
    .on("keydown", (i) => {
      const steps = { ArrowLeft: i % n ? -1 : 0, ArrowRight: (i + 1) % n ? 1 : 0, ArrowUp: i < n ? 0 : -n, ArrowDown: i < n * (rows - 1) ? n : 0 };
      const moved = steps[d3.event.key];
      if (moved !== undefined) focusCell(cells, i + moved);
      else if (d3.event.key === "Enter" || d3.event.key === " ") choose(i);
      else return;
      d3.event.preventDefault();
    });
  const ticks = svg.append("g").attr("class", "ticks");
  const places = (names) => d3.range(0, names.length, Math.ceil(names.length / 17));
  for (const i of places(labels)) {
    ticks.append("text").attr("x", left - 6).attr("y", top + (i + 0.5) * high).attr("dy", "0.35em").attr("text-anchor", "end").text(shortened(labels[i]));
  }
  for (const i of places(columns)) {
    ticks.append("text").attr("transform", `translate(${left + (i + 0.5) * step},${top + side + 8}) rotate(-90)`).attr("dy", "0.35em")
      .attr("text-anchor", "end").text(shortened(columns[i]));
  }
  svg.append("text").attr("x", left + side / 2).attr("y", below + 13).attr("text-anchor", "middle").text(xTitle);
  svg.append("text").attr("transform", `translate(13,${top + side / 2}) rotate(-90)`).attr("text-anchor", "middle").text(yTitle);
  colourBar(svg, scale, scaleTitle, left, below + 23, side);
  return svg.node();
}

function shortened(label, most = 12) {
  // The end of a name of a layer tells it from others.
  return label.length > most ? `…${label.slice(1 - most)}` : label;
}

function focusCell(cells, place) {
  cells.attr("tabindex", (i) => (i === place ? 0 : -1));
  cells.filter((i) => i === place).node().focus();
}

function colourBar(svg, scale, title, left, top, width) {
  const n = 64;
  svg.append("g").selectAll("rect").data(d3.range(n)).enter().append("rect").attr("x", (i) => left + (i * width) / n).attr("y", top)
    .attr("width", width / n + 0.5).attr("height", 10).attr("fill", (i) => scale.colours(i / (n - 1)));
  const [low, high] = scale.ends;
  for (const [x, anchor, text] of [[left, "start", shown(low)], [left + width / 2, "middle", title], [left + width, "end", shown(high)]]) {
    svg.append("text").attr("x", x).attr("y", top + 25).attr("text-anchor", anchor).text(text);
  }
}

// Births and deaths of some diagrams, each with its full name, a style and pairs one after another.
function diagramOverlay(parent, title, diagrams) {
  const { width, height, left, right, top, bottom } = OVERLAY;
  const svg = parent.append("svg").attr("class", "overlay").attr("viewBox", `0 0 ${width} ${height}`).attr("role", "img").attr("aria-label", title);
  const high = 1.04 * (d3.max(diagrams, ({ pairs }) => d3.max(pairs)) || 1);
  const x = d3.scaleLinear().domain([0, high]).range([left, width - right]);
  const y = d3.scaleLinear().domain([0, high]).range([height - bottom, top]);
  svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - bottom})`).call(d3.axisBottom(x).ticks(5).tickFormat(smallNumbers(high)));
  svg.append("g").attr("class", "axis").attr("transform", `translate(${left},0)`).call(d3.axisLeft(y).ticks(5).tickFormat(smallNumbers(high)));
  svg.append("line").attr("x1", x(0)).attr("y1", y(0)).attr("x2", x(high)).attr("y2", y(high)).attr("stroke", "var(--dim)").attr("stroke-dasharray", "2 3");
  svg.append("text").attr("x", (left + width - right) / 2).attr("y", height - 6).attr("text-anchor", "middle").text("birth");
  svg.append("text").attr("transform", `translate(13,${(top + height - bottom) / 2}) rotate(-90)`).attr("text-anchor", "middle").text("death");
  diagrams.forEach(({ full, style, pairs }, k) => {
    const points = svg.append("g").attr("data-diagram", k).attr("fill", style.colour).attr("fill-opacity", 0.55).attr("stroke", style.colour)
      .attr("stroke-width", 0.6);
    for (let i = 0; i < pairs.length; i += 2) {
      points.append("path").attr("d", style.small).attr("transform", `translate(${x(pairs[i])},${y(pairs[i + 1])})`);
    }
    svg.append("path").attr("d", style.symbol).attr("fill", style.colour).attr("transform", `translate(${left + 8},${8 + 15 * k})`);
    svg.append("text").attr("x", left + 18).attr("y", 12 + 15 * k).text(full);
  });
  return svg.node();
}
