// PermanentUserData of both engines on the same documents, see users.sh.
//
//   node users.mjs write SEED COUNT   documents that Yjs makes, with who wrote and who deleted each unit
//   node users.mjs read COUNT         compares what ycpp says of its own with what Yjs says
import * as fs from 'node:fs'
import * as Y from 'yjs'
import * as decoding from 'lib0/decoding'
import { Random } from './generator/random.mjs'
import { anyBytes } from './generator/values.mjs'

// Yjs writes down what was deleted from a timer.
const timers = () => new Promise(resolve => setTimeout(resolve, 0))

const usersOf = (doc, data) => [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort((a, b) => a[0] - b[0]).map(([client, clock]) => [
  client, data.getUserByClientId(client), Array.from({ length: clock }, (_, i) => data.getUserByDeletedId(Y.createID(client, i)))
])

const editOnce = (doc, rng) => {
  const text = doc.getText('t')
  doc.transact(() => {
    text.insert(rng.int(text.length + 1), rng.pick(['a', 'bcd', 'hello']))
    if (rng.chance(0.5)) text.delete(rng.int(text.length), rng.range(1, 4))
  })
}

const makeDocument = async seed => {
  const rng = new Random(seed)
  const replicas = ['Ada', 'Grace', 'Ada'].map((user, i) => {
    const doc = new Y.Doc()
    doc.clientID = 1 + i + 10 * rng.int(100)
    return { doc, user, data: new Y.PermanentUserData(doc) }
  })
  const exchange = () => {
    for (const a of replicas) for (const b of replicas) Y.applyUpdate(b.doc, Y.encodeStateAsUpdate(a.doc, Y.encodeStateVector(b.doc)))
  }
  for (const replica of replicas) {
    // A user who is there already gets another client.
    exchange()
    replica.data.setUserMapping(replica.doc, replica.doc.clientID, replica.user)
  }
  for (let step = 0; step < 12; step++) {
    editOnce(rng.pick(replicas).doc, rng)
    if (rng.chance(0.5)) await timers()
    if (rng.chance(0.5)) exchange()
  }
  await timers()
  exchange()
  // Deleting at the same time is two deletions, and the first user in the order of the map is named: that of this replica.
  const doc = new Y.Doc()
  const data = new Y.PermanentUserData(doc)
  const update = Y.encodeStateAsUpdate(replicas[0].doc)
  Y.applyUpdate(doc, update)
  return { seed, update, users: usersOf(doc, data) }
}

const write = async (seed, count) => {
  for (let i = 0; i < count; i++) {
    const bytes = anyBytes(await makeDocument(seed + i))
    const header = Buffer.alloc(4)
    header.writeUInt32LE(bytes.length)
    fs.writeSync(1, Buffer.concat([header, bytes]))
  }
}

const read = expected => {
  const input = fs.readFileSync(0)
  let count = 0
  let different = 0
  let deleted = 0
  for (let at = 0; at < input.length;) {
    const length = input.readUInt32LE(at)
    const { seed, update, users } = decoding.readAny(decoding.createDecoder(input.subarray(at + 4, at + 4 + length)))
    at += 4 + length
    const doc = new Y.Doc()
    const data = new Y.PermanentUserData(doc)
    Y.applyUpdate(doc, update)
    const known = usersOf(doc, data)
    count++
    deleted += known.flatMap(user => user[2]).filter(user => user === 'from ycpp').length
    if (Buffer.compare(Buffer.from(anyBytes(known)), Buffer.from(anyBytes(users))) === 0) continue
    different++
    console.log(`seed ${seed}\n  ycpp: ${JSON.stringify(users)}\n  Yjs:  ${JSON.stringify(known)}`)
  }
  console.log(`${count} documents, ${different} different, ${deleted} units deleted by ycpp's user`)
  process.exit(different === 0 && count === expected && deleted > 0 ? 0 : 1)
}

const [mode, ...numbers] = process.argv.slice(2)
if (mode === 'write') await write(Number(numbers[0]), Number(numbers[1]))
else read(Number(numbers[0]))
