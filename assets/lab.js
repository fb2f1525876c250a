/* The live loop. It knows names, values and element properties; it knows nothing of networks.

   Controls put their values into one slot. As a rule one request is in flight; when its answer comes, the newest
   values go next, while the answer is drawn. So a fast hand never leaves the picture behind, and no older state is
   ever painted after a newer one. A moving hand gets bare arrays, drawn into the charts that are on the screen; when
   it rests, the full frame follows: words, exact ranges, and the address. */
(function () {
  "use strict";

  const RESTED_MS = 250, RETRY_MS = 1500, WORDS_MS = 200, STAYS_MS = 80;
  const BUSY = 503, AWAY = "The server cannot be reached right now. This is the last picture; it is tried again by itself.";
  const CROWDED = "The server is busy. This is the last picture; it is tried again by itself.";
  const version = document.documentElement.dataset.version;
  const lab = {
    wanted: null,    // the newest state, as a query string
    drawn: null,     // the state on the screen, its colors, and whether with all its words
    owed: false,     // of the state on the screen some parts are still those of the one before
    since: null,     // the last state at which the hand rested, as the server wrote it
    busy: false,
    held: false,     // a pointer is down on a control
    page: null,      // an element of the page that is drawn on: the router may put another page in its place
    shown: {},       // by element: its properties as last set
    unset: {},       // by element: properties that are still to be set
    charts: {},      // by chart: its figure as last drawn, and the hashes of its parts
    frames: 0,       // painted so far; tests and benchmarks read it
    sent: 0, painted: 0,   // numbers of requests
    flying: new Map(),     // by number: what is asked for
    visible: null,   // the charts on the screen
    network: 0, drawing: 0,  // running means in ms: of a request without the server's own time; from its answer to the paint
  };
  window.gradientFlowLab = lab;

  const touch = window.matchMedia("(pointer: coarse)");
  const theme = () => document.documentElement.dataset.theme;

  function setTheme(name) {
    document.documentElement.dataset.theme = name;
  }

  const darkSystem = window.matchMedia("(prefers-color-scheme: dark)");
  const stored = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const store = (key, value) => { try { localStorage.setItem(key, value); } catch { /* blocked: forget it */ } };
  const address = new URLSearchParams(location.search);  // an embedded part may be given its colors; paper is light
  const given = address.get("print") === "1" ? "light" : ["light", "dark"].find((name) => name === address.get("theme"));
  const forced = window.matchMedia("(forced-colors: active)");  // then the ground is the reader's, whatever was chosen here
  const themeNow = () => (!forced.matches && (given || stored("theme"))) || (darkSystem.matches ? "dark" : "light");
  setTheme(themeNow());
  for (const query of [darkSystem, forced]) {
    query.addEventListener("change", () => { if (themeNow() !== theme()) { setTheme(themeNow()); redraw(); } });
  }

  const resting = () => !lab.held && performance.now() - lab.touched >= RESTED_MS;
  const goal = () => `${lab.wanted}|${theme()}|${resting() ? "rested" : "moving"}`;
  const stateOf = (target) => target.split("|")[0];
  const mean = (before, now) => before + (now - before) / 4;
  const nextFrame = () => new Promise(requestAnimationFrame);

  /* From here on this state is what is to be on the screen. */
  function want(state) {
    const page = pageElement(), fresh = lab.page !== page, moved = lab.wanted !== state;
    lab.wanted = state;
    if (moved) tell("lab:moved", { state });
    if (fresh) Object.assign(lab, { page, drawn: null, shown: {}, unset: {}, charts: {}, visible: null }); else rememberHint();
    lab.touched = fresh ? -RESTED_MS : performance.now();
    run();
  }

  function redraw() {
    lab.drawn = null;
    run();
  }

  /* Sends for what is wanted, unless it is drawn or on its way. A second request is only worth while where the network
     takes longer than drawing: what the server itself takes would only be shared between the two. */
  function run() {
    if (lab.wanted === null || lab.retry) return;
    const target = goal(), newest = [...lab.flying.values()].at(-1);
    const stays = lab.drawn === target && performance.now() - lab.touched > STAYS_MS;
    const done = lab.drawn === target && !(lab.owed && stays) || lab.drawn === target.replace("moving", "rested");
    const full = lab.flying.size > (lab.network > lab.drawing ? 1 : 0);
    if (newest ? newest === target || full : done) {
      if (!newest && target.endsWith("moving")) schedule();
      return;
    }
    lab.busy = true;
    ask(target);
  }

  async function ask(target) {
    const number = ++lab.sent, rested = target.endsWith("rested"), question = rested ? restedQuestion(target) : movingQuestion(target);
    lab.flying.set(number, target);
    const frame = await answerTo(question, rested);
    lab.flying.delete(number);
    if (frame) {
      if (goal() !== target) run();  // the next one goes out before this one is drawn
      await paint(number, target, question, frame);
    } else {
      lab.retry = setTimeout(() => { lab.retry = 0; run(); }, RETRY_MS * (0.5 + Math.random()));  // not all at once
    }
    lab.busy = lab.flying.size > 0;
    run();
  }

  /* The frame, or null if there was no answer; then the page says why. */
  async function answerTo(question, rested) {
    const began = performance.now();
    try {
      const answer = await fetch("/live?" + new URLSearchParams({ v: version, ...question }));
      setTrouble(answer.ok ? "" : answer.status === BUSY ? CROWDED : AWAY);
      if (!answer.ok) return null;
      if (rested) return await answer.json();
      const content = await answer.arrayBuffer(), [, took] = answer.headers.get("Server-Timing").split("dur=");
      lab.network = mean(lab.network, performance.now() - began - Number(took));
      return window.gradientFlowFrames.decode(content);
    } catch {
      setTrouble(AWAY);
      return null;
    }
  }

  const restedQuestion = (target) =>
    ({ state: stateOf(target), theme: theme(), ...(lab.since === null ? {} : { since: lab.since }) });

  /* Words and pictures take longer than lines: they come less often, but for a state that stays they do come. */
  function movingQuestion(target) {
    const stays = lab.drawn === target, now = performance.now();
    const words = stays || now - (lab.worded ?? 0) > WORDS_MS, pictures = stays || lab.sent % 2 === 0;
    if (words) lab.worded = now;
    const charts = chartsOnScreen().filter((id) => pictures || !lab.charts[id]?.figure.data.some((trace) => trace.type === "heatmap"));
    const has = charts.flatMap((id) => lab.charts[id]?.hashes ?? []);
    return { state: stateOf(target), theme: theme(), dragging: 1, words: Number(words), charts, has, whole: words && pictures };
  }

  async function paint(number, target, question, frame) {
    const rested = target.endsWith("rested");
    for (let wait = 0; !rested && unsettled() && wait < 60; wait++) await nextFrame();
    if (number < lab.painted || !pageElement()) return;  // overtaken, or the page was left meanwhile
    lab.painted = number;
    const began = performance.now();
    if (!rested) drawCharts(frame.figures);
    setProperties(frame.components, rested || question.whole ? Infinity : 1);
    Object.assign(lab, { drawn: target, owed: !rested && !question.whole, frames: lab.frames + 1 });
    requestAnimationFrame(() => { lab.drawing = mean(lab.drawing, performance.now() - began); });
    if (rested) {
      lab.visible = null;
      settle(frame.query);
      tell("lab:rested", { query: frame.query, state: stateOf(target), theme: target.split("|")[1] });
    }
  }

  /* For the panels below: they start from what has come to rest, and stop when it moves on. */
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

  function schedule() {
    clearTimeout(lab.timer);
    if (lab.owed || !lab.held) lab.timer = setTimeout(run, (lab.owed ? STAYS_MS : RESTED_MS) + 5);
  }

  function setTrouble(text) {
    let bar = document.getElementById("trouble");
    if (!bar && !text) return;
    if (!bar) {
      bar = document.createElement("div");
      bar.id = "trouble";
      bar.setAttribute("role", "status");
      document.body.append(bar);
    }
    bar.textContent = text;
    bar.hidden = !text;
  }

  /* Sets what is new of these properties, at most so many: Dash looks at every component of the page for each. */
  function setProperties(components, most) {
    Object.assign(lab.unset, components);
    for (const [id, properties] of Object.entries(lab.unset)) {
      if (most <= 0) return;
      delete lab.unset[id];
      if (present(id) && isNew(id, properties)) {
        setOne(id, properties);
        most -= 1;
      }
    }
  }

  const isNew = (id, properties) => lab.shown[id] !== JSON.stringify(properties)
    || "value" in properties && properties.value !== propertiesOf(id).value;  // values are also set by hand

  /* A figure that comes this way is a full one: Plotly draws it, and with it its exact axes. */
  function setOne(id, properties) {
    const { figure } = properties;
    lab.shown[id] = JSON.stringify(properties);
    if (figure) {
      if (touch.matches) figure.layout.dragmode = false;  // a finger on a chart scrolls the page
      lab.charts[id] = { figure: structuredClone(figure), due: figure.data, hashes: [] };  // Plotly writes into what it is given
    }
    window.dash_clientside.set_props(id, properties);
  }

  const pageElement = () => document.querySelector(".page");

  const propertiesOf = (id) => window.dash_component_api.getLayout(id).props;

  /* Whether this page has that component: not every page has all, and a store has no element. Dash throws for an unknown id. */
  function present(id) {
    try { return Boolean(propertiesOf(id)); } catch { return false; }
  }

  /* Found anew when the page may have moved: to ask for places while drawing costs a layout. */
  const chartsOnScreen = () => lab.visible ??= [...document.querySelectorAll(".chart[id]")].filter((chart) => {
    const box = chart.getBoundingClientRect();
    return box.bottom > 0 && box.top < window.innerHeight;
  }).map((chart) => chart.id);
  for (const change of ["scroll", "resize"]) window.addEventListener(change, () => { lab.visible = null; }, { capture: true, passive: true });

  const plotOf = (id) => document.querySelector(`#${id} .js-plotly-plot`);

  /* Whether Plotly has yet to draw figures of the last full frame: it would draw them over newer ones. */
  const unsettled = () => Object.entries(lab.charts).some(([id, { due }]) => due && plotOf(id)?.data !== due);

  function drawCharts(figures) {
    for (const [id, parts] of Object.entries(figures)) {
      const plot = plotOf(id), before = lab.charts[id]?.figure, hashes = Object.values(parts).map((part) => part.hash);
      const figure = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, window.gradientFlowFrames.figurePart(part)]));
      if (!plot?._fullLayout || !before) continue;
      window.gradientFlowCharts.hold(before.layout, figure.layout);
      if (touch.matches) figure.layout.dragmode = false;
      window.gradientFlowCharts.draw(plot, before, figure);
      lab.charts[id] = { figure, hashes };
      delete lab.shown[id];
    }
  }

  function settle(query) {
    lab.since = query;
    const asked = [query, pageElement()?.dataset.keep].filter(Boolean).join("&");  // what an embedding page chose stays
    const address = location.pathname + (asked ? "?" + asked : "") + location.hash;
    if (address !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", address);
  }

  /* While a slider is held its values come from its thumb: through Dash's callbacks each would cost more than a whole
     picture. On release Dash is told, and finds everything as it is. */
  const watch = new MutationObserver(([{ target }]) => {
    const slider = target.closest(".slider"), name = slider.id.replace("slider-", ""), values = new URLSearchParams(lab.wanted);
    const text = onSlider(Number(target.getAttribute("aria-valuenow")), slider.classList.contains("logarithmic"));
    document.getElementById(`value-${name}`).value = text;
    values.set(name, text);
    want(values.toString());
  });
  document.addEventListener("pointerdown", (event) => {
    const slider = event.target.closest(".slider");
    if (!slider || lab.wanted === null) return;
    lab.held = true;
    watch.observe(slider.querySelector('[role="slider"]'), { attributeFilter: ["aria-valuenow"] });
  }, true);
  function release() {
    if (!lab.held) return;
    watch.takeRecords();
    watch.disconnect();
    lab.held = false;
    run();
  }
  for (const over of ["pointerup", "pointercancel"]) window.addEventListener(over, release, true);
  window.addEventListener("blur", release);

  function rememberHint() {
    store("hint", "seen");
    document.documentElement.dataset.hint = "seen";
  }
  document.documentElement.dataset.hint = stored("hint") || "new";

  /* Numbers as the controls write them: on the slider's grid, without binary dust. */
  const onSlider = (position, logarithmic) =>
    logarithmic ? String(Number((10 ** position).toPrecision(3))) : String(Number(position.toFixed(6)));

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.lab = {
    /* Slider and number box say the same; the box alone is the truth, as it takes what is off the grid. */
    sync(position, text, className) {
      const { no_update, callback_context } = window.dash_clientside;
      const logarithmic = className.includes("logarithmic");
      const moved = callback_context.triggered_id.startsWith("slider-");
      if (moved) return [no_update, onSlider(position, logarithmic)];
      const value = Number(text);
      if (text === null || String(text).trim() === "" || !Number.isFinite(value)) return [no_update, onSlider(position, logarithmic)];
      if (logarithmic && value <= 0) return [no_update, onSlider(position, logarithmic)];
      return [logarithmic ? Math.log10(value) : value, no_update];
    },

    push(...values) {
      const names = window.dash_clientside.callback_context.inputs_list.map((input) => input.id.replace("value-", ""));
      const pairs = names.map((name, index) => [name, Array.isArray(values[index]) ? values[index].join(",") : values[index]]);
      want(new URLSearchParams(pairs.filter(([, value]) => value !== null && value !== undefined)).toString());
      return window.dash_clientside.no_update;
    },

    switchTheme() {
      const next = theme() === "dark" ? "light" : "dark";
      store("theme", next);
      setTheme(next);
      redraw();
      return window.dash_clientside.no_update;
    },
  };

  Object.assign(lab, { theme, redraw, present, setTrouble });  // for the files beside this one
})();
