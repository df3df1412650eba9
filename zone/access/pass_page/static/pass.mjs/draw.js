// The code as an SVG path: alphanumeric mode, 4-module quiet zone, level M for the short code and L for the long one.

import { correction, generate, mode } from "./lean-qr.mjs";

const QUIET = 4;
const SHORT_CHARS = 119;

export function drawCode(svg, text) {
  const level = text.length > SHORT_CHARS ? correction.L : correction.M;
  const code = generate(mode.alphaNumeric(text), { minCorrectionLevel: level, maxCorrectionLevel: level });
  const side = code.size + 2 * QUIET;
  svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
  svg.querySelector(".paper").setAttribute("d", `M0 0h${side}v${side}h${-side}z`);
  svg.querySelector(".ink").setAttribute("d", pathOf(code));
}

/** One stroke per run of dark modules in a row: few nodes, crisp at every size. */
function pathOf(code) {
  let path = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      const start = x;
      while (x < code.size && code.get(x, y)) x += 1;
      if (x > start) path += `M${start + QUIET} ${y + QUIET}.5h${x - start}`;
    }
  }
  return path;
}
