/* Charts that grow: a trace that "grows" gets the new numbers at its ends, all else of a figure is as the newest says.
   Drawn one at a time, those on the screen, each through Plotly only where its axes change or a pointer wants its words. */
(function () {
  "use strict";

  const NEAR = 200;     // pixels around the window in which a chart counts as on the screen
  const figures = {};   // by chart: its figure, as received and grown; drawn: as on the screen
  const touch = window.matchMedia("(pointer: coarse)");
  const set = (id, properties) => window.dash_clientside.set_props(id, properties);
  const plotOf = (id) => document.querySelector(`#${id} .js-plotly-plot`);

  function onScreen(id) {
    const box = document.getElementById(id)?.getBoundingClientRect();
    return Boolean(box) && box.height > 0 && box.bottom > -NEAR && box.top < window.innerHeight + NEAR;
  }

  function grown(before, after) {
    const longer = { ...after };
    for (const key of ["x", "y", "customdata"]) if (Array.isArray(after[key])) longer[key] = before[key].concat(after[key]);
    if (Array.isArray(after.z)) longer.z = after.z.map((row, index) => before.z[index].concat(row));
    return longer;
  }

  /* Takes figures in. `growing`: those traces go on from what is there; else everything is whole. False where a figure
     has other traces than the one that it was to go on from: then its beginnings are missing. */
  function receive(received, growing) {
    let fits = true;
    for (const [id, figure] of Object.entries(received)) {
      const kept = figures[id], same = kept?.figure.data.length === figure.data.length;
      if (growing && kept && !same) fits = false;
      const data = figure.data.map((trace, index) => growing && same && trace.meta === "grows" ? grown(kept.figure.data[index], trace) : trace);
      if (touch.matches) figure.layout.dragmode = false;  // a finger on a chart scrolls the page
      figures[id] = { figure: { data, layout: figure.layout }, drawn: kept?.drawn, due: true };
    }
    drawDue();
    return fits;
  }

  /* One after the other, so that the page answers in between. */
  let drawing = false;
  async function drawDue() {
    if (drawing) return;
    drawing = true;
    for (let id; (id = Object.keys(figures).find((one) => figures[one].due && onScreen(one)));) {
      draw(id, figures[id].whole);
      await new Promise((done) => { setTimeout(done); });
    }
    drawing = false;
  }

  function draw(id, whole) {
    const kept = figures[id], plot = plotOf(id), { figure, drawn } = kept;
    Object.assign(kept, { due: false, whole: false, drawn: figure, rough: Boolean(drawn && plot?._fullLayout && !whole) });
    if (!plot?._fullLayout) set(id, { figure: structuredClone(figure) });
    else if (kept.rough) window.gradientFlowCharts.draw(plot, drawn, figure);
    else window.Plotly.react(plot, figure.data, { ...structuredClone(figure.layout), autosize: true });
  }

  /* All of them through Plotly: nothing more will come. */
  function drawWhole() {
    for (const kept of Object.values(figures)) Object.assign(kept, { due: true, whole: true });
    drawDue();
  }

  /* Figures that do not grow. */
  function show(received) {
    for (const [id, figure] of Object.entries(received)) {
      if (touch.matches) figure.layout.dragmode = false;
      set(id, { figure });
    }
  }

  for (const change of ["scroll", "resize"]) window.addEventListener(change, drawDue, { capture: true, passive: true });
  document.addEventListener("pointerover", (event) => {
    const id = event.target.closest?.(".chart")?.id;
    if (figures[id]?.rough) draw(id, true);
  });

  window.gradientFlowGrowing = { figures, receive, drawWhole, show, onScreen };
})();
