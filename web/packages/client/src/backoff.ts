/** When to dial again: full jitter over an exponentially growing span, so that a thousand clients of a
 * restarted server do not return in the same instant. Pure; time and chance are arguments. */
export interface BackoffOptions {
  /** Span of the first retry, ms. */
  firstMs: number;
  /** Upper end of the span, ms. */
  maxMs: number;
  /** A connection that stood this long (ms) counts as healthy: the next loss starts over. */
  healthyMs: number;
}

export const defaultBackoff: BackoffOptions = { firstMs: 300, maxMs: 15_000, healthyMs: 5_000 };

export class Backoff {
  #failures = 0;
  #openedAt: number | null = null;

  constructor(
    private readonly options: BackoffOptions = defaultBackoff,
    private readonly random: () => number = Math.random,
  ) {}

  /** How long to wait before the dial that comes now, ms. The first dial never waits. */
  delayMs(): number {
    if (this.#failures === 0) return 0;
    const span = Math.min(this.options.maxMs, this.options.firstMs * 2 ** (this.#failures - 1));
    return span / 2 + this.random() * (span / 2);
  }

  opened(nowMs: number): void {
    this.#openedAt = nowMs;
  }

  closed(nowMs: number): void {
    const healthy = this.#openedAt !== null && nowMs - this.#openedAt >= this.options.healthyMs;
    this.#failures = healthy ? 1 : this.#failures + 1;
    this.#openedAt = null;
  }

  /** The network is said to be back: try at once. */
  reset(): void {
    this.#failures = 0;
  }
}
