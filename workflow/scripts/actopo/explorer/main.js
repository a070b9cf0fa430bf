"use strict";
// Views, and what happens when the page has been read.
const VIEWS = [["mapper", "Mapper", showMapper], ["distances", "Distances", showDistances], ["purity", "Purity", showPurity], ["run", "Run", () => {}]];

function showView() {
  if (!VIEWS.some(([name]) => name === state.view)) state.view = "mapper";
  for (const [name, , show] of VIEWS) {
    const isShown = name === state.view;
    document.getElementById(`view-${name}`).hidden = !isShown;
    document.getElementById(`to-${name}`).setAttribute("aria-current", isShown ? "page" : "false");
    if (isShown) show();
  }
}

document.getElementById("title").textContent = document.title;
d3.select("#views").selectAll("button").data(VIEWS).enter().append("button").attr("type", "button")
  .attr("id", ([name]) => `to-${name}`).text(([, label]) => label).on("click", ([name]) => change({ view: name }));
d3.select("#copy-link").on("click", async () => {
  // In the report the page has an address that ends with it; the file itself has one that lasts.
  const address = location.protocol === "blob:" ? `explorer.html#${fragment()}` : location.href;
  try {
    await navigator.clipboard.writeText(address);
    tell("The link is copied.");
  } catch {
    tell(address);
  }
});
startMapper();
startPurity();
startRun();
bindControls();
listeners.push(showView);
readFragment();
showState();
