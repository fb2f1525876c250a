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
  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; nameControls(); });
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
