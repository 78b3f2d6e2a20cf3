// Updates that Yjs 14 (@y/y) writes, with what Yjs 13.6 makes of them: one line of JSON each, bytes in base64.
//
//   node generate14.mjs --count N
import { Random } from './generator/random.mjs'
import * as Y13 from 'yjs'
import * as Y14 from '@y/y'

console.log = console.error

const count = Number(process.argv[3] ?? 100)
const base64 = bytes => Buffer.from(bytes).toString('base64')
const texts = ['a', 'hello ', '😀', 'é\n', 'xyz']

/** One edit of the unified type of Yjs 14: text, formats, embedded types and attributes side by side. */
const edit = (rng, type, depth) => {
  const at = rng.int(type.length + 1)
  switch (rng.int(depth > 0 ? 6 : 5)) {
    case 0: return type.insert(at, rng.pick(texts))
    case 1: return type.insert(at, [rng.int(100), { k: rng.pick(texts) }, true, null])
    case 2: return type.setAttr(rng.pick(['id', 'class', 'n']), rng.pick(['x', 1, null, { a: [1] }, 12345678901234567890n & 0x7fffffffffffffffn]))
    case 3: return type.length > 0 ? type.delete(rng.int(type.length), 1) : undefined
    case 4: return type.length > 0 ? type.format(rng.int(type.length), 1, { bold: rng.chance(0.7) ? true : null }) : undefined
    default: {
      const inner = new Y14.Type(rng.chance(0.5) ? 'p' : undefined)
      type.insert(at, [inner])
      return edit(rng, inner, depth - 1)
    }
  }
}

for (let seed = 1; seed <= count; seed++) {
  const rng = new Random(seed)
  const docs = [0, 1].map(i => {
    const doc = new Y14.Doc({ gc: rng.chance(0.5) })
    doc.clientID = 1000 + i * 500 + rng.int(400)
    return doc
  })
  const updates = []
  for (const doc of docs) doc.on('update', update => updates.push(update))
  for (let n = rng.range(5, 25); n > 0; n--) {
    const doc = rng.pick(docs)
    if (rng.chance(0.3) && updates.length > 0) Y14.applyUpdate(doc, rng.pick(updates))
    else doc.transact(() => edit(rng, doc.get('root'), 2))
  }
  const reader = new Y13.Doc()
  reader.clientID = 7
  for (const update of updates) Y13.applyUpdate(reader, update)
  process.stdout.write(JSON.stringify({
    seed, updates: updates.map(base64), vector: base64(Y13.encodeStateVector(reader)),
    v1: base64(Y13.encodeStateAsUpdate(reader)), v2: base64(Y13.encodeStateAsUpdateV2(reader))
  }) + '\n')
}
