"use strict";
// A mapper graph in a panel: nodes that are pies or coloured discs, with zoom, drag and keys.
const MARGIN = 26;

class GraphPanel {
  constructor(name) {
    this.name = name;
    this.element = document.querySelector(`#panel-${name} .drawing`);
    this.frame = d3.select(this.element);
    this.sheet = this.frame.append("div").attr("class", "sheet");
    this.svg = this.sheet.append("svg").attr("role", "group");
    this.world = this.svg.append("g");
    this.above = this.frame.append("svg").attr("class", "above").attr("aria-hidden", "true");
    this.axis = this.above.append("g").attr("class", "axis");
    this.note = this.above.append("text").attr("class", "note").attr("x", 8).attr("y", 18);
    this.settled = d3.zoomIdentity;
    // Places of nodes that were moved, in coordinates of the layout.
    this.dragged = new Map();
    this.placed = "";
    this.lifted = null;
    // While it moves, the sheet with the drawing is a layer of its own, which the browser moves without painting it anew;
    // it is painted where it comes to rest. (The drawing itself would have its texts laid out anew each time.)
    this.zoom = d3.zoom().scaleExtent([0.3, 40])
      .on("start", () => this.sheet.style("will-change", "transform"))
      .on("zoom", () => this.moved(d3.event.transform))
      .on("end", () => this.settle(d3.event.transform));
    this.frame.call(this.zoom).on("dblclick.zoom", null);
    this.drawn = "";
    new ResizeObserver(() => this.resized()).observe(this.element);
  }

  resized() {
    const { clientWidth, clientHeight } = this.element;
    const [width, height] = this.size ?? [];
    if (!clientWidth || (width === clientWidth && height === clientHeight)) return;
    this.drawn = "";
    this.show();
  }

  // Draw anew only what the state changed: the graph, or marks on its nodes.
  show() {
    if (!this.element.clientWidth) return;
    this.index = graphIndex(state[this.name]);
    this.graph = readDocument(`graph-${this.index}`);
    this.scale = valueScale(shownGraphs(), state.colour);
    const wanted = [this.index, state.layout, state.colour, this.scale.low, this.scale.high, state.size, state.names].join("|");
    if (wanted !== this.drawn) {
      this.drawn = wanted;
      this.draw();
    }
    this.mark();
  }

  draw() {
    const graph = this.graph;
    if (this.lifted) this.drop(this.lifted.which);
    const [focused, middle] = [this.focused(), this.size ? this.middle() : null];
    const [width, height] = (this.size = [this.element.clientWidth, this.element.clientHeight]);
    // Paper may be narrower than the screen.
    for (const svg of [this.svg, this.above]) svg.attr("viewBox", `0 0 ${width} ${height}`);
    this.svg.attr("aria-label", `mapper graph of ${graphName(main.graphs[this.index])}, ${graph.size.length} nodes`);
    this.radii = this.nodeRadii(width, height);
    this.place(width, height);
    const view = this.keptView(middle);
    const [links, ends] = [graph.links, []];
    for (let i = 0; i < links.length; i += 2) ends.push({ source: links[i], target: links[i + 1], shared: graph.shared[i / 2] });
    this.world.html("");
    if (!graph.size.length) {
      this.world.append("text").attr("x", width / 2).attr("y", height / 2).attr("text-anchor", "middle").text("no node: all noise");
    }
    const most = d3.max(ends, (end) => end.shared) || 1;
    const thin = Math.min(1, Math.sqrt(300 / Math.max(1, ends.length)));
    this.lines = this.world.append("g").attr("class", "links").selectAll("line").data(ends).enter().append("line")
      .attr("stroke-width", (end) => thin * (0.7 + 2.5 * Math.sqrt(end.shared / most)));
    this.linesOf = graph.size.map(() => []);
    this.lines.each((end, i, elements) => [end.source, end.target].forEach((node) => this.linesOf[node].push(elements[i])));
    this.nodes = this.world.append("g").attr("class", "nodes").selectAll("g").data(d3.range(graph.size.length)).enter().append("g")
      .attr("class", "node").attr("role", "button").attr("tabindex", (node) => (node === 0 ? 0 : -1))
      .attr("data-node", (node) => node);
    this.fill();
    this.nodes
      .call(d3.drag().clickDistance(3).on("start", () => d3.event.sourceEvent.stopPropagation()).on("drag", (node) => this.drag(node)).on("end", (node) => this.drop(node)))
      .on("click", (node) => select(this.name, node, d3.event.shiftKey || d3.event.ctrlKey || d3.event.metaKey))
      .on("keydown", (node) => this.key(node))
      .on("mouseenter focus", (node) => tell(this.describe(node)))
      .on("focus.seen", (node, i, elements) => this.focusCame(node, elements[i], d3.event.relatedTarget))
      .on("mouseleave blur", () => tell(""));
    this.update(this.nodes, this.lines);
    this.frame.call(this.zoom.transform, view);
    if (focused !== null && focused < graph.size.length) this.focus(focused, { preventScroll: true });
  }

  // Node that has the focus, which a new drawing of it would lose.
  focused() {
    const element = document.activeElement;
    return this.world.node().contains(element) ? d3.select(element).datum() : null;
  }

  // What is in the middle of the panel, in coordinates of the layout.
  middle() {
    const [x, y] = this.settled.invert([this.size[0] / 2, this.size[1] / 2]);
    return [this.x.invert(x), this.y.invert(y)];
  }

  // Zoom, and nodes that were moved, of the drawing before, if it was of the same graph and layout, around its middle.
  keptView(middle) {
    const placed = `${this.index}|${state.layout}`;
    if (placed !== this.placed) {
      this.placed = placed;
      this.dragged.clear();
      return d3.zoomIdentity;
    }
    for (const [node, [x, y]] of this.dragged) this.positions[node] = [this.x(x), this.y(y)];
    const { x, y, k } = this.settled;
    if (k === 1 && x === 0 && y === 0) return d3.zoomIdentity;
    return d3.zoomIdentity.translate(this.size[0] / 2 - k * this.x(middle[0]), this.size[1] / 2 - k * this.y(middle[1])).scale(k);
  }

  nodeRadii(width, height) {
    const n = Math.max(1, this.graph.size.length);
    const most = Math.max(3.5, Math.min(22, 0.42 * Math.sqrt((width * height) / n)));
    const radii = this.shares().map((share) => most * share);
    // Nodes without a link stand in a grid, where they do not touch.
    const linked = new Set(this.graph.links);
    const alone = d3.range(radii.length).filter((node) => !linked.has(node));
    const room = Math.max(0.5, this.gridStep(alone, width, height) / 2 - 0.5);
    const factor = Math.min(1, room / (d3.max(alone, (node) => radii[node]) || 1));
    return radii.map((radius) => factor * radius);
  }

  // Radius of each node by that of the largest that can be.
  shares() {
    const values = state.size === "equal" ? null : measureOf(this.graph, state.size);
    if (!values) return this.graph.size.map(() => 0.6);
    const known = values.filter((value) => value !== null);
    const low = state.size === "members" ? 0 : Math.min(0, d3.min(known) ?? 0);
    const span = (d3.max(known) ?? 1) - low || 1;
    return values.map((value) => (value === null ? 0.2 : Math.max(0.2, Math.sqrt((value - low) / span))));
  }

  // Pixels of the free layout between neighbours in the grid, which is numbered column by column.
  gridStep(alone, width, height) {
    const at = alone.map((node) => this.graph.xy[node]).sort((one, other) => one[0] - other[0] || one[1] - other[1]);
    const least = d3.min(d3.pairs(at), ([one, other]) => Math.hypot(one[0] - other[0], one[1] - other[1]));
    const [wide, high] = [0, 1].map((i) => { const [low, top] = d3.extent(this.graph.xy, (point) => point[i]); return top - low; });
    return least === undefined ? Infinity : least * Math.min((width - 2 * MARGIN) / wide, (height - 2 * MARGIN) / high);
  }

  // Nodes at their places of the free layout, or with the mean lens from left to right.
  place(width, height) {
    const graph = this.graph;
    const byLens = state.layout === "lens";
    const xs = byLens ? graph.lens.map((values) => values[2]) : graph.xy.map((point) => point[0]);
    const ys = graph.xy.map((point) => point[1]);
    const below = byLens ? 40 : 0;
    const scale = (values, from, to) => {
      const [low, high] = d3.extent(values);
      const domain = high > low ? [low, high] : [(low ?? 0) - 1, (low ?? 0) + 1];
      return d3.scaleLinear().domain(domain).range([from, to]);
    };
    this.x = scale(xs, MARGIN, width - MARGIN);
    this.y = scale(ys, height - MARGIN - below, MARGIN);
    if (!byLens) this.keepShape(this.x, this.y, width, height);
    this.positions = xs.map((x, i) => [this.x(x), this.y(ys[i])]);
    this.axis.attr("transform", `translate(0, ${height - below + 8})`).attr("display", byLens ? null : "none");
  }

  keepShape(x, y, width, height) {
    const size = (scale) => Math.abs((scale.range()[1] - scale.range()[0]) / (scale.domain()[1] - scale.domain()[0]));
    const unit = Math.min(size(x), size(y));
    for (const [scale, middle] of [[x, width / 2], [y, height / 2]]) {
      const [low, high] = scale.domain();
      const half = ((high - low) * unit) / 2;
      scale.range(scale === x ? [middle - half, middle + half] : [middle + half, middle - half]);
    }
  }

  fill() {
    const graph = this.graph;
    const pie = isPie(graph, state.colour) ? pieClasses(graph, state.colour) : null;
    // Of all nodes at once: each is described anew whenever the marks change.
    const values = (this.values = pie ? null : measureOf(graph, state.colour));
    this.note.text(pie || values ? "" : `not known here: ${measureLabel(state.colour)}`);
    const [radii, named] = [this.radii, state.names === "1"];
    this.nodes.each((node, i, elements) => {
      const element = d3.select(elements[i]);
      const radius = radii[node];
      const slices = pie ? slicesOf(pie.pairs[node]) : [];
      if (slices.length > 1) {
        for (const slice of slices) {
          element.append("path").attr("fill", slice.code < 0 ? "var(--missing)" : pie.colours[slice.code])
            .attr("d", d3.arc()({ innerRadius: 0, outerRadius: radius, startAngle: slice.start, endAngle: slice.end }));
        }
      } else {
        const colour = pie ? (slices.length ? pie.colours[slices[0].code] : "var(--missing)") : valueColour(this.scale, values?.[node]);
        element.append("circle").attr("r", radius).attr("fill", colour);
      }
      element.append("circle").attr("class", "edge").attr("r", radius);
      element.append("circle").attr("class", "halo").attr("r", radius + 5);
      if (named && pie && slices.length) {
        const label = pie.names.length > 10 ? String(slices[0].code) : pie.names[slices[0].code].slice(0, 4);
        const size = Math.min(14, (2.8 * radius) / Math.max(2, label.length));
        if (size >= 5) {
          element.append("text").text(label).style("font-size", `${size}px`);
        }
      }
    });
  }

  describe(node) {
    const graph = this.graph;
    const [first] = slicesOf(graph.classes[node]);
    const share = first.count / graph.size[node];
    const value = isPie(graph, state.colour) || state.colour === "purity" ? "" : `, ${measureLabel(state.colour)} ${shown(this.values?.[node])}`;
    const lit = this.lit?.[node] ? `, ${shown(100 * this.lit[node])}% of its images selected in the other graph` : "";
    const classes = isLabelled ? `, ${Math.round(100 * share)}% ${main.class_names[first.code]}, purity ${shown(graph.purity[node])}` : "";
    return `node ${node}: ${graph.size[node]} points${classes}${lit}${value}`;
  }

  update(nodes, lines) {
    const at = this.positions;
    nodes.attr("transform", (node) => `translate(${at[node][0]},${at[node][1]})`);
    lines.attr("x1", (end) => at[end.source][0]).attr("y1", (end) => at[end.source][1])
      .attr("x2", (end) => at[end.target][0]).attr("y2", (end) => at[end.target][1]);
  }

  shift(node, x, y) {
    this.positions[node] = [x, y];
    this.dragged.set(node, [this.x.invert(x), this.y.invert(y)]);
    this.update(d3.select(this.nodes.nodes()[node]), d3.selectAll(this.linesOf[node]));
  }

  drag(node) {
    this.lifted = this.lifted ?? this.lift(node);
    const [x, y] = this.positions[node];
    this.positions[node] = [x + d3.event.dx, y + d3.event.dy];
    this.update(this.lifted.node, this.lifted.lines);
  }

  // A node that is dragged and its links move on a layer above, so that the others are not painted anew.
  lift(node) {
    const originals = [...this.linesOf[node], this.nodes.nodes()[node]];
    const above = this.sheet.append("svg").attr("class", "above").style("will-change", "transform");
    const world = above.append("g").attr("transform", this.world.attr("transform"));
    const [links, nodes] = ["links", "nodes"].map((name) => world.append("g").attr("class", name));
    const copies = originals.map((element, i) => {
      const copy = (i < originals.length - 1 ? links : nodes).append(() => element.cloneNode(true));
      return copy.datum(d3.select(element).datum()).attr("data-node", null).node();
    });
    d3.selectAll(originals).style("visibility", "hidden");
    return { which: node, above, originals, lines: d3.selectAll(copies.slice(0, -1)), node: d3.select(copies[copies.length - 1]) };
  }

  drop(node) {
    if (!this.lifted) return;
    this.shift(node, ...this.positions[node]);
    d3.selectAll(this.lifted.originals).style("visibility", null);
    this.lifted.above.remove();
    this.lifted = null;
  }

  moved(transform) {
    const { k, x, y } = this.settled;
    const scale = transform.k / k;
    this.sheet.style("transform", `translate(${transform.x - scale * x}px, ${transform.y - scale * y}px) scale(${scale})`);
    if (state.layout === "lens") {
      this.axis.html("").call(d3.axisBottom(transform.rescaleX(this.x)).ticks(6));
      this.axis.append("text").attr("x", this.element.clientWidth - 8).attr("y", 30).attr("text-anchor", "end")
        .text(measureLabel("lens"));
    }
  }

  settle(transform) {
    this.settled = transform;
    this.world.attr("transform", transform);
    this.sheet.style("transform", null).style("will-change", null);
  }

  // Keys on a node; the nearest node in the direction of an arrow is the next.
  key(node) {
    const event = d3.event;
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const [x, y] = this.positions[node];
    if (step && event.shiftKey) {
      this.shift(node, x + 10 * step[0], y + 10 * step[1]);
      this.bringIntoView(node);
    } else if (step) this.focus(this.next(node, step));
    else if (event.key === "Enter" || event.key === " ") select(this.name, node, event.shiftKey || event.ctrlKey);
    else if (event.key === "+" || event.key === "=") this.frame.call(this.zoom.scaleBy, 1.4, [x, y]);
    else if (event.key === "-") this.frame.call(this.zoom.scaleBy, 1 / 1.4);
    else if (event.key === "0") this.showAll();
    else if (event.key === "Escape") change({ selected: "" });
    else return;
    event.preventDefault();
  }

  showAll() {
    this.frame.call(this.zoom.transform, d3.zoomIdentity);
  }

  next(node, [stepX, stepY]) {
    const [x, y] = this.positions[node];
    let [best, least] = [node, Infinity];
    this.positions.forEach(([otherX, otherY], other) => {
      const along = (otherX - x) * stepX + (otherY - y) * stepY;
      const across = Math.abs((otherX - x) * stepY) + Math.abs((otherY - y) * stepX);
      if (other !== node && along > 0 && along + 2 * across < least) [best, least] = [other, along + 2 * across];
    });
    return best;
  }

  focus(node, options) {
    this.nodes.attr("tabindex", (other) => (other === node ? 0 : -1));
    this.nodes.filter((other) => other === node).node().focus(options);
  }

  // What keys lead to is seen; what has the focus again in a new drawing, which comes from nowhere, stays where it is.
  focusCame(node, element, from) {
    if (from && element.matches(":focus-visible")) this.bringIntoView(node);
  }

  // If a node lies outside of the panel, as after a zoom, it comes to its middle.
  bringIntoView(node) {
    const place = this.settled.apply(this.positions[node]);
    if (place.some((pixel, i) => pixel < 0 || pixel > this.size[i])) this.frame.call(this.zoom.translateTo, ...this.positions[node]);
  }

  // Marks of the search and of the selection, here and in the other graph.
  mark() {
    const { panel, nodes } = selection();
    const chosen = new Set(panel === this.name ? nodes : []);
    const lit = (this.lit = panel !== null && panel !== this.name && state.two === "1" ? litShares(this.index) : null);
    const found = searchedClasses();
    this.nodes.attr("class", (node) => {
      const misses = found && !this.graph.classes[node].some((code, i) => i % 2 === 0 && found.has(code));
      const dark = lit && lit[node] === 0;
      const marks = ["node", chosen.has(node) ? "selected" : "", lit && lit[node] > 0 ? "lit" : "", misses || dark ? "faded" : ""];
      return marks.filter(Boolean).join(" ");
    }).attr("aria-pressed", (node) => String(chosen.has(node))).attr("aria-label", (node) => this.describe(node));
    this.lines.attr("class", found || lit ? "faded" : null);
  }
}

function searchedClasses() {
  const text = state.search.trim().toLowerCase();
  if (!text) return null;
  const names = main.class_names.map((name) => name.toLowerCase());
  const exact = names.indexOf(text);
  return new Set(exact >= 0 ? [exact] : d3.range(names.length).filter((i) => names[i].includes(text)));
}
