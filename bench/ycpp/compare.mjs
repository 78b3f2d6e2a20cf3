// The table of the engine benchmark: CPU milliseconds of yjs, ywasm and ycpp on the same bytes, and how many times faster
// ycpp is. A row whose answers differ is an error.
//
//   node compare.mjs --data DATA --engine PROGRAM [--only PREFIX] [--slow] [--x100]
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as Y from 'yjs'
import * as W from 'ywasm'

const options = { data: null, engine: null, only: '', slow: false, x100: false }
for (let i = 2; i < process.argv.length; i++) {
  const name = process.argv[i].replace(/^--/, '')
  if (typeof options[name] === 'boolean') options[name] = true
  else options[name] = process.argv[++i]
}
if (options.data === null || options.engine === null) {
  console.error('usage: node compare.mjs --data DATA --engine PROGRAM [--only PREFIX] [--slow] [--x100]')
  process.exit(2)
}

const load = name => fs.readFileSync(path.join(options.data, name))
const loadUpdates = name => {
  const file = load(name)
  const updates = []
  for (let at = 8; at + 4 <= file.length;) {
    const length = file.readUInt32LE(at)
    updates.push(new Uint8Array(file.subarray(at + 4, at + 4 + length)))
    at += 4 + length
  }
  return updates
}
const cpu = run => {
  globalThis.gc?.()
  const before = process.cpuUsage()
  const answer = run()
  const used = process.cpuUsage(before)
  return { ms: (used.user + used.system) / 1000, answer }
}
const best = (times, run) => {
  let result = null
  for (let i = 0; i < times; i++) {
    const one = cpu(run)
    if (result === null || one.ms < result.ms) result = one
  }
  return result
}

const rows = new Map()
const row = (name, times, yjs, ywasm) => {
  if (!name.startsWith(options.only)) return
  rows.set(name, { yjs: yjs && best(times, yjs), ywasm: ywasm && best(times, ywasm) })
  process.stderr.write(`${name}\n`)
}

const yjsApply = updates => {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}
const wasmApply = updates => {
  const doc = new W.YDoc()
  for (const update of updates) W.applyUpdate(doc, update)
  return doc
}

for (const name of ['b1.1', 'b1.2', 'b1.3', 'b1.4', 'b1.5', 'b1.6', 'b1.7', 'b1.8', 'b1.9', 'b1.10', 'b1.11', 'b2.1', 'b2.2', 'b2.3', 'b2.4', 'b3.1', 'b3.2', 'b3.3', 'b3.4', 'b3.5']) {
  if (!name.startsWith(options.only)) continue
  const updates = loadUpdates(`${name}.v1.ylu`)
  row(name, 3, () => Y.encodeStateAsUpdate(yjsApply(updates)).length,
    () => W.encodeStateAsUpdate(wasmApply(updates)).length)
}

if (options.only === '' || options.only.startsWith('b4')) {
  const v1 = new Uint8Array(load('b4.state.v1.bin'))
  const v2 = new Uint8Array(load('b4.state.v2.bin'))
  const units = doc => doc.getText('text').length
  const wasmUnits = doc => doc.getText('text').length(undefined)
  row('b4.parse_v1', 5, () => units(yjsApply([v1])), () => wasmUnits(wasmApply([v1])))
  row('b4.parse_v2', 5, () => { const doc = new Y.Doc(); Y.applyUpdateV2(doc, v2); return units(doc) }, null)
  const yjs = yjsApply([v1])
  const wasm = wasmApply([v1])
  const half = Y.encodeStateVector(new Map([...Y.decodeStateVector(Y.encodeStateVector(yjs))].map(([client, clock]) => [client, Math.floor(clock / 2)])))
  row('b4.encode_v1', 10, () => Y.encodeStateAsUpdate(yjs).length, () => W.encodeStateAsUpdate(wasm).length)
  row('b4.encode_v2', 10, () => Y.encodeStateAsUpdateV2(yjs).length, null)
  row('b4.diff', 10, () => Y.encodeStateAsUpdate(yjs, half).length, () => W.encodeStateAsUpdate(wasm, half).length)
  row('b4.diff_v2', 10, () => Y.encodeStateAsUpdateV2(yjs, half).length, null)
  row('b4.diff_bytes', 5, () => Y.diffUpdate(v1, half).length, null)
  row('b4.diff_bytes_v2', 5, () => Y.diffUpdateV2(v2, half).length, null)
  const updates = loadUpdates('b4.v1.ylu')
  row('b4.apply', 1, () => units(yjsApply(updates)), () => wasmUnits(wasmApply(updates)))
  row('b4.apply_emit', 1, () => {
    const doc = new Y.Doc()
    let sent = 0
    doc.on('update', update => { sent += update.length })
    for (const update of updates) Y.applyUpdate(doc, update)
    return sent
  }, null)
  row('b4.merge_500', 1, () => {
    let merged = 0
    for (let i = 0; i < updates.length; i += 500) merged += Y.mergeUpdates(updates.slice(i, i + 500)).length
    return merged
  }, null)
  row('b4.merge_23000', 1, () => Y.mergeUpdates(updates.slice(0, 23000)).length, null)
  const updatesV2 = loadUpdates('b4.v2.ylu')
  row('b4.apply_v2', 1, () => {
    const doc = new Y.Doc()
    for (const update of updatesV2) Y.applyUpdateV2(doc, update)
    return units(doc)
  }, null)
  row('b4.merge_500_v2', 1, () => {
    let merged = 0
    for (let i = 0; i < updatesV2.length; i += 500) merged += Y.mergeUpdatesV2(updatesV2.slice(i, i + 500)).length
    return merged
  }, null)
  if (options.slow) {
    row('b4.local_emit', 1, () => {
      const file = load('b4.yop')
      const doc = new Y.Doc()
      const text = doc.getText('text')
      let sent = 0
      doc.on('update', update => { sent += update.length })
      for (let at = 8, left = file.readUInt32LE(4); left > 0; left--) {
        const [op, index, count] = [file[at], file.readUInt32LE(at + 1), file.readUInt32LE(at + 5)]
        at += 9
        if (op === 0) { text.insert(index, file.toString('utf8', at, at + count)); at += count } else if (op === 1) text.delete(index, count)
      }
      return text.length
    }, null)
  }
}

const run = spawnSync(options.engine, [options.data, '--only', options.only, ...(options.x100 ? ['--x100'] : [])], { encoding: 'utf8' })
if (run.status !== 0) throw new Error(`${options.engine}: ${run.stderr}`)
const show = value => value == null ? '-' : value.ms.toFixed(value.ms < 10 ? 2 : 0)
const times = (value, ms) => value == null ? '-' : `${(value.ms / ms).toFixed(1)}x`
console.log('| row | yjs | ywasm | ycpp | faster than yjs | than ywasm |\n|---|---|---|---|---|---|')
let wrong = 0
for (const line of run.stdout.trim().split('\n')) {
  const [name, ms, answer] = line.split(' ')
  const other = rows.get(name)
  if (other?.yjs && String(other.yjs.answer) !== answer) {
    console.error(`${name}: yjs says ${other.yjs.answer}, ycpp ${answer}`)
    wrong++
    continue
  }
  console.log(`| ${name} | ${show(other?.yjs)} | ${show(other?.ywasm)} | ${ms} | ${times(other?.yjs, ms)} | ${times(other?.ywasm, ms)} |`)
}
process.exit(wrong === 0 ? 0 : 1)
