/* Small manners of the page: names for what the component library leaves nameless, folds, the phone's tabs. */
(function () {
  "use strict";

  /* A slider's thumb and a group of chips get the label of their control. */
  function nameControls() {
    for (const control of document.querySelectorAll(".control[data-label]")) {
      for (const part of control.querySelectorAll('[role="slider"], [role="radiogroup"], .chips, .select')) {
        if (!part.getAttribute("aria-label")) part.setAttribute("aria-label", control.dataset.label);
      }
      for (const chips of control.querySelectorAll(".chips")) {
        if (!chips.getAttribute("role")) chips.setAttribute("role", "group");
      }
    }
  }
  /* The layer under the pointer is marked in every chart. */
  function markLayer(layer, from) {
    for (const chart of document.querySelectorAll(".js-plotly-plot")) {
      const frame = chart.closest(".frame");
      let mark = frame.querySelector(".layer-mark");
      if (!mark) {
        mark = document.createElement("div");
        mark.className = "layer-mark";
        frame.append(mark);
      }
      const layout = chart._fullLayout;
      const x = layer === null || chart === from ? NaN : layout.xaxis.l2p(layer);
      mark.hidden = !(x >= 0 && x <= layout.xaxis._length);
      if (!mark.hidden) Object.assign(mark.style, { left: `${layout.margin.l + x}px`, top: `${layout.margin.t}px`, bottom: `${layout.margin.b}px` });
    }
  }
  function watchCharts() {
    for (const chart of document.querySelectorAll(".js-plotly-plot:not([data-watched])")) {
      if (!chart.on) continue;
      chart.dataset.watched = "1";
      chart.on("plotly_hover", (event) => markLayer(event.points[0].x, chart));
      chart.on("plotly_unhover", () => markLayer(null, chart));
    }
  }

  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; nameControls(); watchCharts(); });
  }).observe(document.documentElement, { childList: true, subtree: true });

  document.addEventListener("click", (event) => {
    const more = event.target.closest(".more");
    if (more) {
      const open = more.parentElement.classList.toggle("open");
      more.setAttribute("aria-expanded", String(open));
      more.dataset.label ??= more.textContent;
      more.textContent = open ? "fewer" : more.dataset.label;
    }
    const tab = event.target.closest("[data-tab]");
    if (tab) {
      const rail = document.getElementById("rail");
      rail.dataset.open = tab.dataset.tab;
      delete rail.dataset.folded;
      for (const details of rail.querySelectorAll(`[data-group="${tab.dataset.tab}"] details`)) details.open = true;
    }
    const fold = event.target.closest("[data-fold]");
    if (fold) {
      const rail = document.getElementById("rail");
      if (rail.dataset.folded) delete rail.dataset.folded; else rail.dataset.folded = "1";
      fold.textContent = rail.dataset.folded ? "Open" : "Fold";
    }
    const link = event.target.closest('a[href="#simplifications"]');
    if (link) document.getElementById("simplifications").open = true;
  });
})();
