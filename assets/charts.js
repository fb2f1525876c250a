/* Draws new arrays into charts that Plotly has drawn. Its own redraw takes longer than a moving hand waits, so lines,
   marks, pictures and notes are written where they are in the chart. It knows graph, trace, key and array. Where
   another structure or another axis is due, and where a chart's inside is not what is expected, Plotly draws. */
(function () {
  "use strict";

  const HOVERED = new Set(["hovertemplate", "hoverinfo", "customdata"]);  // seen only when a pointer rests on the chart
  const DRAWN = new Set(["x", "y", "z", "x0", "dx", "y0", "dy", "zmin", "zmax", "text", "marker.opacity"]);
  const round = (pixels) => Math.round(pixels * 100) / 100;
  const isArray = (value) => ArrayBuffer.isView(value) || ArrayBuffer.isView(value?.[0]);
  const same = (one, other) => ArrayBuffer.isView(one) && one.length === other?.length && one.every((value, index) => Object.is(value, other[index]));

  /* The paths at which two figures differ; arrays and lists of another length differ as a whole. */
  function differences(before, after, path = [], found = []) {
    if (before === after) return found;
    const inside = typeof before === "object" && typeof after === "object" && before && after
      && !isArray(after) && Array.isArray(before) === Array.isArray(after) && !(Array.isArray(after) && before.length !== after.length);
    if (!inside) {
      if (!same(after, before)) found.push(path);
      return found;
    }
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) differences(before[key], after[key], [...path, key], found);
    return found;
  }

  const axisOf = (chart, name) => chart._fullLayout[name.replace(/^[xy]/, "$&axis")];

  /* The element that Plotly made for a trace; undefined where there is none, because nothing of it was to be seen. */
  const groupOf = (chart, index) =>
    [...chart.querySelectorAll(".scatterlayer > .trace, .heatmaplayer > .hm")].find((group) => group.__data__[0].trace.index === index);

  const place = (element, attributes) => { for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value); };

  function linePath(trace, xaxis, yaxis) {
    let path = "", pen = "M";
    for (let index = 0; index < trace.x.length; index++) {
      const x = xaxis.l2p(trace.x[index]), y = yaxis.l2p(trace.y[index]);
      if (Number.isFinite(x) && Number.isFinite(y)) {
        path += `${pen}${round(x)},${round(y)}`;
        pen = "L";
      } else pen = "M";  // a gap
    }
    return path || "M0,0";
  }

  function drawScatter(group, trace, xaxis, yaxis) {
    if (trace.fill) return false;
    const x = (index) => round(xaxis.l2p(trace.x[index])), y = (index) => round(yaxis.l2p(trace.y[index]));
    if (trace.mode.includes("lines")) {
      const [line, ...others] = group.querySelectorAll(".js-line");
      if (!line) throw new Error(`trace ${trace.name} has no line`);
      line.setAttribute("d", linePath(trace, xaxis, yaxis));
      for (const other of others) other.setAttribute("d", "M0,0");  // Plotly had one for each stretch between gaps
    }
    if (trace.mode.includes("markers")) {
      const points = [...group.querySelectorAll(".point")];
      if (!points.length) return false;
      while (points.length > trace.x.length) points.pop().remove();
      while (points.length < trace.x.length) points.push(points[0].parentNode.appendChild(points[0].cloneNode()));
      points.forEach((point, index) => {
        point.setAttribute("transform", `translate(${x(index)},${y(index)})`);
        if (Array.isArray(trace.marker.opacity)) point.style.opacity = trace.marker.opacity[index];
      });
    }
    if (trace.mode.includes("text")) {
      const texts = group.querySelectorAll(".textpoint > text"), written = [...trace.text.keys()].filter((index) => trace.text[index]);
      if (texts.length !== written.length) return false;
      written.forEach((index, which) => place(texts[which], { x: x(index), y: y(index) }));
    }
    return true;
  }

  const canvas = document.createElement("canvas"), pens = {};

  /* 256 colors from the first to the last of a color scale, as pixels. */
  function palette(colorscale) {
    return pens[colorscale] ??= (() => {
      const pen = Object.assign(document.createElement("canvas"), { width: 256, height: 1 }).getContext("2d");
      const ramp = pen.createLinearGradient(0, 0, 256, 0);
      for (const [stop, color] of colorscale) ramp.addColorStop(stop, color);
      pen.fillStyle = ramp;
      pen.fillRect(0, 0, 256, 1);
      return new Uint32Array(pen.getImageData(0, 0, 256, 1).data.buffer);
    })();
  }

  /* The columns of an image and where it begins and ends: one for each value of a row, or, where values stand at places
     `x` of unlike distances, one for each pixel, with the value whose place is nearest, as in Plotly's own drawing. */
  function columnsOf({ x, x0, dx, z }, xaxis) {
    const count = z[0].length;
    if (!x) return { left: xaxis.l2p(x0 - dx / 2), right: xaxis.l2p(x0 + (count - 0.5) * dx), from: Uint16Array.from({ length: count }, (_, index) => index) };
    const middles = Array.from(x.slice(1), (place, index) => (place + x[index]) / 2), last = count - 1;
    const ends = count > 1 ? [2 * x[0] - middles[0], 2 * x[last] - middles.at(-1)] : [x[0] - 0.5, x[0] + 0.5];
    const [left, right] = ends.map((end) => xaxis.l2p(end)), from = new Uint16Array(Math.max(Math.round(right - left), 0));
    const edges = middles.map((middle) => Math.round(xaxis.l2p(middle) - left));
    for (let pixel = 0, index = 0; pixel < from.length; pixel++) {
      while (index < last && edges[index] <= pixel) index++;
      from[pixel] = index;
    }
    return { left, right, from };
  }

  function drawHeatmap(group, trace, xaxis, yaxis) {
    const image = group.querySelector("image"), rows = trace.z.length, { left, right, from } = columnsOf(trace, xaxis), columns = from.length;
    const colors = palette(trace.colorscale), scale = 255.99 / (trace.zmax - trace.zmin);
    const first = yaxis.l2p(trace.y0 - trace.dy / 2), last = yaxis.l2p(trace.y0 + (rows - 0.5) * trace.dy);
    if (!(left < right && last < first)) return false;
    Object.assign(canvas, { width: columns, height: rows });
    const pen = canvas.getContext("2d"), pixels = pen.createImageData(columns, rows), words = new Uint32Array(pixels.data.buffer);
    for (let row = 0; row < rows; row++) {
      const values = trace.z[row], start = (rows - 1 - row) * columns;
      for (let column = 0; column < columns; column++) {
        const value = values[from[column]];  // what is no number is clear
        words[start + column] = Number.isFinite(value) ? colors[Math.min(255, Math.max(0, ((value - trace.zmin) * scale) | 0))] : 0;
      }
    }
    pen.putImageData(pixels, 0, 0);
    place(image, { x: round(left), y: round(last), width: round(right - left), height: round(first - last) });
    image.setAttributeNS("http://www.w3.org/1999/xlink", "xlink:href", canvas.toDataURL());
    return true;
  }

  /* Of such a trace Plotly makes nothing that could be drawn into. */
  const isEmpty = ({ x, z }) => z ? !z.some((row) => row.some(Number.isFinite)) : x.length === 0;

  function drawTrace(chart, trace, index) {
    const group = groupOf(chart, index);
    if (!group || trace.z && !group.querySelector("image")) return isEmpty(trace);
    const full = chart._fullData[index], xaxis = axisOf(chart, full.xaxis), yaxis = axisOf(chart, full.yaxis);
    if (xaxis.type !== "linear" || yaxis.type !== "linear") return false;
    return (trace.type === "heatmap" ? drawHeatmap : drawScatter)(group, trace, xaxis, yaxis);
  }

  function moveNote(chart, note, index) {
    const drawn = chart.layout.annotations[index];
    const [x, y] = ["x", "y"].map((letter) => {
      const axis = note[`${letter}ref`] || letter;
      return axis === "paper" ? 0 : axisOf(chart, axis).l2p(note[letter]) - axisOf(chart, axis).l2p(drawn[letter]);
    });
    chart.querySelector(`.annotation[data-index="${index}"]`).setAttribute("transform", `translate(${round(x)},${round(y)})`);
  }

  /* Draws what differs between the figure on the screen and this one; false where Plotly has to. */
  function drawDirectly(chart, before, after) {
    const traces = new Set(), notes = new Set();
    for (const [part, place, key, inner] of differences(before, after)) {
      if (part === "data" && HOVERED.has(key)) continue;
      if (part === "data" && (DRAWN.has(key) || DRAWN.has(`${key}.${inner}`))) traces.add(place);
      else if (part === "layout" && place === "annotations" && (inner === "x" || inner === "y")) notes.add(key);
      else return false;
    }
    for (const index of notes) moveNote(chart, after.layout.annotations[index], index);
    return [...traces].every((index) => drawTrace(chart, after.data[index], Number(index)));
  }

  let said = false;

  function draw(chart, before, after) {
    try {
      if (drawDirectly(chart, before, after)) return;
    } catch (error) {
      if (!said) console.info(`A chart is not as expected (${error.message}): Plotly redraws it.`);
      said = true;
    }
    window.Plotly.react(chart, after.data, { ...structuredClone(after.layout), autosize: true });
  }

  /* While a control is held no axis shrinks or moves: the eye compares. One that has to grow grows by a half, so that
     it does so seldom. Its ticks stay with it, unless they have texts of their own, and grow with it at their distance. */
  function hold(before, fresh) {
    for (const name of ["xaxis", "yaxis"]) {
      const [held, axis] = [before[name], fresh[name]], [low, high] = axis.range;
      const missing = [Math.max(held.range[0] - low, 0), Math.max(high - held.range[1], 0)], most = missing[0] + missing[1];
      const leap = most && (held.range[1] - held.range[0]) / 2 / most;
      axis.range = [Math.min(low, held.range[0]) - leap * missing[0], Math.max(high, held.range[1]) + leap * missing[1]];
      if (!axis.ticktext && !held.ticktext) {
        if (!most) for (const key of ["tickvals", "tick0", "dtick"]) { if (key in held) axis[key] = held[key]; }
        else if (axis.tickvals?.length > 3) axis.tickvals = further(axis.tickvals, axis.range[1]);
      }
      for (const shape of fresh.shapes ?? []) {  // what reached the axis' end still does
        for (const end of [0, 1]) {
          const key = name[0] + end, place = [low, high].indexOf(shape[key]);
          if (place >= 0 && shape[`${name[0]}ref`] !== "paper") shape[key] = axis.range[place];
        }
      }
    }
  }

  function further(ticks, end) {
    const step = ticks[2] - ticks[1], longer = ticks.slice(0, -1);
    while (longer.at(-1) + step <= end) longer.push(longer.at(-1) + step);
    return longer;
  }

  window.gradientFlowCharts = { draw, hold };
})();
