/** A store that a component can subscribe to: an immutable value and a change signal. */
export class Observable<T extends object> {
  #value: Readonly<T>;
  readonly #listeners = new Set<() => void>();

  constructor(initial: T) {
    this.#value = Object.freeze({ ...initial });
  }

  get value(): Readonly<T> {
    return this.#value;
  }

  /** Listeners hear nothing when nothing changed. */
  update(change: Partial<T>): void {
    const keys = Object.keys(change) as (keyof T)[];
    if (keys.every((key) => Object.is(this.#value[key], change[key]))) return;
    this.#value = Object.freeze({ ...this.#value, ...change });
    for (const listener of [...this.#listeners]) listener();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
