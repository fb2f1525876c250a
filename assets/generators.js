/* Dash's bundles wait for a lazy component with a compiled generator, and load 30 KB of polyfills of 2018 for it (the
   rest of them every browser has by now). This is the part of `regeneratorRuntime` that they use: a state machine whose
   `step` runs from one wait to the next. */
window.regeneratorRuntime = {
  mark: (generator) => generator,
  wrap(step, outer, self) {
    const state = {
      prev: 0, next: 0, sent: undefined, done: false,
      stop() { state.done = true; },
      abrupt(kind, value) {
        if (kind === "throw") throw value;
        state.done = true;
        return value;
      },
    };
    return {
      next(value) {
        state.sent = value;
        return { value: step.call(self, state), done: state.done };
      },
      throw(error) { throw error; },
    };
  },
};
