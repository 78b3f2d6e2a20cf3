// Reads what ycpp wrote (conformance_write) with Yjs and compares: the other direction.
import * as fs from 'node:fs'
import * as Y from 'yjs'
import * as decoding from 'lib0/decoding'
import { anyBytes, plain } from './generator/values.mjs'

const input = fs.readFileSync(0)
const same = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0
const counts = { histories: 0, updates: 0, comparisons: 0 }
let different = 0

const compare = (history, what, expected, actual) => {
  counts.comparisons++
  if (same(anyBytes(expected), anyBytes(actual))) return
  different++
  if (different <= 5) console.log(`seed ${history.seed}: ${what}\n  ycpp:`, expected, '\n  Yjs: ', actual)
}

/** A document with every root of conformance_write, filled with its updates. */
const fill = (history, apply) => {
  const doc = new Y.Doc()
  for (const update of history.updates) apply(doc, update)
  return doc
}

const jsonOf = doc => ({
  a: plain(Y, doc.getArray('a').toJSON()), m: plain(Y, doc.getMap('m').toJSON()), x: doc.getXmlFragment('x').toJSON(),
  t: plain(Y, doc.getText('t').toDelta()), r: plain(Y, doc.getText('r').toDelta()), xt: plain(Y, doc.get('xt', Y.XmlText).toDelta())
})

for (let at = 0; at < input.length;) {
  const length = input.readUInt32LE(at)
  const history = decoding.readAny(decoding.createDecoder(input.subarray(at + 4, at + 4 + length)))
  at += 4 + length
  counts.histories++
  counts.updates += history.updates.length
  const v1 = fill(history, (doc, update) => Y.applyUpdate(doc, update.v1))
  const v2 = fill(history, (doc, update) => Y.applyUpdateV2(doc, update.v2))
  compare(history, 'state vector', history.vector, Y.encodeStateVector(v1))
  compare(history, 'state as V1', history.v1, Y.encodeStateAsUpdate(v1))
  compare(history, 'state as V2', history.v2, Y.encodeStateAsUpdateV2(v1))
  compare(history, 'json, from V1', history.json, jsonOf(v1))
  compare(history, 'state vector, from V2', history.vector, Y.encodeStateVector(v2))
  compare(history, 'json, from V2', history.json, jsonOf(v2))
}
console.log(`${counts.histories} histories written by ycpp, ${counts.updates} updates, read by Yjs: ${counts.comparisons} comparisons, ${different} different`)
process.exit(different === 0 && counts.histories > 0 ? 0 : 1)
