// Prints histories for people: node show.mjs FILE [SEED]
import * as fs from 'node:fs'
import * as decoding from 'lib0/decoding'
import { inspect } from 'node:util'

const [file, seed] = process.argv.slice(2)
const input = fs.readFileSync(file)
for (let at = 0; at < input.length;) {
  const length = input.readUInt32LE(at)
  const history = decoding.readAny(decoding.createDecoder(input.subarray(at + 4, at + 4 + length)))
  at += 4 + length
  if (seed !== undefined && history.seed !== Number(seed)) continue
  console.log(inspect(history, { depth: 20, maxArrayLength: 400, breakLength: 160 }))
}
