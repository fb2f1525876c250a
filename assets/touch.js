/* A finger on a slider: one that goes up or down scrolls the page and changes nothing, one that goes across moves the
   slider, one that only taps sets it. So the press is kept back until it is known which of them it is: a browser that
   scrolls cancels it (touch-action: pan-y, see ui_reach.css). */
(function () {
  "use strict";

  const FAR = 4;     // pixels: from there it is no tap
  let kept = null;   // the press that is kept back

  function press() {
    const { target, pointerId, pointerType, isPrimary, button, buttons, clientX, clientY } = kept;
    kept = null;
    target.dispatchEvent(new PointerEvent("pointerdown", { pointerId, pointerType, isPrimary, button, buttons, clientX, clientY, bubbles: true, cancelable: true, composed: true }));
  }

  const listen = (name, act) => window.addEventListener(name, act, true);
  listen("pointerdown", (event) => {
    if (!event.isTrusted || event.pointerType !== "touch" || !event.target.closest?.(".dash-slider-root")) return;
    event.stopImmediatePropagation();
    kept = event;
  });
  listen("pointermove", (event) => { if (kept && Math.abs(event.clientX - kept.clientX) > FAR) press(); });
  listen("pointerup", () => { if (kept) press(); });
  listen("pointercancel", () => { kept = null; });
})();
