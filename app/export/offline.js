/* Draws an offline file: a slider's position chooses a frame, and the frame says everything, numbers, axes and words.
   It knows marks, text and tables, and nothing of networks. The format: app/export/film.py, components/drawing.py. */
(async function () {
  "use strict";

  const SETTLED_MS = 400, NONE = 65535;
  const DASHES = { dash: "9 9", dot: "3 3", dashdot: "9 3 3 3", longdashdot: "15 6 3 6" };
  const element = (id) => document.getElementById(id);
  if (!window.DecompressionStream) return void (element("trouble").hidden = false);
  const packed = Uint8Array.from(atob(element("film").textContent), (letter) => letter.charCodeAt(0));
  const buffer = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  const view = new DataView(buffer), length = view.getUint32(0, true);
  const { sliders, frames } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const inputs = sliders.map(({ name }) => document.querySelector(`input[name="${name}"]`));
  const held = {};  // the charts as they are drawn
  let timer = 0, announced = null;

  /* The values of [at, shape, low, step]; NaN for none. */
  function valuesOf([at, shape, low, step]) {
    return Float64Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, index) => {
      const whole = view.getUint16(4 + length + 2 * (at + index), true);
      return whole === NONE ? NaN : low + step * whole;
    });
  }

  const draw = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  function add(parent, tag, attributes = {}, style = {}) {
    const made = draw(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    Object.assign(made.style, style);
    parent.append(made);
    return made;
  }

  /* Text with <br> and <sup>, from this place on. */
  function write(svg, text, x, y, anchor, size, color) {
    const made = add(svg, "text", { "text-anchor": anchor }, { fill: color, fontSize: `${size}px` });
    text.split("<br>").forEach((line, row) => {
      line.split(/<\/?sup>/).forEach((part, index) => {
        const place = index ? { dy: index % 2 ? -0.4 * size : 0.4 * size } : { x, y: y + row * 1.25 * size };
        add(made, "tspan", place, { fontSize: `${index % 2 ? 0.75 * size : size}px` }).textContent = part;
      });
    });
  }

  /* Where a chart's values stand in its element, in pixels. */
  function scales(drawing, { clientWidth, clientHeight }) {
    const [top, right, bottom, left] = drawing.margin, width = clientWidth - left - right, height = clientHeight - top - bottom;
    const along = ([low, high], value) => (value - low) / (high - low);
    return {
      left, top, width, height,
      x: (value) => left + width * along(drawing.x.range, value),
      y: (value) => top + height * (1 - along(drawing.y.range, value)),
    };
  }

  function drawAxes(svg, drawing, { x, y, left, top, width, height }) {
    const [low, high] = drawing.y.range;
    for (const [value, text] of drawing.y.ticks.filter(([tick]) => tick >= low && tick <= high)) {
      add(svg, "path", { d: `M${left} ${y(value)}h${width}` }, { stroke: "var(--hairline)" });
      write(svg, text, left - 6, y(value) + 4, "end", 12, "var(--mute)");
    }
    for (const [value, text] of drawing.x.ticks) write(svg, text, x(value), top + height + 15, "middle", 12, "var(--mute)");
    write(svg, drawing.x.title, left + width / 2, top + height + 32, "middle", 12, "var(--mute)");
  }

  /* A dot where there is no neighbor to draw a line to. */
  function drawLine(svg, mark, { x, y }) {
    const across = valuesOf(mark.x), up = valuesOf(mark.y);
    let path = "";
    up.forEach((value, index) => {
      if (Number.isNaN(value)) return;
      const starts = !(index && up[index - 1] === up[index - 1]), ends = !(up[index + 1] === up[index + 1]);
      path += `${starts ? "M" : "L"}${x(across[index]).toFixed(2)} ${y(value).toFixed(2)}`;
      if (starts && ends) add(svg, "circle", { cx: x(across[index]), cy: y(value), r: 3 }, { fill: mark.color });
    });
    add(svg, "path", { d: path, class: "line" }, { fill: "none", stroke: mark.color, strokeWidth: mark.width, strokeDasharray: DASHES[mark.dash] ?? "none" });
  }

  function drawCrosses(svg, mark, { x, y }) {
    const arm = mark.size / 2, opacity = mark.opacity && valuesOf(mark.opacity);
    const cross = (value) => `M${x(value) - arm} ${y(mark.y) - arm}l${2 * arm} ${2 * arm}m${-2 * arm} 0l${2 * arm} ${-2 * arm}`;
    const style = { fill: "none", stroke: mark.color, strokeWidth: 1.6 }, places = valuesOf(mark.x);
    if (opacity) places.forEach((value, index) => add(svg, "path", { d: cross(value), class: "zero" }, { ...style, opacity: opacity[index] }));
    else add(svg, "path", { d: Array.from(places, cross).join(""), class: "zero" }, style);
  }

  /* A picture: a cell is as dark as its value, by steps between the stops. */
  function drawCells(chart, mark, { x, y, left, top, width, height }) {
    const [rows, columns] = mark.z[1], values = valuesOf(mark.z), make = (tag, as) => Object.assign(document.createElement(tag), as);
    const frame = make("div", { className: "cells" }), canvas = make("canvas", { width: columns, height: rows });
    const ink = getComputedStyle(chart).color.match(/\d+/g).map(Number), stops = mark.opacities;
    const opacity = (share) => {
      const next = Math.max(stops.findIndex(([stop]) => stop >= share), 1), [low, pale] = stops[next - 1], [high, dark] = stops[next];
      return pale + (dark - pale) * (share - low) / (high - low);
    };
    const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
    values.forEach((value, index) => {
      const row = rows - 1 - Math.floor(index / columns);  // pictures begin at the top
      image.data.set([ink[0], ink[1], ink[2], 255 * opacity(Math.min(value / mark.most, 1))], 4 * (row * columns + index % columns));
    });
    context.putImageData(image, 0, 0);
    const right = x(columns + 0.5), bottom = y(mark.low - mark.step / 2), box = { left: x(0.5) - left, top: y(mark.low + mark.step * (rows - 0.5)) - top };
    place(frame, { left, top, width, height });
    place(canvas, { ...box, width: right - left - box.left, height: bottom - top - box.top });
    chart.appendChild(frame).append(canvas);
  }
  const place = (part, box) => Object.assign(part.style, Object.fromEntries(Object.entries(box).map(([name, pixels]) => [name, `${pixels}px`])));

  function drawText(svg, mark, { x, y, left, width }) {
    const at = mark.across ? left + width * mark.x : x(mark.x), rows = mark.text.split("<br>").length, tall = 1.25 * mark.size;
    const first = { top: 1, middle: 0.8 - rows / 2, bottom: 0.7 - rows }[mark.hangs ?? "middle"] * tall - 0.1 * tall;
    const anchor = { left: "start", right: "end" }[mark.anchor] ?? "middle";
    write(svg, mark.text, at + mark.shift[0], y(mark.y) - mark.shift[1] + first, anchor, mark.size, mark.color);
  }

  /* While a hand moves an axis only widens, so that the eye compares; what reached its end still does. */
  function widened(held, fresh) {
    const axes = Object.fromEntries(["x", "y"].map((name) => {
      const [low, high] = fresh[name].range, [least, most] = held[name].range, range = [Math.min(low, least), Math.max(high, most)];
      const apart = ([tick]) => Math.min(...fresh[name].ticks.map(([other]) => Math.abs(other - tick))) > 0.06 * (range[1] - range[0]);
      const more = held[name].ticks.filter((tick) => !(tick[0] >= low && tick[0] <= high) && tick[1] !== "0" && apart(tick));
      return [name, { ...fresh[name], range, ticks: [...fresh[name].ticks, ...more] }];
    }));
    const ends = (value) => axes.y.range[fresh.y.range.indexOf(value)] ?? value;
    return { ...fresh, ...axes, marks: fresh.marks.map((mark) => mark.kind === "band" ? { ...mark, y: mark.y.map(ends) } : mark) };
  }

  function drawChart(name, drawing) {
    const chart = element(`chart-${name}`), svg = draw("svg");
    held[name] = drawing;
    if (!chart.clientWidth) return;  // not on the screen
    const scale = scales(drawing, chart);
    const across = (mark, style) => {
      const [from, to] = mark.y.map(scale.y);
      add(svg, "rect", { x: scale.left, y: Math.min(from, to), width: scale.width, height: Math.abs(to - from) }, style);
    };
    chart.replaceChildren(svg);
    svg.setAttribute("aria-hidden", "true");
    drawAxes(svg, drawing, scale);
    for (const mark of drawing.marks) {
      if (mark.kind === "line") drawLine(svg, mark, scale);
      else if (mark.kind === "crosses") drawCrosses(svg, mark, scale);
      else if (mark.kind === "cells") drawCells(chart, mark, scale);
      else if (mark.kind === "text") drawText(svg, mark, scale);
      else across(mark, mark.kind === "band" ? { fill: mark.color } : { stroke: mark.color, strokeDasharray: "2 3" });
    }
  }

  /* As many digits as the file holds. */
  function said(value, step, logarithm) {
    if (Number.isNaN(value)) return "0 exactly";
    if (!logarithm) return `${(100 * value).toFixed(1)} %`;
    const places = Math.min(Math.max(Math.floor(-Math.log10(step)), 0), 3);
    return `10<sup>${value.toFixed(places).replace("-", "−")}</sup>`;
  }

  function fillTable(details, table) {
    const heads = Object.keys(table), columns = heads.map((head) => Array.from(valuesOf(table[head]), (value) => said(value, table[head][3], head.startsWith("log10"))));
    const top = heads.map((head) => `<th scope="col">${head.replace("log10 ", "")}</th>`).join("");
    const rows = columns[0].map((_, row) => `<tr><th scope="row">${row + 1}</th>${columns.map((column) => `<td>${column[row]}</td>`).join("")}</tr>`);
    details.querySelector(".table").innerHTML = `<table><thead><tr><th scope="col">layer</th>${top}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
  }

  const frameNow = () => frames[inputs.reduce((index, input, which) => index * sliders[which].values.length + Number(input.value), 0)];

  function show() {
    const frame = frameNow();
    inputs.forEach((input, which) => {
      const text = sliders[which].values[input.value];
      input.setAttribute("aria-valuetext", text);
      input.parentElement.querySelector("output").textContent = text;
    });
    for (const [id, words] of Object.entries(frame.words)) if (id !== "announce") element(id).innerHTML = words;
    for (const [name, drawing] of Object.entries(frame.charts)) drawChart(name, held[name] ? widened(held[name], drawing) : drawing);
    element("query").textContent = `/${frame.query && "?"}${frame.query}`;
    clearTimeout(timer);
    timer = setTimeout(settle, SETTLED_MS);
  }

  /* Once the hand rests: one sentence for those who do not see it, the exact axes, the tables that are open. */
  function settle() {
    const frame = frameNow();
    if (announced !== null && announced !== frame.query) element("announce").innerHTML = frame.words.announce;
    announced = frame.query;
    for (const [name, drawing] of Object.entries(frame.charts)) {
      drawChart(name, drawing);
      if (element(`table-${name}`).open) fillTable(element(`table-${name}`), drawing.table);
    }
    document.documentElement.dataset.settled = frame.query;
    window.parent.postMessage({ type: "gradient-flow-lab:height", height: Math.ceil(document.documentElement.getBoundingClientRect().height) }, "*");
  }

  for (const input of inputs) input.addEventListener("input", show);
  for (const details of document.querySelectorAll("details")) details.addEventListener("toggle", settle);
  for (const change of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) matchMedia(change).addEventListener("change", show);
  window.addEventListener("resize", show);
  for (const [event, width] of [["beforeprint", "640px"], ["afterprint", ""]]) window.addEventListener(event, () => { document.querySelector("main").style.width = width; show(); });
  show();
})();
