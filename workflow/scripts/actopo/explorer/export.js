"use strict";
// What is shown as files: SVG with the styles, titles and legend that the page gives it, and CSV.
const SVG_STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "paint-order", "opacity", "font-size", "font-family", "font-weight",
  "text-anchor", "dominant-baseline"];

function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Sizes in a file: the widest row of charts, and of texts the height of a line and the width of a letter.
const SHEET = { width: 1300, gap: 16, line: 18, letter: 7.5 };

// Drawings in rows, each below its title, and above them a legend with entries as `legendOf` returns them, or with the style
// of a line; a drawing may be a list of some that lie over each other.
function svgText(drawings, legend = [], widest = SHEET.width) {
  const { backgroundColor: page, color, fontFamily } = getComputedStyle(document.body);
  const sheet = d3.create("svg:svg").style("font", `13px ${fontFamily}`);
  const paper = sheet.append("rect").attr("width", "100%").attr("height", "100%").attr("fill", page);
  const write = (x, y, text) => sheet.append("text").attr("x", x).attr("y", y).attr("fill", color).text(text);
  const rows = [];
  for (const own of drawings.map((given) => [given].flat())) {
    const box = own[0].viewBox.baseVal;
    const [width, height] = box && box.width ? [box.width, box.height] : [own[0].clientWidth, own[0].clientHeight];
    const title = own[0].closest("figure")?.querySelector("figcaption").textContent ?? own[0].getAttribute("aria-label") ?? "";
    if (!rows.length || rows.at(-1).width + width > widest) rows.push({ width: 0, own: [] });
    const row = rows.at(-1);
    row.own.push({ own, x: row.width, width, height, lines: wrapped(title, width / SHEET.letter) });
    row.width += width + SHEET.gap;
  }
  const width = d3.max(rows, (row) => row.width) ?? 0;
  let y = drawEntries(sheet, write, legend, width);
  for (const { own: parts } of rows) {
    const high = SHEET.line * d3.max(parts, ({ lines }) => lines.length);
    for (const part of parts) {
      part.lines.forEach((line, i) => write(part.x + 4, y + (i + 1) * SHEET.line - 4, line).attr("font-weight", 600));
      for (const drawing of part.own) sheet.append(() => copyOf(drawing, { x: part.x, y: y + high, width: part.width, height: part.height }));
    }
    y += high + d3.max(parts, ({ height }) => height) + SHEET.gap;
  }
  sheet.attr("width", width).attr("height", y).attr("viewBox", `0 0 ${width} ${y}`);
  paper.lower();
  // What XML forbids may be in names.
  return `${new XMLSerializer().serializeToString(sheet.node()).replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "\ufffd")}\n`;
}

// A drawing with the styles that it has in the page, at a place.
function copyOf(drawing, place) {
  const copy = drawing.cloneNode(true);
  const originals = [drawing, ...drawing.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, i) => {
    const computed = getComputedStyle(originals[i]);
    for (const name of SVG_STYLES) element.style.setProperty(name, computed.getPropertyValue(name));
    for (const name of ["class", "tabindex", "id"]) element.removeAttribute(name);
  });
  for (const [name, value] of Object.entries(place)) copy.setAttribute(name, value);
  return copy;
}

// Draw the entries of a legend in lines as wide as the sheet; the height that they take.
function drawEntries(sheet, write, legend, width) {
  let [x, y] = [4, 0];
  for (const { text, colour, style, stops, ends } of legend) {
    const sign = colour ? 20 : style ? 44 : 0;
    const own = sign + SHEET.letter * [text, ...(ends ?? [])].join("   ").length + (stops ? 220 : 0) + SHEET.gap;
    if (x > 4 && x + own > width) [x, y] = [4, y + SHEET.line];
    const middle = y + 13;
    if (colour) sheet.append("circle").attr("cx", x + 7).attr("cy", middle).attr("r", 6).attr("fill", resolved(colour));
    if (style) lineSample(sheet, { ...style, colour: resolved(style.colour) }).attr("x", x).attr("y", middle - 7);
    write(x + sign, middle + 4, text);
    if (stops) {
      const from = x + SHEET.letter * (text.length + ends[0].length + 3);
      write(from - 6, middle + 4, ends[0]).attr("text-anchor", "end");
      stops.forEach((stop, i) => sheet.append("rect").attr("x", from + 18 * i).attr("y", middle - 6).attr("width", 18.5).attr("height", 12).attr("fill", stop));
      write(from + 18 * stops.length + 6, middle + 4, ends[1]);
    }
    x += own;
  }
  return legend.length ? y + SHEET.line + 8 : 0;
}

function resolved(colour) {
  const name = /^var\((.*)\)$/.exec(colour)?.[1];
  return name ? getComputedStyle(document.documentElement).getPropertyValue(name).trim() : colour;
}

// Lines of a text, broken between words.
function wrapped(text, most) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (longer.length > most && lines.at(-1)) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

// Texts that a spreadsheet would compute get an apostrophe, as in the tables of the workflow.
function csvText(columns, rows) {
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    let text = String(value);
    if (typeof value === "string" && /^[=+\-@\t\r']/.test(text)) text = `'${text}`;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
}
