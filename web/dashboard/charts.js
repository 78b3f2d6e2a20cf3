// A small line chart: the latest values of one number, with the value under the pointer.
import { h, svg } from "./dom.js";

const width = 240;
const height = 56;
const points = 120;

export class Sparkline {
  /** @param {string} label @param {(value: number) => string} format @param {number} seconds between two values */
  constructor(label, format, seconds = 1) {
    this.format = format;
    this.seconds = seconds;
    /** @type {number[]} */
    this.values = [];
    this.area = svg("path", { class: "area" });
    this.line = svg("path", { class: "line" });
    this.mark = svg("circle", { r: 3, class: "mark", visibility: "hidden" });
    this.picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
      this.area, this.line, this.mark);
    this.now = h("strong", {}, "–");
    this.peak = h("span.muted", {}, "");
    this.element = h("section.card.chart", {},
      h("header", {}, h("span.muted", {}, label), h("span.spacer"), this.peak), this.now, this.picture);
    this.picture.addEventListener("pointermove", (event) => this.point(/** @type {PointerEvent} */ (event)));
    this.picture.addEventListener("pointerleave", () => this.draw());
  }

  /** @param {number} value */
  push(value) {
    this.values.push(value);
    if (this.values.length > points) this.values.shift();
    this.draw();
  }

  /** @param {number} i */
  at(i) {
    const top = Math.max(...this.values, 1e-9);
    const x = width - (this.values.length - 1 - i) * (width / (points - 1));
    return { x, y: height - 3 - (this.values[i] ?? 0) / top * (height - 8) };
  }

  draw() {
    const latest = this.values.at(-1);
    if (latest === undefined) return;
    const path = this.values.map((_, i) => `${i === 0 ? "M" : "L"}${this.at(i).x.toFixed(1)} ${this.at(i).y.toFixed(1)}`).join("");
    this.line.setAttribute("d", path);
    this.area.setAttribute("d", `${path}L${width} ${height}L${this.at(0).x.toFixed(1)} ${height}Z`);
    this.mark.setAttribute("visibility", "hidden");
    this.now.textContent = this.format(latest);
    this.peak.textContent = `peak ${this.format(Math.max(...this.values))}`;
  }

  /** @param {PointerEvent} event */
  point(event) {
    const box = this.picture.getBoundingClientRect();
    const fromRight = (1 - (event.clientX - box.left) / box.width) * (points - 1);
    const i = Math.max(0, Math.min(this.values.length - 1, Math.round(this.values.length - 1 - fromRight)));
    if (this.values.length === 0) return;
    const { x, y } = this.at(i);
    this.mark.setAttribute("cx", String(x));
    this.mark.setAttribute("cy", String(y));
    this.mark.setAttribute("visibility", "visible");
    this.now.textContent = `${this.format(this.values[i] ?? 0)}, ${(this.values.length - 1 - i) * this.seconds} s ago`;
  }
}
