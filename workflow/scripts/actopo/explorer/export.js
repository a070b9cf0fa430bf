"use strict";
// What is shown as files: SVG with the styles that the page gives it, and CSV.
const SVG_STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "paint-order", "opacity", "font-size", "font-family", "font-weight",
  "text-anchor", "dominant-baseline"];

function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// One drawing from one or several that stand side by side; each may be a list of drawings that lie over each other.
function svgText(drawings) {
  let x = 0;
  let height = 0;
  const parts = [];
  const layers = drawings.flatMap((own) => [own].flat().map((drawing, i, all) => [drawing, i === all.length - 1]));
  for (const [drawing, isLast] of layers) {
    const box = drawing.viewBox.baseVal;
    const [width, high] = box && box.width ? [box.width, box.height] : [drawing.clientWidth, drawing.clientHeight];
    const copy = drawing.cloneNode(true);
    const originals = [drawing, ...drawing.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((element, i) => {
      const computed = getComputedStyle(originals[i]);
      for (const name of SVG_STYLES) element.style.setProperty(name, computed.getPropertyValue(name));
      for (const name of ["class", "tabindex", "id"]) element.removeAttribute(name);
    });
    for (const [name, value] of Object.entries({ x, y: 0, width, height: high })) copy.setAttribute(name, value);
    parts.push(new XMLSerializer().serializeToString(copy));
    if (isLast) x += width + 16;
    height = Math.max(height, high);
  }
  const page = getComputedStyle(document.body).backgroundColor;
  const size = `width="${x}" height="${height}" viewBox="0 0 ${x} ${height}"`;
  const paper = `<rect width="100%" height="100%" fill="${page}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${paper}${parts.join("")}</svg>\n`;
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
