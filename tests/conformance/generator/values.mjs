// Random contents, and the plain form in which results are compared.
import * as encoding from 'lib0/encoding'

const words = ['a', 'b', 'ab', 'xyz', 'hello ', 'Straße', '😀', '👩‍👧', 'é', '漢字', '\n', '\u0000', '𝒳y', 'the quick brown fox ']

/** Text without lone surrogates, empty now and then when `empty` is set. */
export const randomText = (rng, empty = false) => {
  if (empty && rng.chance(0.1)) return ''
  let text = ''
  for (let n = rng.range(1, rng.chance(0.1) ? 12 : 3); n > 0; n--) text += rng.pick(words)
  return text
}

const numbers = [0, -0, 1, -1, 63, 64, -64, 127, 128, 300, 2147483647, -2147483647, 2147483648, -2147483648, 4294967296,
  9007199254740991, -9007199254740991, 0.5, 0.1, -1.5, 1e21, 1e-7, 1e300, 5e-324, 1.7976931348623157e308, 123456.789]
const oddNumbers = [NaN, Infinity, -Infinity]

const keys = ['a', 'b', 'key', 'K', 'ключ', '😀', '', 'bold', '0', '10', '2', 'x-y']

/** A value that JSON can carry, possibly with a loss (-0). */
export const randomJson = (rng, depth = 2) => {
  switch (rng.int(depth > 0 ? 9 : 6)) {
    case 0: return null
    case 1: return rng.chance(0.5)
    case 2: return rng.pick(numbers)
    case 3: return rng.int(100)
    case 4: case 5: return randomText(rng, true)
    case 6: return Array.from({ length: rng.int(4) }, () => randomJson(rng, depth - 1))
    default: return randomObject(rng, depth, randomJson)
  }
}

const randomObject = (rng, depth, value) => {
  const object = {}
  for (let n = rng.int(4); n > 0; n--) object[rng.pick(keys)] = value(rng, depth - 1)
  return object
}

/** Every form of an `any` value, nested ones included. */
export const randomAny = (rng, depth = 2) => {
  switch (rng.int(depth > 0 ? 12 : 8)) {
    case 0: return undefined
    case 1: return BigInt.asIntN(64, BigInt(rng.pick(numbers.filter(Number.isInteger))))
    case 2: return BigInt.asIntN(64, (BigInt(rng.bits()) << 32n) | BigInt(rng.bits()))
    case 3: return randomBytes(rng)
    case 4: return rng.pick(oddNumbers)
    case 5: case 6: case 7: return randomJson(rng, 0)
    case 8: case 9: return Array.from({ length: rng.int(4) }, () => randomAny(rng, depth - 1))
    default: return randomObject(rng, depth, randomAny)
  }
}

/** An element that a list takes: undefined, bigint and bytes only below the top. */
export const randomListValue = rng => {
  if (rng.chance(0.5)) return rng.int(100)
  for (;;) {
    const value = randomAny(rng)
    if (value !== undefined && typeof value !== 'bigint' && !(value instanceof Uint8Array)) return value
  }
}

export const randomBytes = rng => Uint8Array.from({ length: rng.int(6) }, () => rng.int(256))

export const randomKey = rng => rng.pick(keys)

/** Attributes of a text range; null takes one away. */
export const randomAttributes = rng => {
  const attributes = {}
  for (let n = rng.range(1, 2); n > 0; n--) {
    const name = rng.pick(['bold', 'italic', 'link', 'color', '7', 'n'])
    attributes[name] = rng.chance(0.3) ? null : rng.weighted({ plain: 5, object: 1, json: 1 }) === 'plain'
      ? rng.pick([true, 'red', 'blue', 1])
      : rng.chance(0.6) ? { href: rng.pick(['x', 'y']), n: rng.int(2) } : randomJson(rng)
  }
  return attributes
}

const compareBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** `type` as its root name or the id of its item. */
export const typeReference = (Y, type) => type._item === null
  ? { root: Y.findRootTypeKey(type) }
  : { client: type._item.id.client, clock: type._item.id.clock }

/**
 * The form in which results are compared: types and subdocuments by reference, object keys sorted by their UTF-8 bytes
 * (neither Yjs nor ycpp promises an order for them).
 */
export const plain = (Y, value) => {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value
  if (value instanceof Y.Doc) return { $doc: value.guid }
  if (value instanceof Y.AbstractType) return { $type: value.constructor.name.replace(/^_?Y/, ''), ref: typeReference(Y, value) }
  if (Array.isArray(value)) return value.map(v => plain(Y, v))
  if (value instanceof Map) value = Object.fromEntries(value)
  const sorted = {}
  for (const key of Object.keys(value).sort(compareBytes)) {
    // A numeric key would move to the front of a JavaScript object: the apostrophe keeps it where it belongs.
    sorted["'" + key] = plain(Y, value[key])
  }
  return sorted
}

/** A delete set as [client, clock, length], clients ascending. */
export const plainDeleteSet = set => {
  const ranges = []
  for (const [client, items] of [...set.clients].sort((a, b) => a[0] - b[0])) {
    for (const { clock, len } of items) ranges.push([client, clock, len])
  }
  return ranges
}

/** `value` as bytes of lib0's `any` encoding. */
export const anyBytes = value => {
  const encoder = encoding.createEncoder()
  encoding.writeAny(encoder, value)
  return encoding.toUint8Array(encoder)
}
