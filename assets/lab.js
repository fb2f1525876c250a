/* The live loop. It knows names, values and element properties; it knows nothing of networks.

   Controls push their values into one slot. One request is in flight at a time; when its answer has been
   painted, the newest values go next. So a fast hand never leaves the picture behind, and no older state
   is ever painted after a newer one. When the hand rests, the full frame follows: words, exact ranges,
   and the address. */
(function () {
  "use strict";

  const RESTED_MS = 250, RETRY_MS = 1500;
  const lab = {
    wanted: null,    // the newest state, as a query string
    drawn: null,     // the state on the screen, and whether with all its words
    since: null,     // the last state at which the hand rested, as the server wrote it
    busy: false,
    held: false,     // a pointer is down on a control
    page: null,      // an element of the page that is drawn on: the router may put another page in its place
    shown: {},       // by element: its properties as last drawn
    ranges: {},      // by chart, while held: the axis ranges so far, which only grow
    frames: 0,       // painted so far; tests and benchmarks read it
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
  setTheme(given || stored("theme") || (darkSystem.matches ? "dark" : "light"));
  darkSystem.addEventListener("change", (event) => {
    if (!given && !stored("theme")) { setTheme(event.matches ? "dark" : "light"); redraw(); }
  });

  const resting = () => !lab.held && performance.now() - lab.touched >= RESTED_MS;
  const goal = () => `${lab.wanted}|${theme()}|${resting() ? "rested" : "moving"}`;

  function redraw() {
    lab.drawn = null;
    run();
  }

  async function run() {
    if (lab.busy || lab.wanted === null) return;
    lab.busy = true;
    try {
      while (goal() !== lab.drawn && !(lab.drawn === goal().replace("moving", "rested"))) {
        const target = goal(), rested = target.endsWith("rested"), state = lab.wanted, colors = theme();
        const ask = new URLSearchParams({ state, theme: colors, dragging: rested ? "0" : "1" });
        if (rested && lab.since !== null) ask.set("since", lab.since);
        const answer = await fetch("/live?" + ask);
        if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
        const frame = await answer.json();
        draw(frame.components, rested);
        lab.drawn = target;
        if (rested) {
          settle(frame.query);
          tell("lab:rested", { query: frame.query, state, theme: colors });
        }
        await new Promise(requestAnimationFrame);
      }
      setTrouble("");
    } catch (error) {
      setTrouble("The server cannot be reached right now. This is the last picture; it is tried again by itself.");
      setTimeout(run, RETRY_MS);
    }
    lab.busy = false;
    if (!resting()) schedule();
  }

  /* For the panels below: they start from what has come to rest, and stop when it moves on. */
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

  function schedule() {
    clearTimeout(lab.timer);
    lab.timer = setTimeout(run, RESTED_MS + 5);
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

  function draw(components, rested) {
    if (!pageElement()) return;  // the page was left meanwhile
    for (const [id, properties] of Object.entries(components)) {
      if (!present(id)) continue;
      if (properties.figure) {
        if (!rested && !onScreen(id)) continue;
        hold(id, properties.figure.layout, rested);
        if (touch.matches) properties.figure.layout.dragmode = false;  // a finger on a chart scrolls the page
      }
      const text = JSON.stringify(properties);
      if (lab.shown[id] === text && !("value" in properties)) continue;  // values are also set by hand
      lab.shown[id] = text;
      window.dash_clientside.set_props(id, properties);
    }
    lab.frames += 1;
  }

  const pageElement = () => document.querySelector(".page");

  /* Whether this page has that component: not every page has all, and a store has no element. Dash throws for an unknown id. */
  function present(id) {
    try { return Boolean(window.dash_component_api.getLayout(id)); } catch { return false; }
  }

  function onScreen(id) {
    const box = document.getElementById(id)?.getBoundingClientRect();
    return box && box.bottom > 0 && box.top < window.innerHeight;
  }

  /* While a control is held no axis shrinks or moves: the eye compares. */
  function hold(id, layout, rested) {
    for (const name of ["xaxis", "yaxis"]) {
      const key = `${id} ${name}`, fresh = layout[name].range, before = lab.ranges[key];
      if (!rested && before) {
        const leap = (before[1] - before[0]) / 2;  // widened seldom, and then by much
        layout[name].range = [fresh[0] < before[0] ? fresh[0] - leap : before[0], fresh[1] > before[1] ? fresh[1] + leap : before[1]];
      }
      lab.ranges[key] = layout[name].range;
    }
  }

  function settle(query) {
    lab.since = query;
    const asked = [query, pageElement()?.dataset.keep].filter(Boolean).join("&");  // what an embedding page chose stays
    const address = location.pathname + (asked ? "?" + asked : "") + location.hash;
    if (address !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", address);
  }

  document.addEventListener("pointerdown", (event) => {
    if (event.target.closest(".slider")) lab.held = true;
  }, true);
  const release = () => { if (lab.held) { lab.held = false; schedule(); } };
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
      const before = lab.wanted;
      lab.wanted = new URLSearchParams(pairs.filter(([, value]) => value !== null && value !== undefined)).toString();
      if (lab.wanted !== before) tell("lab:moved", { state: lab.wanted });
      const page = pageElement(), fresh = lab.page !== page;
      if (fresh) Object.assign(lab, { page, drawn: null, shown: {}, ranges: {} }); else rememberHint();
      lab.touched = fresh ? -RESTED_MS : performance.now();
      run();
      return window.dash_clientside.no_update;
    },

    switchTheme() {
      const next = theme() === "dark" ? "light" : "dark";
      store("theme", next);
      setTheme(next);
      redraw();
      return window.dash_clientside.no_update;
    },

    saveSvg(clicks, id) {
      const chart = document.querySelector(`#${id} .js-plotly-plot`);
      window.Plotly.downloadImage(chart, { format: "svg", filename: id, width: chart.clientWidth, height: chart.clientHeight });
      return window.dash_clientside.no_update;
    },
  };

  Object.assign(lab, { theme, redraw, present, setTrouble });  // for the files beside this one
})();
