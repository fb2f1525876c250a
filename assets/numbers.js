/* The numbers of a chart as a table: at each place what the chart says to a pointer there, so that there is one source of
   both. Of more places than ROWS every second, third, ... is shown, and the first and the last; so with a heatmap's rows.
   It knows traces and their hover templates; it knows nothing of networks. */
(function () {
  "use strict";

  const ROWS = 40, COLUMNS = 8, LOOK_MS = 400;
  const open = new Map();  // place of a table -> the chart, the traces seen last, those that are shown

  const own = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });
  const tracesOf = (id) => window.gradientFlowGrowing?.figures[id]?.figure.data ?? document.querySelector(`#${id} .js-plotly-plot`)?._fullData ?? [];
  const axisOf = (id, name) => {
    const { title, tickvals = [], ticktext = [] } = document.querySelector(`#${id} .js-plotly-plot`)?.layout?.[name] ?? {};
    const first = Number(plain(ticktext[0] ?? "").replace("−", "-").replace(/^10\^/, "1e"));
    const logarithmic = tickvals.length > 0 && Math.abs(10 ** tickvals[0] / first - 1) < 1e-6;
    return { name: plain((title?.text ?? "").split("\u2003")[0]), told: (value) => written(logarithmic ? 10 ** value : value, ".4r") };
  };

  /* Plotly's markup as text: 10<sup>-3</sup> is 10^-3. */
  const plain = (markup) => String(markup).replace(/<sup>(.*?)<\/sup>/g, "^$1").replace(/<[^>]*>/g, "").replaceAll("■", "").trim();

  /* The few formats that the charts' templates use: significant digits, decimals, percent, thousands. */
  function written(value, format = "") {
    if (typeof value !== "number") return value ?? "";
    const digits = Number(format.match(/\.(\d+)/)?.[1] ?? 6);
    if (format.endsWith("p")) return `${Number((100 * value).toPrecision(digits))} %`;
    if (format.endsWith("f")) return value.toFixed(digits);
    return format.includes(",") ? value.toLocaleString("en") : String(Number(value.toPrecision(digits)));
  }

  function said(trace, values) {
    const filled = trace.hovertemplate.replace(/<extra>.*/, "").replace(/%\{(\w+)(?:\[(\d+)\])?(?::([^}]*))?\}/g, (_, name, index, format) =>
      written(index === undefined ? values[name] : values[name]?.[index], format));
    return plain(filled.replaceAll("<br>", "; ")).replaceAll(";  ", "; ");
  }

  /* What stands before the first number, as its column's head, is not said again in each row. */
  function withoutName(text, name) {
    const [separator] = [": ", " = ", " "].filter((one) => text.includes(name + one) && (one === ": " || text.startsWith(name)));
    return name && separator ? text.slice(text.indexOf(name + separator) + name.length + separator.length) : text;
  }

  function thinned(list, most) {
    const step = Math.ceil(list.length / most);
    return list.filter((_, index) => index % step === 0 || index === list.length - 1);
  }

  const places = (trace, name) => {
    const count = name === "x" ? trace.z[0].length : trace.z.length;
    return trace[name]?.length === count ? Array.from(trace[name]) : Array.from({ length: count }, (_, index) => (trace[`${name}0`] ?? 0) + index * (trace[`d${name}`] ?? 1));
  };

  /* A row for each x, a column for each line; [heads, rows, how many rows there are in all]. */
  function ofLines(traces, across) {
    const rows = new Map();
    traces.forEach((trace, column) => Array.from(trace.x ?? []).forEach((x, index) => {
      const y = trace.y[index], at = Number(x);
      if (y === null || Number.isNaN(Number(y))) return;
      if (!rows.has(at)) rows.set(at, traces.map(() => ""));
      rows.get(at)[column] = withoutName(said(trace, { x: at, y: Number(y), customdata: trace.customdata?.[index] }), trace.name);
    }));
    const all = [...rows].sort(([one], [other]) => one - other);
    return [[across.name || "x", ...traces.map(({ name }) => plain(name ?? ""))], thinned(all, ROWS).map(([x, cells]) => [across.told(x), ...cells]), all.length];
  }

  /* A row for each x, a column for each of some y. */
  function ofCells(trace, across, up) {
    const xs = places(trace, "x"), ys = places(trace, "y");
    const shown = thinned(ys.map((y, row) => [y, row]), COLUMNS);
    const format = trace.hovertemplate.match(/%\{z:([^}]*)\}/)?.[1], power = /10<sup>%\{z/.test(trace.hovertemplate), decades = /10<sup>%\{y/.test(trace.hovertemplate);
    const cell = (value) => (value === null || Number.isNaN(Number(value)) ? "–" : `${power ? "10^" : ""}${written(Number(value), format)}`);
    const heads = shown.map(([y]) => `${up.name} ${decades ? "10^" : ""}${written(y, ".3r")}`.trim());
    const rows = thinned(xs.map((x, column) => [x, column]), ROWS).map(([x, column]) => [across.told(Number(x)), ...shown.map(([, row]) => cell(trace.z[row][column]))]);
    return [[across.name || "x", ...heads], rows, xs.length];
  }

  /* A heatmap's table, or one for the lines and one for the bars, which stand at other places. */
  function tables(id) {
    const traces = tracesOf(id).filter(({ visible, hoverinfo, hovertemplate }) => visible !== false && hoverinfo !== "skip" && typeof hovertemplate === "string" && hovertemplate);
    const across = axisOf(id, "xaxis"), cells = traces.find(({ type }) => type === "heatmap"), kinds = [...new Set(traces.map(({ type }) => type))];
    if (cells) return [ofCells(cells, across, axisOf(id, "yaxis"))];
    return kinds.map((kind) => ofLines(traces.filter(({ type, x }) => type === kind && x?.length), across)).filter(([, , total]) => total);
  }

  const line = (cells, tag, head) => {
    const row = own("tr", "");
    row.append(...cells.map((cell, index) => own(index ? tag : "th", String(cell).replace(/-(?=\d)/g, "−"), index && !head ? {} : { scope: head ? "col" : "row" })));
    return row;
  };

  function drawn([heads, rows, total]) {
    const step = Math.ceil(total / ROWS), head = own("thead", ""), body = own("tbody", ""), made = own("table", "");
    const view = own("div", "", { className: "table-view", tabIndex: 0, role: "region", ariaLabel: "The numbers of this chart" });
    head.append(line(heads, "th", true));
    body.append(...rows.map((cells) => line(cells, "td", false)));
    made.append(head, body);
    view.append(made);
    return step > 1 ? [own("p", `One row in ${step} of ${total.toLocaleString("en")}, and the last.`), view] : [view];
  }

  function fill(place, id) {
    const parts = tables(id).flatMap(drawn), top = place.querySelector(".table-view")?.scrollTop ?? 0;
    place.replaceChildren(...(parts.length ? parts : [own("p", "Nothing is drawn here yet.")]));
    for (const view of place.querySelectorAll(".table-view")) view.scrollTop = top;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-numbers]"), place = button && document.getElementById(button.getAttribute("aria-controls"));
    if (!place) return;
    const id = button.dataset.numbers;
    if (open.delete(place)) place.replaceChildren();
    else {
      open.set(place, { id, seen: tracesOf(id), shown: tracesOf(id) });
      fill(place, id);
    }
    button.setAttribute("aria-expanded", String(open.has(place)));
  });

  /* It follows the chart once that has come to rest. */
  setInterval(() => {
    for (const [place, kept] of open) {
      const now = tracesOf(kept.id);
      if (!place.isConnected) open.delete(place);
      else if (now === kept.seen && now !== kept.shown) { kept.shown = now; fill(place, kept.id); }
      kept.seen = now;
    }
  }, LOOK_MS);
})();
