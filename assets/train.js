/* Runs on the Train page: starts and steers them, and draws what they give while they give it. It knows runs by id,
   states by whether they go on, charts by graph, trace and key; it knows nothing of networks.

   One request is under way at a time: how far the runs are, with what their charts have more (see grow.js; step.js
   looks into one step). */
(function () {
  "use strict";

  const lab = window.gradientFlowLab;
  const EACH_MS = 120, WORDS_MS = 700, STEP_MS = 2000, PAUSED_MS = 1000, RATES_MS = 300, RETRY_MS = 1500, SETTLE_MS = 60, URGED_MS = 2000;
  const ROLES = ["beside", "run"];
  const AT_ONCE = { stop: "Stopping …", pause: "Pausing …" };  // said before the trainer has heard of it
  const train = {
    wanted: null,  // what the controls say, as a query string
    viewed: null,  // what they said when the page was last shown
    look: null,    // the page's canonical query, as the server wrote it
    runs: {},      // by role: {id, query, next, going}
    frames: 0,     // drawn so far; tests read it
  };
  window.gradientFlowTrain = train;

  const theme = () => document.documentElement.dataset.theme;
  const page = () => document.querySelector(".page.train");
  const set = (id, properties) => window.dash_clientside.set_props(id, properties);
  const { figures, receive, drawWhole, show: showFigures, onScreen } = window.gradientFlowGrowing;
  const { lookInto, markStep } = window.gradientFlowStep(train, ask, show);

  async function ask(address, words, options) {
    const answer = await fetch(`${address}?${new URLSearchParams(words)}`, options);
    return { ok: answer.ok, status: answer.status, content: await answer.json() };
  }

  /* What the controls say: which of them there are, the address, and, before the first run, the empty charts. */
  const shows = (query) => new URLSearchParams(query).get("shows");
  let settling = 0, viewing = 0;
  function want(state) {
    train.wanted = state;
    clearTimeout(settling);
    settling = setTimeout(async () => {
      const told = await view(state);
      if (train.wanted === state) alter(told);
      if (train.rates && !train.rates.going) followRates(train.rates);  // which may now be those of another network
    }, SETTLE_MS);
  }

  /* What the server says of a state; shown, unless a newer one has been asked for. Null where there is no answer. */
  async function view(state) {
    const number = ++viewing, run = train.runs.run;
    try {
      const { ok, content } = await ask("/train/view", {
        state, theme: theme(), ...(run ? { run: run.query } : {}), ...(train.viewed === null ? {} : { since: train.viewed }),
      });
      if (!ok) return null;
      if (number !== viewing) return content;
      const otherQuantity = train.look !== null && shows(train.look) !== shows(content.query);
      train.viewed = state;
      train.look = content.query;
      show(content.components);
      if (!train.runs.run) receive(content.figures, false);
      const address = `${location.pathname}?${content.query}${location.hash}`;
      history.replaceState(history.state, "", address);
      window.gradientFlowWayBack.keep(address, content.back);
      if (otherQuantity && train.runs.run) again();
      return content;
    } catch { return null; }
  }

  const shown = {};
  function show(components) {
    for (const [id, properties] of Object.entries(components)) {
      const text = JSON.stringify(properties);
      if (shown[id] === text && !("value" in properties) || !lab.present(id)) continue;
      if (id === "train-changed" && train.starting) continue;  // it is about to be trained
      shown[id] = text;
      if (id === "train-seeds") window.gradientFlowStrip.watch(document.getElementById(id));
      set(id, properties);
    }
  }

  /* Runs. */
  const going = () => Object.values(train.runs).some((run) => run.going);
  let asking = false, next = 0, urged = -Infinity;
  function watch(soon = 0) {
    clearTimeout(next);
    next = setTimeout(look, soon);
  }

  /* After a command, what it does is asked for at once, and often until the trainer has heard of it. */
  function urge() {
    urged = performance.now();
    watch();
  }

  async function look() {
    if (asking || !train.runs.run || !page()) return;
    asking = true;
    const began = performance.now(), runs = { ...train.runs }, wanted = train.look;
    const whole = Object.values(runs).some((run) => run.next === 0);  // one that has nothing yet has nothing to go on from
    const inWords = whole || began - (train.worded ?? -Infinity) > WORDS_MS;
    const words = { look: train.look, theme: theme(), words: Number(inWords) };
    if (inWords) train.worded = began;
    for (const [role, { id, next: after }] of Object.entries(runs)) Object.assign(words, { [role]: id, [`${role}_after`]: whole ? 0 : after });
    let wait = EACH_MS;
    try {
      const { ok, status, content } = await ask("/train/frame", words);
      if (status === 404) gone(content.gone ?? ["run"]);
      else if (!ok) throw new Error(String(status));
      else if (same(runs) && wanted === train.look) wait = take(content);
      else wait = 0;
      lab.setTrouble("");
    } catch {
      wait = RETRY_MS;
      lab.setTrouble("The server cannot be reached right now. The run goes on; it is asked again by itself.");
    }
    asking = false;
    if (urged > began) wait = 0;
    if (going() || wait === 0) watch(Math.max(wait - (performance.now() - began), 0));
  }

  const same = (runs) => ROLES.every((role) => runs[role]?.id === train.runs[role]?.id);

  /* What an answer brings; how long to wait before the next question. */
  function take({ runs, components, figures: received }) {
    const growing = !train.afresh && Object.values(train.runs).every((run) => run.next > 0);
    train.afresh = false;
    const before = going(), queries = JSON.stringify(Object.values(train.runs).map((run) => run.query));
    for (const [role, told] of Object.entries(runs)) Object.assign(train.runs[role], told);
    show(components);
    if (!receive(received, growing)) again();
    train.frames += 1;
    remember();
    if (before && !going()) drawWhole();
    const { checkpoints } = train.runs.run;
    const now = performance.now(), due = now - (train.step.looked ?? -Infinity) > STEP_MS && checkpoints !== train.step.seen;
    if (checkpoints && (due || before && !going()) && onScreen("step")) {
      Object.assign(train.step, { seen: checkpoints, looked: now });
      lookInto(null);
    }
    if (JSON.stringify(Object.values(train.runs).map((run) => run.query)) !== queries) want(train.wanted);
    const states = Object.values(train.runs).map((run) => run.state);
    return now - urged < URGED_MS || states.some((state) => state === "running" || state === "queued") ? EACH_MS : PAUSED_MS;
  }

  function gone(roles) {
    for (const role of roles) delete train.runs[role];
    if (!train.runs.run) { train.runs = {}; want(train.wanted); } else again();
  }

  /* All of the charts once more: other colors, another quantity, another run beside. */
  function again() {
    for (const run of Object.values(train.runs)) run.next = 0;
    train.afresh = true;
    watch();
  }

  /* Trains what a page's query says; a run that is there already, of the same query, is taken as it is. */
  async function start(query) {
    train.starting = true;
    say("Starting …");
    try {
      await begin(query);
    } catch {
      say("The server did not answer: please try again.");
    } finally {
      train.starting = false;
    }
  }

  async function begin(query) {
    const shown = train.look, told = await view(query ?? train.wanted);
    if (!told) throw new Error("no answer");
    const queries = { run: told.train, beside: told.beside };
    const before = Object.values(train.runs), runs = {};
    for (const role of ROLES) {
      const asked = queries[role];
      if (asked === null || asked === undefined) continue;
      const afresh = role === "run" && (query === null || told.query === shown);  // a page that is asked for once more
      const kept = !afresh && before.find((run) => run.query === asked && run.state !== "lost" && run.state !== "expired");
      runs[role] = kept ? { ...kept, next: 0 } : await submit(asked);
      if (!runs[role]) return;
    }
    for (const run of before) if (run.going && !Object.values(runs).some((kept) => kept.id === run.id)) command(run.id, "stop");
    train.runs = runs;
    Object.assign(train.step, { shown: null, seen: 0 });
    markStep();
    for (const id of Object.keys(figures)) if (!onScreen(id)) delete figures[id];
    want(query ?? train.wanted);  // what is said of the controls is said beside this run
    again();
  }

  async function submit(query, tell = say) {
    const answer = await fetch(`/api/v1/train?${query}`, { method: "POST" });
    const told = await answer.json();
    if (answer.ok) return { id: told.id, query: told.query, next: 0, going: true, state: "queued" };
    tell(told.error.message);
    return null;
  }

  async function command(id, verb, words = "") {
    const answer = await fetch(`/api/v1/train/${id}/${verb}${words}`, { method: "POST" });
    urge();
    return answer;
  }
  const say = (text) => show({ "train-status": { children: text } });

  async function steer(verb) {
    if (verb === "start") return start(null);
    if (verb in AT_ONCE && going()) say(AT_ONCE[verb]);
    if (verb === "resume") for (const run of Object.values(train.runs)) run.going = true;
    await Promise.all(Object.values(train.runs).map((run) => run.going || verb === "resume" ? command(run.id, verb) : null));
    watch();
  }

  /* The range test is a run of its own kind: asked for until it has ended; a press while it goes on stops it. */
  const sayOfRates = (text) => show({ "train-rates-line": { children: text } });
  let starting = false;
  async function tryRates() {
    if (starting) return;
    if (train.rates?.going) return stopRates();
    starting = true;
    sayOfRates("Starting …");
    try {
      const { train: query } = await view(train.wanted), test = await submit(`kind=rates&${query}`, sayOfRates);
      if (test) followRates(train.rates = test);
    } catch { sayOfRates("The server did not answer: please try again."); }
    starting = false;
  }
  const stopRates = () => command(train.rates.id, "stop").catch(() => sayOfRates("The server did not answer: please try again."));

  async function followRates(test) {
    const { look } = train;
    let wait = RATES_MS;
    try {
      const { content } = await ask("/train/rates", { run: test.id, look, theme: theme() });
      if (test !== train.rates) return;
      test.going = content.going;
      if (content.stale && test.going) stopRates();
      show(content.components);
      showFigures(content.figures ?? {});
    } catch { wait = RETRY_MS; }
    if ((test.going || look !== train.look) && page()) setTimeout(followRates, wait, test);
  }

  /* A page that is left pauses its runs: a paused one soon gives its trainer back, and goes on when the page is back. */
  const under = () => Object.values(train.runs).filter((run) => run.state === "running" || run.state === "queued");
  window.addEventListener("pagehide", () => {
    for (const run of under()) {
      if (navigator.sendBeacon(`/api/v1/train/${run.id}/pause`)) run.left = true;
    }
    if (train.rates?.going) navigator.sendBeacon(`/api/v1/train/${train.rates.id}/stop`);
    if (train.runs.run) remember();
  });
  window.addEventListener("pageshow", ({ persisted }) => { if (persisted) comeBack(); });
  function comeBack() {
    for (const run of Object.values(train.runs)) {
      if (run.left) command(run.id, "continue");
      delete run.left;
    }
    again();
  }

  /* A page that is loaded again finds its run again. */
  function remember() {
    try { sessionStorage.setItem("runs", JSON.stringify({ look: train.look, runs: train.runs })); } catch { /* blocked */ }
  }
  function remembered(query) {
    try {
      const kept = JSON.parse(sessionStorage.getItem("runs"));
      return kept?.look === query ? kept.runs : null;
    } catch { return null; }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-verb], [data-train], [data-rates]");
    if (!button || !page()) return;
    if (button.dataset.rates) return tryRates();
    const { verb, train: query } = button.dataset;
    if (verb) return steer(verb);
    set("train-restore", { data: { query, at: performance.now() } });
    start(query);
  });

  new MutationObserver(() => {
    if (!page() || train.wanted === null) return;
    if (train.runs.run) again(); else want(train.wanted);
    if (train.rates && !train.rates.going) followRates(train.rates);
  }).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  /* Settings that a run takes while it goes on are told to it as the server reads them. */
  function alter(told) {
    const run = train.runs.run;
    if (!run?.going || !told) return;
    for (const [field, value] of Object.entries(told.altered)) command(run.id, "change", `?${new URLSearchParams({ field, value })}`);
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.train = {
    push(...values) {
      const { no_update, callback_context } = window.dash_clientside;
      const names = callback_context.inputs_list.map((input) => input.id.replace("value-train-", ""));
      const pairs = names.map((name, index) => [name, Array.isArray(values[index]) ? values[index].join(",") : values[index]]);
      const state = new URLSearchParams(pairs.filter(([, value]) => value !== null && value !== undefined)).toString();
      const before = train.wanted;
      if (before === state) return no_update;
      if (before === null) {
        first(state);
        return no_update;
      }
      want(state);
      return no_update;
    },
    choose(query) {
      const { no_update } = window.dash_clientside;
      if (!query) return no_update;
      set("train-restore", { data: { query, at: performance.now() } });
      start(query);
      return null;
    },
    scrub(place) {
      const step = train.step.kept?.[place];
      if (step !== undefined && step !== train.step.shown) lookInto(step);
      return window.dash_clientside.no_update;
    },
  };

  async function first(state) {
    train.wanted = state;
    const told = await view(state), runs = told && remembered(told.query);
    if (!runs?.run || train.runs.run) return;
    train.runs = runs;
    comeBack();
  }
})();
