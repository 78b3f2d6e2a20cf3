// Writes random awareness histories and what y-protocols made of them.
//
//   node awareness.mjs --seed SEED --count N --out FILE
//
// Run it where y-protocols and yjs are installed (tests/conformance). Output: for each history a 32-bit little-endian
// length and one value in lib0's `any` encoding.
import * as fs from 'node:fs'
import * as encoding from 'lib0/encoding'

// lib0 takes Date.now at its import, so the clock of the history has to be there before.
let now = 1_000_000
Date.now = () => now
const Y = await import('yjs')
const { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } = await import('y-protocols/awareness')

const options = { seed: '1', count: '1', out: '' }
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].replace(/^--/, '')] = process.argv[i + 1]

/** mulberry32: small and the same everywhere. */
const randomFrom = seed => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return { int: n => Math.floor(next() * n), pick: list => list[Math.floor(next() * list.length)], chance: p => next() < p }
}

// y-protocols checks for outdated states on a timer of its own; here the history says when.
const timers = []
globalThis.setInterval = run => { timers.push(run); return timers.length }
globalThis.clearInterval = () => {}

const states = [{}, { a: 1 }, { a: 1, b: 'x' }, { b: 'x', a: 1 }, { user: { name: 'ä😀', color: '#fff' } }, { list: [1, 2.5, null] }]
const ids = [1, 2, 7, 300, 2 ** 32 - 1, 2 ** 40]

const history = seed => {
  const random = randomFrom(seed)
  now = 1_000_000
  const peers = [ids[0], ids[1], ids[2]].map(id => {
    const doc = new Y.Doc()
    doc.clientID = id
    const awareness = new Awareness(doc)
    const peer = { awareness, check: timers[timers.length - 1], change: null, update: null }
    awareness.on('change', c => { peer.change = c })
    awareness.on('update', u => { peer.update = u })
    return peer
  })
  const sent = []
  const steps = []
  const push = (index, step) => {
    const { awareness, change, update } = peers[index]
    peers[index].change = peers[index].update = null
    steps.push({
      now, peer: index, ...step, change, update,
      states: [...awareness.states].map(([id, state]) => ({ id, json: JSON.stringify(state) })),
      meta: [...awareness.meta].map(([id, { clock, lastUpdated }]) => ({ id, clock, lastUpdated })).sort((a, b) => a.id - b.id)
    })
  }
  peers.forEach((_, index) => push(index, { do: 'start' }))
  const actions = {
    set (index) {
      const state = random.chance(0.2) ? null : random.pick(states)
      peers[index].awareness.setLocalState(state)
      push(index, { do: 'set', state: JSON.stringify(state) })
    },
    encode (index) {
      const { awareness } = peers[index]
      const clients = [...awareness.meta.keys()].filter(() => random.chance(0.8))
      const bytes = encodeAwarenessUpdate(awareness, clients)
      sent.push(bytes)
      push(index, { do: 'encode', clients, bytes })
    },
    apply (index) {
      if (sent.length === 0) return
      const bytes = random.chance(0.6) ? sent[sent.length - 1] : random.pick(sent)
      applyAwarenessUpdate(peers[index].awareness, bytes, 'remote')
      push(index, { do: 'apply', bytes })
    },
    forge (index) {
      const encoder = encoding.createEncoder()
      const count = random.int(4)
      encoding.writeVarUint(encoder, count)
      for (let i = 0; i < count; i++) {
        encoding.writeVarUint(encoder, random.pick(ids))
        encoding.writeVarUint(encoder, random.int(6))
        encoding.writeVarString(encoder, JSON.stringify(random.chance(0.4) ? null : random.pick(states)))
      }
      const bytes = encoding.toUint8Array(encoder)
      sent.push(bytes)
      applyAwarenessUpdate(peers[index].awareness, bytes, 'remote')
      push(index, { do: 'apply', bytes })
    },
    remove (index) {
      const clients = ids.filter(() => random.chance(0.4))
      removeAwarenessStates(peers[index].awareness, clients, 'test')
      push(index, { do: 'remove', clients })
    },
    check (index) {
      peers[index].check()
      push(index, { do: 'check' })
    }
  }
  for (let n = 60; n > 0; n--) {
    now += random.pick([1, 100, 3000, 16000])
    actions[random.pick(['set', 'set', 'encode', 'encode', 'apply', 'apply', 'apply', 'forge', 'remove', 'check'])](random.int(3))
  }
  return { seed, clients: ids.slice(0, 3), steps }
}

const out = fs.openSync(options.out, 'w')
for (let seed = Number(options.seed); seed < Number(options.seed) + Number(options.count); seed++) {
  const encoder = encoding.createEncoder()
  encoding.writeAny(encoder, history(seed))
  const bytes = encoding.toUint8Array(encoder)
  const header = Buffer.alloc(4)
  header.writeUInt32LE(bytes.length)
  fs.writeSync(out, header)
  fs.writeSync(out, bytes)
}
