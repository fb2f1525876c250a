/* The way back to Train keeps what was set there: Explore's link says the network alone. What Train was asked last is
   remembered by the tab. Is the network still the one that was trained, the whole page is back, with its runs;
   else the words of the training go along with the new network. */
(function () {
  "use strict";

  window.gradientFlowWayBack = {
    /* page: the address; link: Explore's link to it, as long as the network is the same; words: of the training. */
    keep(page, { link, words }) {
      try { sessionStorage.setItem("train", JSON.stringify({ page, link, words })); } catch { /* blocked */ }
    },
  };

  function kept() {
    try { return JSON.parse(sessionStorage.getItem("train")); } catch { return null; }
  }

  function lead(event) {
    const link = event.target.closest('.header a[href^="/train?"]'), last = link && kept();
    if (!last) return;
    const href = link.getAttribute("href"), words = new URLSearchParams(href.slice(href.indexOf("?")));
    for (const [word, value] of new URLSearchParams(last.words)) if (!words.has(word)) words.set(word, value);
    link.setAttribute("href", [last.link, last.page].includes(href) ? last.page : `/train?${words}`);
  }
  for (const kind of ["click", "auxclick"]) document.addEventListener(kind, lead);
})();
