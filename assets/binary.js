/* Reads the frames that come while a hand moves; app/binary.py writes them and says how. */
(function () {
  "use strict";

  const MOST_SKELETONS = 100, skeletons = new Map();  // by hash: what the server need not send again

  /* Kept longer than their charts show them: requests under way may count on them. */
  function skeletonOf({ hash, skeleton }) {
    const kept = skeleton ?? skeletons.get(hash);
    skeletons.delete(hash);
    skeletons.set(hash, kept);
    if (skeletons.size > MOST_SKELETONS) skeletons.delete(skeletons.keys().next().value);
    return kept;
  }

  /* A skeleton with the arrays in their places. */
  function filled(skeleton, arrays) {
    if (Array.isArray(skeleton)) return skeleton.map((inner) => filled(inner, arrays));
    if (typeof skeleton !== "object" || skeleton === null) return skeleton;
    if ("array" in skeleton) return arrays[skeleton.array];
    return Object.fromEntries(Object.entries(skeleton).map(([key, inner]) => [key, filled(inner, arrays)]));
  }

  function decode(buffer) {
    const length = new DataView(buffer).getUint32(0, true), start = 4 + length;
    const frame = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    const kinds = { f4: Float32Array, f8: Float64Array, i4: Int32Array, u1: Uint8Array };
    const array = ({ dtype, at, shape, low, high }) => {
      const [rows, columns] = shape, data = new kinds[dtype](buffer, start + at, columns === undefined ? rows : rows * columns);
      if (columns === undefined) return data;
      const sizes = Float32Array.from(data, (level) => low + level * (high - low) / 255);
      return Array.from({ length: rows }, (_, row) => sizes.subarray(row * columns, (row + 1) * columns));
    };
    for (const parts of Object.values(frame.figures)) for (const part of Object.values(parts)) part.arrays = part.arrays.map(array);
    return frame;
  }

  const figurePart = (part) => filled(skeletonOf(part), part.arrays);

  window.gradientFlowFrames = { decode, figurePart };
})();
