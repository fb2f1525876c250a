/* The squares of many seeds. There are hundreds of them several times a second: too many for Dash, so that it gets one
   element with what they are, data-strip = [[class, name, seeds], ...] and data-each, the query of one seed. */
(function () {
  "use strict";

  const drawn = new WeakMap(), watched = new WeakSet();

  function square(kind, name, seed, each) {
    const query = new URLSearchParams(each), text = `Seed ${seed}: ${name}`;
    query.set("seed", seed);
    const button = Object.assign(document.createElement("button"), { type: "button", className: `seed ${kind}`, title: `${text}. Train it alone.`, ariaLabel: text });
    button.dataset.train = query.toString();
    return button;
  }

  function draw(box) {
    for (const element of box.querySelectorAll("[data-strip]")) {
      const { strip, each } = element.dataset, what = strip + each;
      if (drawn.get(element) === what) continue;
      drawn.set(element, what);
      element.replaceChildren(...JSON.parse(strip).flatMap(([kind, name, seeds]) => seeds.map((seed) => square(kind, name, seed, each))));
    }
  }

  /* Draws the strips within, now and whenever they change. */
  function watch(box) {
    if (watched.has(box)) return;
    watched.add(box);
    new MutationObserver(() => draw(box)).observe(box, { childList: true, subtree: true, attributeFilter: ["data-strip", "data-each"] });
    draw(box);
  }

  window.gradientFlowStrip = { watch };
})();
