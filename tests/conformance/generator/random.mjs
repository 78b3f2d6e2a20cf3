// A seeded generator of random numbers. One seed gives one history, on every machine.

/** A 32-bit generator (mulberry32): small state, good enough to choose operations. */
export class Random {
  /** @param {number} seed any integer; its low 32 bits count */
  constructor (seed) {
    this.state = (seed ^ 0x9e3779b9) >>> 0
    for (let i = 0; i < 4; i++) this.bits()
  }

  bits () {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }

  /** An integer in [0, below). */
  int (below) {
    return below <= 1 ? 0 : this.bits() % below
  }

  /** An integer in [low, high]. */
  range (low, high) {
    return low + this.int(high - low + 1)
  }

  chance (probability) {
    return this.bits() / 4294967296 < probability
  }

  pick (list) {
    return list[this.int(list.length)]
  }

  /** Picks a key of `weights` in proportion to its value. */
  weighted (weights) {
    const keys = Object.keys(weights)
    let total = 0
    for (const key of keys) total += weights[key]
    let point = (this.bits() / 4294967296) * total
    for (const key of keys) {
      point -= weights[key]
      if (point < 0) return key
    }
    return keys[keys.length - 1]
  }
}
