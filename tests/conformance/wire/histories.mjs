// Writes what Yjs makes of updates without a document, over the random histories of the conformance test. Only what the
// wire test needs of them is kept.
//
//   node histories.mjs --seed SEED --count N --out FILE
import * as fs from 'node:fs'
import * as Y from 'yjs'
import * as encoding from 'lib0/encoding'
import { History } from '../generator/history.mjs'

const options = { seed: '1', count: '1', out: '' }
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].replace(/^--/, '')] = process.argv[i + 1]
console.log = console.error

const out = fs.openSync(options.out, 'w')
for (let seed = Number(options.seed); seed < Number(options.seed) + Number(options.count); seed++) {
  const { updates, steps } = new History(Y, seed).run()
  const wire = steps.filter(step => step.do === 'wire').map(step => ({
    ...step,
    obfuscated: Y.obfuscateUpdate(step.merged),
    obfuscated2: Y.obfuscateUpdateV2(step.merged2, { subdocs: false })
  }))
  const encoder = encoding.createEncoder()
  encoding.writeAny(encoder, { seed, updates, steps: wire })
  const bytes = encoding.toUint8Array(encoder)
  const header = Buffer.alloc(4)
  header.writeUInt32LE(bytes.length)
  fs.writeSync(out, header)
  fs.writeSync(out, bytes)
}
