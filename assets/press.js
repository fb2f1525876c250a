/* Charts whose x axis is a slider's: a press moves the slider to where the pointer is, and a mark shows where it stands.

   layout.meta.along has the curve that the mark's handle stays on; the mark is every shape and annotation called "here".
   This file knows fields and axes; it knows nothing of networks. */
(function () {
  "use strict";

  const lab = window.gradientFlowLab;
  const set = (id, properties) => window.dash_clientside.set_props(id, properties);
  const chartOf = (frame) => {
    const chart = frame?.querySelector(".js-plotly-plot");
    return chart?._fullLayout && chart.layout.meta?.along?.[0].length ? chart : null;
  };
  let pressed = false;

  function heightAt([xs, ys], x) {
    const right = Math.max(xs.findIndex((one) => one >= x), 1), left = right - 1;
    if (xs.length < 2 || x > xs[xs.length - 1]) return ys[ys.length - 1];
    const share = Math.max((x - xs[left]) / (xs[right] - xs[left]), 0);
    return ys[left] + share * (ys[right] - ys[left]);
  }

  /* What is drawn is only pushed aside: Plotly would draw the whole chart again, and puts it right with the next figure. */
  function place(field, x) {
    for (const frame of document.querySelectorAll(`.frame[data-sets="${field}"]`)) {
      const chart = chartOf(frame);
      if (!chart) continue;
      const { xaxis, yaxis } = chart._fullLayout, { shapes, annotations, meta } = chart.layout;
      const push = (selector, from, to) => {
        const across = xaxis.l2p(x) - xaxis.l2p(from.x), down = to === undefined ? 0 : yaxis.l2p(to) - yaxis.l2p(from.y);
        for (const part of chart.querySelectorAll(selector)) part.style.transform = `translate(${across}px, ${down}px)`;
      };
      shapes.forEach(({ name, x0, xanchor, yanchor }, index) => {
        if (name === "here") push(`.shape-group[data-index="${index}"] > path`, { x: x0 });
        if (name === "handle") push(`.shape-group[data-index="${index}"] > path`, { x: xanchor, y: yanchor }, heightAt(meta.along, x));
      });
      annotations.forEach((note, index) => { if (note.name === "here") push(`.annotation[data-index="${index}"]`, note); });
    }
  }

  /* The mark follows the control, too. */
  let waiting = false;
  document.addEventListener("lab:moved", () => {
    if (waiting || pressed) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const fields = new Set([...document.querySelectorAll(".frame[data-sets]")].map((frame) => frame.dataset.sets));
      for (const field of fields) {
        const value = Number(new URLSearchParams(lab.wanted).get(field));
        const logarithmic = document.getElementById(`slider-${field}`)?.closest(".logarithmic");
        const x = logarithmic ? Math.log10(value) : value;
        if (Number.isFinite(x)) place(field, x);
      }
    });
  });

  document.addEventListener("pointerdown", (event) => {
    const frame = event.target.closest(".frame[data-sets]"), chart = chartOf(frame);
    if (!chart || event.button || !event.target.closest(".nsewdrag")) return;
    event.preventDefault();
    event.stopPropagation();
    const field = frame.dataset.sets, axis = chart._fullLayout.xaxis, [xs] = chart.layout.meta.along;
    const move = ({ clientX }) => {
      const left = chart.getBoundingClientRect().left + axis._offset;
      const x = Math.min(Math.max(axis.p2l(clientX - left), xs[0]), xs[xs.length - 1]);
      place(field, x);
      set(`slider-${field}`, { value: x });
    };
    lab.held = pressed = true;
    if (event.pointerType !== "touch") move(event);  // a finger may be about to scroll: then the press is canceled
    frame.setPointerCapture(event.pointerId);
    const listening = new AbortController(), { signal } = listening;
    const over = () => { pressed = false; listening.abort(); };
    frame.addEventListener("pointermove", move, { signal });
    frame.addEventListener("pointerup", (last) => { move(last); over(); }, { signal });
    frame.addEventListener("pointercancel", over, { signal });
  }, true);
})();
