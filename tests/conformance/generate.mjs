// Writes random histories and Yjs's answers to them.
//
//   node generate.mjs --seed SEED --count N [--out FILE]
//
// Output: for each history a 32-bit little-endian length and one value in lib0's `any` encoding. `show.mjs` prints it.
import './generator/clock.mjs'
import * as fs from 'node:fs'
import * as Y from 'yjs'
import { History } from './generator/history.mjs'
import { anyBytes } from './generator/values.mjs'

// Yjs prints its warnings with console.log; they must not end up among the bytes.
console.log = console.error

const options = { seed: 1, count: 1, out: null }
for (let i = 2; i < process.argv.length; i += 2) {
  const name = process.argv[i].replace(/^--/, '')
  if (!(name in options) || process.argv[i + 1] === undefined) {
    console.error('usage: node generate.mjs --seed SEED --count N [--out FILE]')
    process.exit(1)
  }
  options[name] = process.argv[i + 1]
}

const output = options.out === null ? 1 : fs.openSync(options.out, 'w')

const writeAll = bytes => {
  for (let at = 0; at < bytes.length;) {
    try {
      at += fs.writeSync(output, bytes, at)
    } catch (error) {
      // The reader stops at the first difference.
      if (error.code === 'EPIPE') process.exit(0)
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

const first = Number(options.seed)
for (let seed = first; seed < first + Number(options.count); seed++) {
  let history
  try {
    history = new History(Y, seed).run()
  } catch (error) {
    console.error(`seed ${seed}: the generator failed`)
    throw error
  }
  const bytes = anyBytes(history)
  const header = Buffer.alloc(4)
  header.writeUInt32LE(bytes.length)
  writeAll(header)
  writeAll(bytes)
}
