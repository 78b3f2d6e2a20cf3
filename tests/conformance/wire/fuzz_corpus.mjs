// Writes the seed corpora of fuzz/ycpp from Yjs documents:
//
//   node fuzz_corpus.mjs ../../../fuzz/ycpp/corpus
//
// Run it where yjs is installed (tests/conformance). The same every time: client ids are fixed.
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as Y from 'yjs'
import * as encoding from 'lib0/encoding'

const folder = process.argv[2]
const write = (target, name, bytes) => {
  fs.mkdirSync(path.join(folder, target), { recursive: true })
  fs.writeFileSync(path.join(folder, target, name), Array.isArray(bytes) ? Uint8Array.from(bytes) : bytes)
}

/** Updates of clients that edit and see each other's edits. */
const scenario = edits => {
  const docs = [1, 2, 300].map(id => {
    const doc = new Y.Doc({ guid: 'seed' })
    doc.clientID = id
    return doc
  })
  const v1 = []
  const v2 = []
  docs[0].on('update', update => v1.push(update))
  docs[0].on('updateV2', update => v2.push(update))
  edits.forEach((edit, i) => {
    const doc = docs[i % 3]
    doc.transact(() => edit(doc))
    if (i % 2 === 1) {
      for (const from of docs) for (const to of docs) Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)))
    }
  })
  for (const from of docs) Y.applyUpdate(docs[0], Y.encodeStateAsUpdate(from, Y.encodeStateVector(docs[0])))
  return { v1, v2, doc: docs[0] }
}

const scenarios = {
  text: [
    d => d.getText('t').insert(0, 'hello'), d => d.getText('t').insert(0, 'ab😀c'), d => d.getText('t').insert(2, 'é'),
    d => d.getText('t').delete(1, 3), d => d.getText('t').insert(4, 'xyz'), d => d.getText('t').insert(3, '12')
  ],
  rich: [
    d => d.getText('t').insert(0, 'hello world', { bold: true }), d => d.getText('t').format(2, 5, { italic: { a: 1 } }),
    d => d.getText('t').insertEmbed(3, { image: 'x' }), d => d.getText('t').format(0, 8, { bold: null }),
    d => d.getText('t').applyDelta([{ retain: 2 }, { delete: 3 }, { insert: 'q', attributes: { bold: true } }])
  ],
  map: [
    d => d.getMap('m').set('a', 1), d => d.getMap('m').set('a', 'two'), d => d.getMap('m').set('b', new Y.Array()),
    d => d.getMap('m').delete('a'), d => d.getMap('m').set('a', { x: [1, -0, 1.5, null, undefined, 10n, new Uint8Array([1])] })
  ],
  array: [
    d => d.getArray('a').insert(0, [1, 'x', true]), d => d.getArray('a').insert(0, [new Y.Map(), new Uint8Array([7])]),
    d => d.getArray('a').delete(0, 2), d => d.getArray('a').push([new Y.Text('in'), null])
  ],
  xml: [
    d => d.getXmlFragment('x').insert(0, [new Y.XmlElement('p'), new Y.XmlText('t')]),
    d => d.getXmlFragment('x').insert(0, [new Y.XmlHook('h')]), d => d.getXmlFragment('x').get(0).setAttribute?.('k', 'v'),
    d => d.getXmlFragment('x').insert(0, [new Y.XmlText('s')]), d => d.getXmlFragment('x').delete(0, 1)
  ],
  subdocument: [d => d.getMap('m').set('s', new Y.Doc({ guid: 'g', meta: { a: 1 }, autoLoad: true })), d => d.getMap('m').delete('s')]
}

const list = updates => {
  const encoder = encoding.createEncoder()
  for (const [format, update] of updates) {
    encoding.writeUint8(encoder, format)
    encoding.writeUint16(encoder, update.length)
    encoding.writeUint8Array(encoder, update)
  }
  return encoding.toUint8Array(encoder)
}

for (const [name, edits] of Object.entries(scenarios)) {
  const { v1, v2, doc } = scenario(edits)
  for (const target of ['doc_apply', 'update_operations']) {
    write(target, `${name}-v1`, list(v1.map(u => [0, u])))
    write(target, `${name}-v2-backwards`, list(v2.map(u => [1, u]).reverse()))
    write(target, `${name}-mixed`, list(v1.flatMap((u, i) => i % 2 === 0 ? [[0, u]] : [[1, v2[i]], [0, u]])))
  }
  write('update_structs', `${name}-v1`, [0, ...Y.encodeStateAsUpdate(doc)])
  write('update_structs', `${name}-v2`, [1, ...Y.encodeStateAsUpdateV2(doc)])
  write('state_vector', name, Y.encodeStateVector(doc))
  const snapshot = Y.snapshot(doc)
  for (const [format, bytes] of [['v1', Y.encodeSnapshot(snapshot)], ['v2', Y.encodeSnapshotV2(snapshot)]]) {
    // A snapshot starts with the delete set; the state vector behind it is of clients above zero.
    write('delete_set', `${name}-${format}`, bytes.subarray(0, bytes.length - Y.encodeStateVector(doc).length))
    write('snapshot', `${name}-${format}`, [format === 'v1' ? 0 : 1, ...bytes])
  }
  write('sync_message', `${name}-step1`, [0, 0, ...message(Y.encodeStateVector(doc))])
  write('sync_message', `${name}-update`, [0, 2, ...message(Y.encodeStateAsUpdate(doc))])
}

function message (bytes) {
  return encoding.encode(encoder => encoding.writeVarUint8Array(encoder, bytes))
}

const values = {
  scalars: [undefined, null, true, false, 0, -0, 1, -1, 2 ** 31, 0.5, 0.1, NaN, Infinity, 10n, 'a😀', new Uint8Array([1, 2])],
  object: { a: 1, b: { c: [1, { d: 'x' }] }, 1: 2 },
  deep: Array.from({ length: 60 }).reduce(inner => [inner], 1)
}
for (const [name, value] of Object.entries(values)) {
  write('any', name, encoding.encode(encoder => encoding.writeAny(encoder, value)))
}
const texts = {
  object: '{"a":1,"b":[true,false,null,"x\\u00e9\\ud83d\\ude00\\n"],"1":{"c":-1.5e-7}}', spaces: ' [ 1 , 2.0 , 1e400 , -0 ] ',
  deep: '['.repeat(60) + ']'.repeat(60), string: '"\\"\\\\\\/\\b\\f\\n\\r\\t\\ud83d"'
}
for (const [name, text] of Object.entries(texts)) write('json', name, text)

const awareness = entries => encoding.encode(encoder => {
  encoding.writeVarUint(encoder, entries.length)
  for (const [client, clock, state] of entries) {
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, clock)
    encoding.writeVarString(encoder, JSON.stringify(state))
  }
})
write('awareness', 'two', awareness([[2, 1, { name: 'a' }], [3, 4, null]]))
write('awareness', 'own', awareness([[1, 5, null], [1, 6, {}]]))
write('awareness', 'twice', awareness([[7, 1, {}], [7, 2, { a: [1] }], [7, 2, null]]))
write('sync_message', 'awareness', [1, ...message(awareness([[2, 1, {}]]))])
write('sync_message', 'auth', [2, 0, 2, 110, 111])
write('sync_message', 'query', [3])
