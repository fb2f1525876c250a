/* One step of a run looked into on the Train page: what its slider or a click in a chart by step asks for.
   Knows steps by number, charts by graph. `ask` and `show` are the page's (train.js). */
window.gradientFlowStep = (train, ask, show) => {
  "use strict";

  const { show: showFigures, onScreen } = window.gradientFlowGrowing;
  const set = (id, properties) => window.dash_clientside.set_props(id, properties);
  const theme = () => document.documentElement.dataset.theme;

  /* One step looked into: where the slider stands, else the last that is kept. One question at a time, the newest last. */
  for (const change of ["scroll", "resize"]) window.addEventListener(change, () => firstLook(), { capture: true, passive: true });
  const firstLook = () => { if (train.runs.run && train.step.shown === null && !train.step.busy && onScreen("step")) lookInto(null); };
  train.step = { asked: undefined, shown: null, busy: false };
  async function lookInto(step, moved = step === null) {
    train.step.asked = step;
    if (train.step.busy || !train.runs.run) return;
    train.step.busy = true;
    const run = train.runs.run.id;
    try {
      const { ok, content } = await ask("/train/step", { run, theme: theme(), ...(step === null ? {} : { step }) });
      if (ok && train.runs.run?.id === run) {
        train.step.shown = content.step ?? null;
        show(content.components);
        showFigures(content.figures);
        stand(content, moved);
        markStep();
        sayLater(content.components["train-scrub-line"]?.children);
      }
    } catch { /* asked again with the next move */ }
    train.step.busy = false;
    if (train.step.asked !== step) lookInto(train.step.asked);
  }

  /* What the step says is announced to the hand that is there, once it rests. */
  const SAY_MS = 600;
  let saying = 0;
  function sayLater(words) {
    clearTimeout(saying);
    saying = setTimeout(() => {
      if (words && document.getElementById("step").contains(document.activeElement)) set("train-announce", { children: words });
    }, SAY_MS);
  }

  /* The slider's values are places among the steps that are kept. While it is moved it stands where it is. */
  function stand({ kept, step }, moved) {
    if (!kept) return;
    const others = String(kept) !== String(train.step.kept);
    train.step.kept = kept;
    if (moved || others) set("train-scrub", { max: Math.max(kept.length - 1, 1), value: kept.indexOf(step) });
    document.querySelector("#step [role=slider]")?.setAttribute("aria-valuetext", `step ${step}`);
  }

  /* The step that is looked into is marked in the charts by step; a click on another one goes there. */
  const byStep = () => [...document.querySelectorAll("[data-by-step] .js-plotly-plot")].filter((plot) => plot._fullLayout);
  function markStep() {
    for (const plot of byStep()) {
      const frame = plot.closest(".frame"), { xaxis, margin } = plot._fullLayout, { shown: step } = train.step;
      const mark = frame.querySelector(".step-mark") ?? frame.appendChild(Object.assign(document.createElement("div"), { className: "step-mark" }));
      const x = step === null ? NaN : xaxis.l2p(step);
      mark.hidden = !(x >= 0 && x <= xaxis._length);
      if (!mark.hidden) Object.assign(mark.style, { left: `${xaxis._offset + x}px`, top: `${margin.t}px`, bottom: `${margin.b}px` });
    }
  }
  document.addEventListener("pointerover", (event) => {
    const plot = event.target.closest?.("[data-by-step] .js-plotly-plot:not([data-steps])");
    if (!plot?.on) return;
    plot.dataset.steps = "1";
    plot.on("plotly_click", ({ points }) => { if (train.runs.run) lookInto(Math.round(points[0].x), true); });
    plot.on("plotly_afterplot", markStep);
  });

  return { lookInto, markStep };
};
