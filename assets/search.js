/* Search in a menu of things to start from: what its name says comes before what is only said about it. */
(function () {
  "use strict";

  const every = {};  // by menu: its options in the order of the page
  const split = (text) => text.toLowerCase().split(/[^\p{L}\p{N}.]+/u).filter(Boolean);

  /* How far a typed word is from these: 0 one of them, 1 the beginning of one, 2 inside one; Infinity elsewhere. */
  function distance(typed, words) {
    if (words.includes(typed)) return 0;
    if (words.some((word) => word.startsWith(typed))) return 1;
    return words.some((word) => word.includes(typed)) ? 2 : Infinity;
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.search = {
    rank(typed, options) {
      const { id } = window.dash_clientside.callback_context.inputs_list[0];
      every[id] ??= options;
      const asked = split(typed ?? "");
      return every[id]
        .map((option) => {
          const name = split(option.label), said = split(option.search);
          const far = asked.map((word) => Math.min(distance(word, name), 3 + distance(word, said)));
          return { option, far: far.reduce((sum, one) => sum + one, 0) };
        })
        .filter(({ far }) => far < Infinity)
        .sort((a, b) => a.far - b.far)
        .map(({ option }) => option);
    },
  };
})();
