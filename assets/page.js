/* Small manners of the page: names for what the component library leaves nameless, folds, the phone's tabs. */
(function () {
  "use strict";

  /* Not every visit needs these: fingers on sliders, and the numbers of a chart, whose button is pressed again for them. */
  const load = (name) => new Promise((done) => {
    document.head.append(Object.assign(document.createElement("script"), { src: `/assets/${name}.js`, onload: done }));
  });
  if (window.matchMedia("(any-pointer: coarse)").matches) load("touch");
  let numbers = null;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-numbers]");
    if (!button || numbers) return;
    numbers = load("numbers").then(() => button.click());
  });

  /* Set only what differs: setting an attribute is itself a change that is observed. */
  function mend(element, name, value) {
    if (value === null ? element.hasAttribute(name) : element.getAttribute(name) !== value) {
      if (value === null) element.removeAttribute(name); else element.setAttribute(name, value);
    }
  }

  /* A slider's thumb and a group of chips get the label of their control; a chip is a label around a radio button or a
     checkbox and nothing else, a slider says what its box says, a select takes the focus itself. */
  function nameControls() {
    for (const control of document.querySelectorAll(".control[data-label]")) {
      for (const part of control.querySelectorAll('[role="slider"], .chips')) {
        if (!part.getAttribute("aria-label")) part.setAttribute("aria-label", control.dataset.label);
      }
      for (const chips of control.querySelectorAll(".chips")) {
        mend(chips, "role", chips.classList.contains("dash-checklist") ? "group" : "radiogroup");
        for (const chip of chips.querySelectorAll("label")) for (const name of ["role", "aria-selected"]) mend(chip, name, null);
      }
      const thumb = control.querySelector('[role="slider"]'), box = control.querySelector(".box input");
      if (thumb && box) mend(thumb, "aria-valuetext", box.value);
    }
    const rail = document.getElementById("rail");
    for (const tab of rail?.querySelectorAll("[data-tab]") ?? []) mend(tab, "aria-pressed", String(tab.dataset.tab === rail.dataset.open && !rail.dataset.folded));
    for (const target of document.querySelectorAll(".dash-dropdown-focus-target")) {
      const select = target.parentElement.querySelector("button.dash-dropdown");
      const label = select.closest(".control")?.querySelector("[id^=label-]") ?? select.closest(".group")?.querySelector("h3");
      mend(target, "tabindex", "-1");
      mend(select, "tabindex", "0");
      if (!label) continue;
      if (!label.id) label.id = `label-${select.id}`;
      mend(select, "aria-labelledby", `${label.id} ${select.id}-value`);
    }
  }

  /* A mark of this class at the layer, in a chart whose x axis is the layers. */
  function putMark(chart, className, layer) {
    const frame = chart.closest(".frame"), layout = chart._fullLayout;
    let mark = frame.querySelector(`.${className}`);
    if (!mark) {
      mark = document.createElement("div");
      mark.className = className;
      frame.append(mark);
    }
    const x = layer === null ? NaN : layout.xaxis.l2p(layer);
    mark.hidden = !(x >= 0 && x <= layout.xaxis._length);
    if (!mark.hidden) Object.assign(mark.style, { left: `${layout.margin.l + x}px`, top: `${layout.margin.t}px`, bottom: `${layout.margin.b}px` });
  }
  const chartsByLayer = () => [...document.querySelectorAll("[data-by-layer] .js-plotly-plot")].filter((chart) => chart._fullLayout);
  /* The layer under the pointer is marked in every other chart. */
  function markLayer(layer, from) {
    for (const chart of chartsByLayer()) putMark(chart, "layer-mark", chart === from ? null : layer);
  }
  /* The layer that is looked into is marked in every chart, on a page that looks into one. */
  function markChosen(charts) {
    const box = document.querySelector("#panel-layer") && document.getElementById("value-layer");
    for (const chart of charts) putMark(chart, "layer-chosen", box ? Number(box.value) : null);
  }
  /* A click on a layer looks into it. */
  function chooseLayer(layer) {
    const last = document.querySelector(".page:not([data-locked~=layer]) #slider-layer [role=slider]");
    if (last && Number.isInteger(layer)) window.dash_clientside.set_props("value-layer", { value: String(layer) });
  }
  /* All charts by layer have the same axis: one is zoomed along it, and all are. */
  function zoomAlike(event, from) {
    const range = [event["xaxis.range[0]"], event["xaxis.range[1]"]];
    if (range[0] === undefined) return;
    for (const chart of document.querySelectorAll("[data-by-layer] .js-plotly-plot")) {
      const now = chart._fullLayout.xaxis.range;
      if (chart !== from && (now[0] !== range[0] || now[1] !== range[1])) window.Plotly.relayout(chart, { "xaxis.range": range });
    }
  }
  document.addEventListener("lab:moved", () => markChosen(chartsByLayer()));
  function watchCharts() {
    for (const chart of document.querySelectorAll("[data-by-layer] .js-plotly-plot:not([data-watched])")) {
      if (!chart.on) continue;
      chart.dataset.watched = "1";
      chart.on("plotly_hover", (event) => markLayer(event.points[0].x, chart));
      chart.on("plotly_click", (event) => chooseLayer(event.points[0].x));
      chart.on("plotly_unhover", () => markLayer(null, chart));
      chart.on("plotly_relayout", (event) => zoomAlike(event, chart));
      chart.on("plotly_afterplot", () => markChosen([chart]));
    }
  }

  /* An embedded part tells the page around it how tall it is, so that no scroll bar is needed. */
  let told = 0;
  function tellHeight() {
    const part = document.querySelector(".page.embed"), height = part && Math.ceil(part.getBoundingClientRect().height);
    if (!part || window.parent === window || height === told) return;
    told = height;
    window.parent.postMessage({ type: "gradient-flow-lab:height", height }, "*");
  }
  document.addEventListener("DOMContentLoaded", () => new ResizeObserver(tellHeight).observe(document.body));

  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; nameControls(); watchCharts(); tellHeight(); });
  }).observe(document.documentElement, { childList: true, subtree: true, attributeFilter: ["aria-selected", "aria-valuenow", "value", "data-open", "data-folded"] });

  /* Paper is narrower than most windows: wider charts are drawn anew for it, and as they were afterwards. */
  const PAPER_WIDTH = 640, fitted = [];
  window.addEventListener("beforeprint", () => {
    for (const chart of document.querySelectorAll(".js-plotly-plot")) {
      if (chart._fullLayout?.width > PAPER_WIDTH) fitted.push(chart) && window.Plotly.relayout(chart, { width: PAPER_WIDTH });
    }
  });
  window.addEventListener("afterprint", () => { for (const chart of fitted.splice(0)) window.Plotly.relayout(chart, { width: null, autosize: true }); });

  function setFolded(rail, folded) {
    const button = rail.querySelector("[data-fold]");
    if (folded) rail.dataset.folded = "1"; else delete rail.dataset.folded;
    button.textContent = folded ? "Open" : "Fold";
    button.setAttribute("aria-label", folded ? "Open the controls" : "Fold the controls");
  }

  /* On a phone a row of chips scrolls sideways: the chosen one is to be seen. */
  function showChosen(kind) {
    for (const row of document.querySelectorAll(".rail .folded, .rail .chips")) {
      const chosen = row.scrollWidth > row.clientWidth && row.querySelector(`label:has(input${kind}:checked)`);
      if (!chosen) continue;
      const [box, place] = [row, chosen].map((one) => one.getBoundingClientRect());
      row.scrollLeft += place.left + place.width / 2 - box.left - box.width / 2;
    }
  }
  document.addEventListener("lab:rested", () => showChosen("[type=radio]"));

  /* The first chart is to be seen above an opened sheet, and its top below the header. */
  function showChart(rail) {
    const frame = document.querySelector(".charts .frame")?.getBoundingClientRect();
    if (!frame || getComputedStyle(rail).position !== "fixed") return;
    const hidden = frame.bottom - rail.getBoundingClientRect().top, room = frame.top - document.querySelector(".header").offsetHeight;
    if (hidden > 0 && room > 0) window.scrollBy(0, Math.min(hidden, room));
  }

  /* The sheet covers what it does not move: below the first charts it folds, and opens again above. */
  const sheet = { below: false, before: false };
  document.addEventListener("scroll", () => {
    const part = document.querySelector(".columns .part"), rail = document.getElementById("rail");
    const below = Boolean(part) && part.getBoundingClientRect().top < window.innerHeight / 2;
    if (below === sheet.below) return;
    if (below) sheet.before = "folded" in rail.dataset;
    sheet.below = below;
    if (rail) setFolded(rail, below || sheet.before);
  }, { passive: true });

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
      setFolded(rail, false);
      const group = rail.querySelector(`.group[data-group="${tab.dataset.tab}"]`);
      for (const details of group.querySelectorAll("details")) details.open = true;
      showChosen("");
      tab.scrollIntoView({ block: "nearest", inline: "nearest" });
      showChart(rail);
    }
    if (event.target.closest("[data-print]")) window.print();
    const fold = event.target.closest("[data-fold]");
    if (fold) {
      const rail = document.getElementById("rail");
      setFolded(rail, !rail.dataset.folded);
    }
    /* Followed here: to the page's router a new hash is a new address, and it would build the whole page anew. */
    const link = event.target.closest('a[href^="#"]'), target = link && document.getElementById(link.hash.slice(1));
    if (target) {
      event.preventDefault();
      target.open = true;
      target.scrollIntoView();
      const place = target.matches("main") ? target : target.querySelector("summary") ?? target;
      if (place === target) target.tabIndex = -1;
      place.focus({ preventScroll: true });
    }
  });
})();
