// Local edits: chosen at random, written down as plain data, and then made on a Yjs document from that data alone, so that
// whoever replays the data makes the same edit.
//
// A type is named by its root name or by the id of its item. Contents are one of
//   { v: any }  { b: bytes }  { d: { guid, gc, autoLoad, shouldLoad, meta } }
//   { t: kind, name, items: [content], entries: [[key, content]], text, delta }
import { randomAny, randomAttributes, randomBytes, randomJson, randomKey, randomListValue, randomText, typeReference } from './values.mjs'

export const typeByReference = (Y, doc, ref) => ref.root !== undefined
  ? doc.share.get(ref.root)
  : Y.getItem(doc.store, Y.createID(ref.client, ref.clock)).content.type

const kindOf = type => type.constructor.name.replace(/^_?Y/, '')

const childrenOf = (Y, type) => {
  const found = []
  for (let item = type._start; item !== null; item = item.right) {
    if (!item.deleted && item.content.type !== undefined) found.push(item.content.type)
  }
  type._map.forEach(item => {
    if (!item.deleted && item.content.type !== undefined) found.push(item.content.type)
  })
  return found
}

/** Every live type of the document, roots first. */
export const liveTypes = (Y, doc) => {
  const found = [...doc.share.values()].filter(type => type.constructor !== Y.AbstractType)
  for (let i = 0; i < found.length; i++) found.push(...childrenOf(Y, found[i]))
  return found
}

// ---- contents -------------------------------------------------------------------------------------------------------

const xmlNames = ['p', 'DIV', 'span', 'h1', 'Ü']

const randomType = (rng, depth, kinds) => {
  const kind = rng.pick(kinds ?? ['Array', 'Map', 'Text', 'XmlElement', 'XmlFragment', 'XmlText', 'XmlHook'])
  const content = { t: kind }
  const filled = depth > 0 && rng.chance(0.6)
  if (kind === 'XmlElement' || kind === 'XmlHook') content.name = rng.pick(xmlNames)
  if (!filled) return content
  if (kind === 'Array') content.items = randomList(rng, depth - 1)
  if (kind === 'XmlElement' || kind === 'XmlFragment') content.items = randomXmlList(rng, depth - 1)
  if (kind === 'Map' || kind === 'XmlElement' || kind === 'XmlHook') content.entries = randomEntries(rng, depth - 1)
  if (kind === 'Text' || kind === 'XmlText') {
    if (rng.chance(0.5)) content.text = randomText(rng)
    else content.delta = randomDelta(rng, 0)
  }
  return content
}

const randomSubdocument = rng => ({
  d: {
    guid: 'doc-' + rng.int(5),
    gc: rng.chance(0.8),
    autoLoad: rng.chance(0.3),
    shouldLoad: rng.chance(0.6),
    meta: rng.chance(0.3) ? randomJson(rng) : null
  }
})

const randomListContent = (rng, depth, subdocuments) => {
  const which = rng.weighted({ value: 7, bytes: 1, type: depth > 0 ? 2 : 0, doc: subdocuments ? 1 : 0 })
  if (which === 'bytes') return { b: randomBytes(rng) }
  if (which === 'type') return randomType(rng, depth)
  return which === 'doc' ? randomSubdocument(rng) : { v: randomListValue(rng) }
}

const randomMapContent = (rng, depth, subdocuments) => {
  const which = rng.weighted({ value: 6, bytes: 1, type: depth > 0 ? 2 : 0, doc: subdocuments ? 1 : 0 })
  if (which === 'bytes') return { b: randomBytes(rng) }
  if (which === 'type') return randomType(rng, depth)
  if (which === 'doc') return randomSubdocument(rng)
  const value = randomAny(rng)
  return value instanceof Uint8Array ? { b: value } : { v: value }
}

const randomList = (rng, depth) => Array.from({ length: rng.range(1, 3) }, () => randomListContent(rng, depth, false))

const randomXmlList = (rng, depth) => Array.from({ length: rng.range(1, 2) },
  () => randomType(rng, depth, ['XmlElement', 'XmlElement', 'XmlText', 'XmlText', 'XmlHook']))

const randomEntries = (rng, depth) => {
  const entries = new Map()
  for (let n = rng.range(1, 3); n > 0; n--) entries.set(randomKey(rng), randomMapContent(rng, depth, false))
  return [...entries]
}

const randomDelta = (rng, length) => {
  const delta = []
  const withAttributes = op => {
    if (rng.chance(0.4)) op.attributes = Object.entries(randomAttributes(rng))
    return op
  }
  for (let n = rng.range(1, 4); n > 0; n--) {
    const which = rng.weighted({ insert: 4, embed: 0.5, retain: length > 0 ? 3 : 0, delete: length > 0 ? 2 : 0 })
    if (which === 'insert') delta.push(withAttributes({ insert: { v: randomText(rng) } }))
    else if (which === 'embed') delta.push(withAttributes({ insert: { v: randomEmbed(rng) } }))
    else {
      const count = rng.range(1, Math.min(length, 8))
      length -= count
      delta.push(which === 'retain' ? withAttributes({ retain: count }) : { delete: count })
    }
  }
  return delta
}

const randomEmbed = rng => rng.chance(0.7) ? { image: 'x' + rng.int(9) } : { n: randomJson(rng) }

/** The Yjs value that a content describes. */
export const makeContent = (Y, content) => {
  if (content.t !== undefined) return makeType(Y, content)
  if (content.b !== undefined) return content.b
  if (content.d !== undefined) return new Y.Doc({ ...content.d })
  return content.v
}

const makeType = (Y, content) => {
  const type = new Y[content.t](...(content.name === undefined ? [] : [content.name]))
  if (content.items !== undefined) type.insert(0, content.items.map(c => makeContent(Y, c)))
  for (const [key, value] of content.entries ?? []) {
    if (content.t === 'XmlElement') type.setAttribute(key, makeContent(Y, value))
    else type.set(key, makeContent(Y, value))
  }
  if (content.text !== undefined) type.insert(0, content.text)
  if (content.delta !== undefined) type.applyDelta(makeDelta(Y, content.delta))
  return type
}

const makeDelta = (Y, delta) => delta.map(op => {
  const made = { ...op }
  if (op.insert !== undefined) made.insert = makeContent(Y, op.insert)
  if (op.attributes !== undefined) made.attributes = Object.fromEntries(op.attributes)
  return made
})

// ---- operations -----------------------------------------------------------------------------------------------------

const textOperation = (rng, type, options) => {
  const length = type.length
  const attributes = rich => rich && rng.chance(0.6) ? { attributes: Object.entries(randomAttributes(rng)) } : {}
  const rich = options.rich
  switch (rng.weighted({ insert: 5, delete: length > 0 ? 3 : 0, format: rich && length > 0 ? 3 : 0, embed: rich ? 1 : 0, delta: rich ? 2 : 0.3, attribute: 0.3 })) {
    case 'insert': {
      // Mostly where somebody types: at one place, so that blocks grow.
      const at = rng.chance(0.4) ? length : rng.int(length + 1)
      return { op: 'insert', at, text: randomText(rng), ...attributes(rich) }
    }
    case 'delete': {
      const at = rng.int(length)
      return { op: 'delete', at, length: rng.range(1, Math.min(length - at, rng.chance(0.2) ? 40 : 5)) }
    }
    case 'format': {
      const at = rng.int(length)
      const beyond = rng.chance(0.03) ? 2 : 0
      return { op: 'format', at, length: rng.range(1, Math.min(length - at, 10)) + beyond, attributes: Object.entries(randomAttributes(rng)) }
    }
    case 'embed':
      return { op: 'embed', at: rng.int(length + 1), content: rng.chance(0.3) ? randomType(rng, 1) : { v: randomEmbed(rng) }, ...attributes(true) }
    case 'delta': {
      const delta = randomDelta(rng, length)
      if (!rich) for (const op of delta) delete op.attributes
      return { op: 'delta', delta, sanitize: rng.chance(0.8) }
    }
    default:
      return attributeOperation(rng, type)
  }
}

const attributeOperation = (rng, type) => {
  const present = [...type._map.keys()]
  if (present.length > 0 && rng.chance(0.3)) return { op: 'remove_attribute', key: rng.pick(present) }
  return { op: 'set_attribute', key: rng.pick(['class', 'id', 'data-x', 'level']), value: rng.chance(0.7) ? { v: randomText(rng) } : { v: randomJson(rng) } }
}

const listOperation = (rng, type, options) => {
  const length = type.length
  if (length > 0 && rng.chance(0.35)) {
    const at = rng.int(length)
    return { op: 'delete', at, length: rng.range(1, Math.min(length - at, 4)) }
  }
  const items = Array.from({ length: rng.range(1, 3) }, () => randomListContent(rng, options.depth, options.subdocuments))
  return rng.chance(0.15) ? { op: 'push', items } : { op: 'insert', at: rng.int(length + 1), items }
}

const mapOperation = (rng, type, options) => {
  const present = [...type._map.keys()]
  switch (rng.weighted({ set: 6, delete: present.length > 0 ? 2 : 0, clear: 0.2 })) {
    case 'set': return { op: 'set', key: randomKey(rng), value: randomMapContent(rng, options.depth, options.subdocuments) }
    case 'delete': return { op: 'delete_key', key: rng.pick(present) }
    default: return { op: 'clear' }
  }
}

const xmlOperation = (Y, rng, type) => {
  const length = type.length
  if (kindOf(type) === 'XmlElement' && rng.chance(0.4)) return attributeOperation(rng, type)
  if (length > 0 && rng.chance(0.3)) return { op: 'delete', at: rng.int(length), length: 1 }
  const items = randomXmlList(rng, 1)
  const child = type.firstChild
  if (child !== null && rng.chance(0.2)) return { op: 'insert_after', after: typeReference(Y, child), items }
  return { op: 'insert', at: rng.int(length + 1), items }
}

/** An operation on `type`, as plain data. */
export const randomOperation = (Y, rng, type, options) => {
  const kind = kindOf(type)
  const on = { on: typeReference(Y, type) }
  if (kind === 'Text' || kind === 'XmlText') return { ...on, ...textOperation(rng, type, options) }
  if (kind === 'Array') return { ...on, ...listOperation(rng, type, options) }
  if (kind === 'Map' || kind === 'XmlHook') return { ...on, ...mapOperation(rng, type, options) }
  return { ...on, ...xmlOperation(Y, rng, type) }
}

// ---- copies ---------------------------------------------------------------------------------------------------------

const isPlain = (Y, value) => !(value instanceof Y.AbstractType) && !(value instanceof Y.Doc)
const isListValue = value => value !== undefined && typeof value !== 'bigint'

/**
 * How many types a copy of `type` has, or infinity where Yjs's clone() makes no copy: types in a text, in attributes and in
 * a hook, and subdocuments, are put in two places; undefined and bigint in a list are refused.
 */
const copySize = (Y, type) => {
  const values = map => [...map._map.values()].filter(item => !item.deleted).map(item => item.content.getContent()[item.length - 1])
  const sizeOf = value => value instanceof Y.AbstractType ? copySize(Y, value) : value instanceof Y.Doc ? Infinity : 0
  const sum = (list, one) => list.reduce((total, value) => total + one(value), 0)
  const onlyPlain = list => list.every(value => isPlain(Y, value)) ? 0 : Infinity
  switch (kindOf(type)) {
    case 'Text': case 'XmlText': return 1 + onlyPlain(type.toDelta().map(op => op.insert))
    case 'Map': return 1 + sum(values(type), sizeOf)
    case 'XmlHook': return 1 + onlyPlain(values(type))
    case 'XmlElement': return 1 + onlyPlain(values(type)) + sum(type.toArray(), sizeOf)
    default: return 1 + sum(type.toArray(), value => isListValue(value) ? sizeOf(value) : Infinity)
  }
}

/** An operation that puts a copy of some type of the document into another, or null. */
export const randomCopy = (Y, rng, types) => {
  const source = rng.pick(types)
  if (copySize(Y, source) > 12) return null
  const isXml = ['XmlElement', 'XmlText', 'XmlHook'].includes(kindOf(source))
  const target = rng.pick(types.filter(type => isXml || !['XmlElement', 'XmlFragment', 'Text', 'XmlText'].includes(kindOf(type))))
  if (target === undefined) return null
  const operation = { op: 'copy', on: typeReference(Y, target), source: typeReference(Y, source) }
  if (target instanceof Y.Map) return { ...operation, key: randomKey(rng) }
  return { ...operation, at: rng.int(target.length + 1) }
}

const insertCopy = (target, operation, copy) => {
  if (operation.key !== undefined) target.set(operation.key, copy)
  else if (target.insertEmbed !== undefined) target.insertEmbed(operation.at, copy)
  else target.insert(operation.at, [copy])
}

/** Makes the edit that `operation` describes on `doc`. */
export const applyOperation = (Y, doc, operation) => {
  const type = typeByReference(Y, doc, operation.on)
  const attributes = operation.attributes === undefined ? undefined : Object.fromEntries(operation.attributes)
  const items = () => operation.items.map(content => makeContent(Y, content))
  switch (operation.op) {
    case 'insert': return operation.text !== undefined ? type.insert(operation.at, operation.text, attributes) : type.insert(operation.at, items())
    case 'delete': return type.delete(operation.at, operation.length)
    case 'format': return type.format(operation.at, operation.length, attributes)
    case 'embed': return type.insertEmbed(operation.at, makeContent(Y, operation.content), attributes)
    case 'delta': return type.applyDelta(makeDelta(Y, operation.delta), { sanitize: operation.sanitize })
    case 'set_attribute': return type.setAttribute(operation.key, makeContent(Y, operation.value))
    case 'remove_attribute': return type.removeAttribute(operation.key)
    case 'push': return type.push(items())
    case 'set': return type.set(operation.key, makeContent(Y, operation.value))
    case 'delete_key': return type.delete(operation.key)
    case 'clear': return type.clear()
    case 'copy': return insertCopy(type, operation, typeByReference(Y, doc, operation.source).clone())
    case 'insert_after': return type.insertAfter(typeByReference(Y, doc, operation.after), items())
    default: throw new Error('unknown operation ' + operation.op)
  }
}
