"use strict";
// Charts of lines: a mark for each value, which says its numbers when it is pointed at or has the focus.
const CHART = { width: 520, height: 330, left: 58, right: 14, top: 12, bottom: 46 };
const LEGEND_ROW = 19;
// Those of the style sheet, which has others on a dark screen than on paper.
const LINE_COLOURS = d3.range(8).map((i) => `var(--line${i})`);
const DASHES = ["none", "7 3", "2 3", "9 3 2 3", "4 4", "12 4"];
const SYMBOLS = [d3.symbolCircle, d3.symbolSquare, d3.symbolTriangle, d3.symbolDiamond, d3.symbolCross, d3.symbolStar, d3.symbolWye];

function lineStyle(i) {
  return {
    colour: LINE_COLOURS[i % LINE_COLOURS.length],
    dash: DASHES[(i + Math.floor(i / LINE_COLOURS.length)) % DASHES.length],
    symbol: d3.symbol().size(46).type(symbolOf(i))(),
    small: d3.symbol().size(16).type(symbolOf(i))(),
  };
}

function symbolOf(i) {
  return SYMBOLS[(i + Math.floor(i / SYMBOLS.length)) % SYMBOLS.length];
}

// Labels of an axis of small numbers, which are long otherwise.
function smallNumbers(highest) {
  return highest < 0.01 ? d3.format("~e") : null;
}

function lineSample(parent, style) {
  const svg = parent.append("svg").attr("width", 38).attr("height", 14).attr("aria-hidden", "true");
  svg.append("line").attr("x1", 1).attr("x2", 37).attr("y1", 7).attr("y2", 7).attr("stroke", style.colour).attr("stroke-width", 2)
    .attr("stroke-dasharray", style.dash);
  svg.append("path").attr("d", style.symbol).attr("transform", "translate(19,7)").attr("fill", style.colour);
  return svg;
}

/*
 * Draw a chart. `ticks` are the labels of the places 0, 1, ... of the horizontal axis, which runs from 0 to 1 without them;
 * each series has `name`, `style` and `values`, with `x` (a place), `y`, and where they are known `low` and `high` (an
 * interval), `nullLow` and `nullHigh` (the same for permuted labels), `empty` (a mark that is not filled) and `text` (what is
 * told of it). `level` is a dotted line, and each of `levels`, with `name`, `y`, `colour` and `dash`, a line that the
 * legend names; with `legend` it names the series too. Series with the same places stand beside each other there.
 */
function lineChart(parent, { title, xTitle, yTitle, ticks = null, series, level = null, limits = null, levels = [], legend = false }) {
  const entries = [...(legend ? series : []), ...levels];
  const { width, left, right, bottom } = CHART;
  const top = CHART.top + LEGEND_ROW * Math.ceil(entries.length / 2);
  const height = CHART.height + top - CHART.top;
  const figure = parent.append("figure").attr("class", "chart");
  figure.append("figcaption").text(title);
  const svg = figure.append("svg").attr("viewBox", `0 0 ${width} ${height}`).attr("role", "group").attr("aria-label", title);
  const all = series.flatMap(({ values }) => values.flatMap((value) => [value.y, value.low, value.high, value.nullLow, value.nullHigh]));
  const known = all.filter((value) => value !== null && value !== undefined);
  const highest = d3.max([...known, level ?? 0, ...levels.map((own) => own.y)]) || 1;
  const [low, high] = limits ?? [Math.min(0, d3.min(known) ?? 0), 1.08 * highest];
  const x = d3.scaleLinear().domain(ticks ? [-0.4, Math.max(0.4, ticks.length - 0.6)] : [0, 1]).range([left, width - right]);
  const y = d3.scaleLinear().domain([low, high]).range([height - bottom, top]);
  svg.append("g").attr("class", "grid").attr("transform", `translate(${left},0)`)
    .call(d3.axisLeft(y).ticks(6).tickSize(-(width - left - right)).tickFormat("")).select(".domain").remove();
  const xAxis = d3.axisBottom(x);
  const most = ticks && d3.max(ticks, (text) => text.length) > 4 ? 7 : 12;
  if (ticks) xAxis.tickValues(d3.range(0, ticks.length, Math.ceil(ticks.length / most))).tickFormat((place) => shortened(ticks[place], 8));
  svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - bottom})`).call(xAxis);
  svg.append("g").attr("class", "axis").attr("transform", `translate(${left},0)`).call(d3.axisLeft(y).ticks(6).tickFormat(smallNumbers(high)));
  svg.append("text").attr("x", (left + width - right) / 2).attr("y", height - 8).attr("text-anchor", "middle").text(xTitle);
  svg.append("text").attr("transform", `translate(14,${(top + height - bottom) / 2}) rotate(-90)`).attr("text-anchor", "middle").text(yTitle);
  if (level !== null) {
    svg.append("line").attr("x1", left).attr("x2", width - right).attr("y1", y(level)).attr("y2", y(level))
      .attr("stroke", "var(--dim)").attr("stroke-dasharray", "2 3");
  }
  for (const own of levels) {
    svg.append("line").attr("data-level", own.name).attr("x1", left).attr("x2", width - right).attr("y1", y(own.y)).attr("y2", y(own.y))
      .attr("stroke", own.colour).attr("stroke-width", 1.5).attr("stroke-dasharray", own.dash);
  }
  const step = ticks ? Math.min(0.12, 0.6 / series.length) : 0;
  series.forEach((own, i) => drawSeries(svg, own, (value) => x(value.x + (i - (series.length - 1) / 2) * step), y));
  entries.forEach((own, i) => {
    const place = `translate(${left + (i % 2) * ((width - left - right) / 2)},${CHART.top + LEGEND_ROW * Math.floor(i / 2)})`;
    const entry = svg.append("g").attr("class", "entry").attr("transform", place);
    const look = own.style ?? own;
    entry.append("line").attr("x1", 0).attr("x2", 34).attr("y1", 0).attr("y2", 0).attr("stroke", look.colour).attr("stroke-width", 2)
      .attr("stroke-dasharray", look.dash);
    if (look.symbol) entry.append("path").attr("d", look.symbol).attr("transform", "translate(17,0)").attr("fill", look.colour);
    entry.append("text").attr("x", 41).attr("dy", "0.35em").text(own.text ?? own.name);
  });
  return svg.node();
}

function drawSeries(svg, { name, style, values }, x, y) {
  const has = (...names) => values.filter((value) => names.every((key) => value[key] !== null && value[key] !== undefined));
  const group = svg.append("g").attr("data-series", name);
  const band = has("low", "high");
  if (band.length > 1) {
    group.append("path").attr("fill", style.colour).attr("opacity", 0.18)
      .attr("d", d3.area().x(x).y0((value) => y(value.low)).y1((value) => y(value.high))(band));
  }
  for (const value of band) {
    group.append("line").attr("x1", x(value)).attr("x2", x(value)).attr("y1", y(value.low)).attr("y2", y(value.high))
      .attr("stroke", style.colour).attr("stroke-width", 5).attr("opacity", 0.35);
  }
  for (const value of has("nullLow", "nullHigh")) {
    const [middle, from, to] = [x(value), y(value.nullLow), y(value.nullHigh)];
    group.append("path").attr("d", `M${middle - 4},${from}h8M${middle - 4},${to}h8M${middle},${from}V${to}`)
      .attr("stroke", style.colour).attr("stroke-width", 1.2).attr("fill", "none");
  }
  group.append("path").attr("fill", "none").attr("stroke", style.colour).attr("stroke-width", 2).attr("stroke-dasharray", style.dash)
    .attr("d", d3.line().defined((value) => value.y !== null).x(x).y((value) => y(value.y))(values));
  group.selectAll(".mark").data(has("y")).enter().append("path").attr("class", "mark").attr("d", style.symbol)
    .attr("transform", (value) => `translate(${x(value)},${y(value.y)})`)
    .attr("fill", (value) => (value.empty ? "var(--page)" : style.colour)).attr("stroke", style.colour).attr("stroke-width", 1.5)
    .attr("tabindex", (value, i) => (i === 0 ? 0 : -1)).attr("role", "img").attr("aria-label", (value) => value.text)
    .on("mouseenter focus", (value) => tell(value.text)).on("mouseleave blur", () => tell(""))
    .on("keydown", (value, i, marks) => {
      const next = { ArrowLeft: i - 1, ArrowRight: i + 1 }[d3.event.key];
      if (next === undefined || !marks[next]) return;
      marks[next].focus();
      d3.event.preventDefault();
    });
}
