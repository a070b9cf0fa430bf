"use strict";
// Two networks, layer by layer: a heat map of one measure, and all measures of the chosen layers.
const drawnPair = { maps: [], key: "" };

// The measure that is shown, and the places in it of the chosen layers.
function chosenPair() {
  const { measures } = distances.pair;
  const measure = measures.find(({ metric }) => metric === state.measure) ?? measures[0];
  state.measure = measure.metric;
  const wanted = state.pair.split(".");
  const places = measure.layers.map((own, side) => Math.max(0, own.findIndex(([number]) => String(number) === wanted[side])));
  return { measure, place: places[0] * measure.layers[1].length + places[1] };
}

function layersAt(measure, place) {
  const n = measure.layers[1].length;
  return [measure.layers[0][Math.floor(place / n)], measure.layers[1][place % n]];
}

function pairText(measure, place) {
  const [first, second] = layersAt(measure, place);
  const { names } = distances.pair;
  return `${first[1]} of ${names[0]}, ${second[1]} of ${names[1]}\n${measure.label}: ${shown(measure.values[place])}`;
}

function showPair() {
  const control = document.querySelector("[data-key=measure]");
  for (const element of [control.parentElement, ...document.querySelectorAll("#pair, #pair-names")]) element.hidden = !distances.pair;
  if (!distances.pair) return;
  const { names, measures } = distances.pair;
  fillOptions(control, measures.map(({ metric, label }) => [metric, label]));
  const { measure, place } = chosenPair();
  control.value = measure.metric;
  d3.select("#pair-names").text(`${names[0]} and ${names[1]}`);
  if (drawnPair.key !== measure.metric) {
    drawnPair.key = measure.metric;
    const [labels, columns] = measure.layers.map((own) => own.map(([, name]) => name));
    drawnPair.maps = [heatMap(d3.select("#pair-map").html(""), {
      name: "pair", title: measure.label, labels, columns, xTitle: `layer of ${names[1]}`, yTitle: `layer of ${names[0]}`, values: measure.values,
      scale: distanceScale([measure.values]), scaleTitle: measure.label, dots: () => false, text: (i) => pairText(measure, i),
      choose: (i) => change({ pair: layersAt(measure, i).map(([number]) => number).join(".") }),
    })];
  }
  const drawing = d3.select("[data-map=pair]");
  drawing.selectAll(".cell").attr("aria-pressed", (i) => String(i === place)).attr("tabindex", (i) => (i === place ? 0 : -1));
  drawing.select(".marker").attr("data-cell", place).attr("transform", drawing.select(`.cell[data-cell="${place}"]`).attr("data-place"));
  const details = d3.select("#pair-cell").html("");
  const [first, second] = layersAt(measure, place);
  details.append("h3").text(`${first[1]} of ${names[0]}, ${second[1]} of ${names[1]}`);
  const rows = [];
  for (const own of measures) {
    const at = d3.range(own.values.length).find((i) => layersAt(own, i).every(([number], side) => number === [first, second][side][0]));
    if (at === undefined) continue;
    rows.push([own.label, shown(own.values[at])]);
    if (own.chance) rows.push([`${own.label}, by chance`, shown(own.chance[at])]);
  }
  addTable(details, rows);
}

// All matrices of two networks, as rows of the view's table.
function pairRows() {
  if (!distances.pair) return [];
  const { names, measures } = distances.pair;
  return measures.flatMap((measure) => measure.values.map((value, place) => {
    const [first, second] = layersAt(measure, place);
    return ["pair", null, measure.metric, names[0], names[1], first[0], second[0], null, null, null, value];
  }));
}
