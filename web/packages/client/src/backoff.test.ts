import { describe, expect, it } from "vitest";
import { Backoff } from "./backoff.js";

const options = { firstMs: 100, maxMs: 1_000, healthyMs: 5_000 };

describe("the delay before a dial", () => {
  it("grows with each failure and stays within half and whole of its span", () => {
    for (const chance of [0, 0.999]) {
      const backoff = new Backoff(options, () => chance);
      const delays: number[] = [];
      for (let i = 0; i < 7; ++i) {
        delays.push(Math.round(backoff.delayMs()));
        backoff.closed(0);
      }
      expect(delays).toEqual(chance === 0 ? [0, 50, 100, 200, 400, 500, 500] : [0, 100, 200, 400, 800, 1000, 1000]);
    }
  });

  it("does not start over for a connection that dies at once", () => {
    const backoff = new Backoff(options, () => 0);
    for (let i = 0; i < 4; ++i) {
      backoff.opened(i * 10);
      backoff.closed(i * 10 + 5);
    }
    expect(backoff.delayMs()).toBe(400);
  });

  it("starts over after a healthy connection, and at once when the network returns", () => {
    const backoff = new Backoff(options, () => 0);
    for (let i = 0; i < 4; ++i) backoff.closed(0);
    backoff.opened(0);
    backoff.closed(6_000);
    expect(backoff.delayMs()).toBe(50);
    backoff.reset();
    expect(backoff.delayMs()).toBe(0);
  });
});
