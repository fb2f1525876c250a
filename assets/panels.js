/* Panels: each asks the server its question once the hand rests, and shows the answer as it becomes more complete.

   One slow answer at a time, those on the screen first; it is given up when the state moves on. Quick panels follow the
   hand. This file knows ids and properties; it knows nothing of networks. */
(function () {
  "use strict";

  const lab = window.gradientFlowLab;
  const RETRY_MS = 2000;
  const NEAR = 300;               // pixels around the window in which a panel counts as on the screen
  const panels = new WeakMap();   // panel element -> what it shows, what is under way, and what it last was given
  const touch = window.matchMedia("(pointer: coarse)");
  const set = (id, properties) => window.dash_clientside.set_props(id, properties);
  const goal = () => `${lab.wanted}|${document.documentElement.dataset.theme}`;

  function memory(panel) {
    if (!panels.has(panel)) panels.set(panel, { shown: null, going: null, resting: false, given: {} });
    return panels.get(panel);
  }

  /* How far from the window it is, in pixels; 0 in it, infinitely far while folded. */
  function distance(panel) {
    if (panel.tagName === "DETAILS" && !panel.open) return Infinity;
    const box = panel.getBoundingClientRect();
    return Math.max(0, -box.bottom, box.top - window.innerHeight);
  }

  const due = (quick) => [...document.querySelectorAll("[data-panel]")].filter((panel) => {
    const { shown, going, resting } = memory(panel);
    return Boolean(panel.dataset.quick) === quick && shown !== goal() && !going && !resting && distance(panel) < NEAR;
  }).sort((one, other) => distance(one) - distance(other));

  async function ask(panel) {
    const kept = memory(panel), target = goal(), stop = new AbortController();
    kept.going = stop;
    panel.dataset.busy = "1";
    try {
      const query = new URLSearchParams({ state: lab.wanted, theme: document.documentElement.dataset.theme });
      const answer = await fetch(`/panel/${panel.dataset.panel}?${query}`, { signal: stop.signal });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      for await (const line of lines(answer.body)) {
        if (stop.signal.aborted) return;
        show(panel, kept, line);
      }
      kept.shown = target;
    } catch (error) {
      if (!stop.signal.aborted) {  // asked again by itself, but not at once
        kept.resting = true;
        setTimeout(() => { kept.resting = false; pump(); }, RETRY_MS);
      }
    } finally {
      kept.going = null;
      if (kept.shown === goal()) {
        delete panel.dataset.busy;
        sayLater();
      }
      panel.style.removeProperty("--done");
      pump();
    }
  }

  async function* lines(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      text += value ?? "";
      const parts = text.split("\n");
      text = parts.pop();
      for (const part of parts) yield JSON.parse(part);
      if (done) return;
    }
  }

  lab.lines = lines;

  function show(panel, kept, { done, components }) {
    panel.style.setProperty("--done", done);
    for (const [id, properties] of Object.entries(components)) {
      const text = JSON.stringify(properties);
      if (kept.given[id] === text || !lab.present(id)) continue;  // its element may still be on its way
      kept.given[id] = text;
      if (properties.figure && touch.matches) properties.figure.layout.dragmode = false;  // a finger scrolls the page
      keepFocus(document.getElementById(id));
      set(id, properties);
    }
  }

  /* What is in an element is built anew when it is set: a button that has the focus hands it on to its successor. */
  function keepFocus(element) {
    const at = [...(element?.querySelectorAll("button") ?? [])].indexOf(document.activeElement);
    if (at < 0) return;
    const watch = new MutationObserver(() => {
      watch.disconnect();
      element.querySelectorAll("button")[at]?.focus({ preventScroll: true });
    });
    watch.observe(element, { childList: true, subtree: true });
  }

  let slow = 0;
  function pump() {
    if (lab.wanted === null) return;
    for (const panel of due(true)) ask(panel);
    if (slow || lab.held || lab.drawn === null || !lab.drawn.endsWith("|rested")) return;
    const [next] = due(false);
    if (!next) return;
    slow += 1;
    ask(next).finally(() => { slow -= 1; pump(); });
  }

  document.addEventListener("lab:moved", () => {
    for (const panel of document.querySelectorAll("[data-panel]")) {
      const { going, shown } = memory(panel);
      if (going && !panel.dataset.quick) going.abort();
      if (shown !== goal()) panel.dataset.busy = "1";
    }
    for (const panel of due(true)) ask(panel);
  });
  document.addEventListener("lab:rested", pump);
  document.addEventListener("toggle", pump, true);
  let soon = 0;
  document.addEventListener("scroll", () => { clearTimeout(soon); soon = setTimeout(pump, 80); }, { passive: true, capture: true });
  window.addEventListener("resize", pump);

  /* One announcement a change: the page's sentence, or, where that stays, the sentence of the panel that the hand is in. */
  const SAY_MS = 500;
  const spoken = (element) => [...element?.childNodes ?? []].map(({ nodeName, textContent }) => (nodeName === "SUP" ? `^${textContent}` : textContent)).join("");
  const atHand = () => document.activeElement?.closest(".panel[data-panel]")?.querySelector(":scope > .caption");
  let before = null, saying = 0;
  document.addEventListener("lab:moved", () => {
    clearTimeout(saying);
    before ??= { page: document.getElementById("announce")?.textContent, panel: spoken(atHand()) };
  });
  function sayLater() {
    clearTimeout(saying);
    saying = setTimeout(say, SAY_MS);
  }
  function say() {
    const panel = atHand(), now = document.getElementById("announce")?.textContent;
    if (lab.held || !lab.drawn?.endsWith("|rested") || panel?.parentElement.dataset.busy) return;
    if (panel && before && now === before.page && spoken(panel) !== before.panel) set("announce", { children: spoken(panel) });
    before = null;
  }
  document.addEventListener("lab:rested", sayLater);

  /* Undo and redo: the states at which the hand rested. Going back writes all controls, like a preset does. */
  const history = { past: [], now: null, next: [], going: false };
  const restore = (query) => set("restore", { data: { query, at: performance.now() } });  // twice the same is twice

  document.addEventListener("lab:rested", (event) => {
    const { query } = event.detail;
    const travelled = history.going;
    history.going = false;
    if (history.now === query) return;
    if (!travelled && history.now !== null) { history.past.push(history.now); history.next = []; }
    history.now = query;
    name();
  });
  function name() {
    for (const [id, states] of [["undo", history.past], ["redo", history.next]]) {
      const button = document.getElementById(id);
      if (button) button.disabled = !states.length;
    }
  }
  function travel(from, to) {
    if (!from.length || history.going) return;
    to.push(history.now);
    history.going = true;
    history.now = from.pop();
    restore(history.now);
    name();
  }
  const undo = () => travel(history.past, history.next), redo = () => travel(history.next, history.past);

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=radio]):not([type=checkbox]), textarea, [contenteditable]");
    if (typing || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) redo(); else undo();
  });

  /* What a click does is written on the element: the state that it brings, the value that it sets, the text that it copies. */
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("#undo, #redo, [data-query], [data-field], [data-picture], [data-copy], [data-copy-template]");
    if (!button) return;
    const { query, field, value, picture, chart, copy, copyTemplate } = button.dataset;
    if (button.id === "undo") undo();
    else if (button.id === "redo") redo();
    else if (query !== undefined) restore(query);
    else if (field) set(`value-${field}`, { value });
    else if (picture) {
      const drawn = document.querySelector(`#${chart} .js-plotly-plot`);
      window.Plotly.downloadImage(drawn, { format: picture, filename: chart, width: drawn.clientWidth, height: drawn.clientHeight, scale: picture === "png" ? 2 : 1 });
    } else if (copy || copyTemplate) {
      await clip(copy ? document.getElementById(copy).textContent : filled(copyTemplate));
      const label = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = label; }, 1500);
    }
  });

  async function clip(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");  // a page without TLS has no clipboard of that kind
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }

  const filled = (template) => template.replaceAll("{origin}", location.origin).replaceAll("{query}", lab.since ?? "")
    .replaceAll("{date}", new Date().toISOString().slice(0, 10));

  /* Links and texts that follow the state: the API, the full page of an embedded part, the citation. */
  document.addEventListener("lab:rested", (event) => {
    for (const text of document.querySelectorAll("[data-template]")) text.textContent = filled(text.dataset.template);
    for (const link of document.querySelectorAll("[data-follow]")) link.href = link.dataset.follow + (link.dataset.follow.includes("?") ? "&" : "?") + event.detail.query;
  });
})();
