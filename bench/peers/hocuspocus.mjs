// @hocuspocus/server with its defaults, quiet. With a directory in PERSIST_DIR documents are read
// from and stored to files by its own hooks.
import fs from 'node:fs'
import path from 'node:path'
import * as Y from 'yjs'
import { Server } from '@hocuspocus/server'

const directory = process.env.PERSIST_DIR
const fileOf = name => path.join(directory, encodeURIComponent(name))

const hooks = directory === undefined
  ? {}
  : {
      onLoadDocument: async ({ documentName, document }) => {
        if (fs.existsSync(fileOf(documentName))) {
          Y.applyUpdate(document, fs.readFileSync(fileOf(documentName)))
        }
      },
      onStoreDocument: async ({ documentName, document }) => {
        fs.writeFileSync(fileOf(documentName), Y.encodeStateAsUpdate(document))
      }
    }

const server = new Server({
  port: Number(process.argv[2]),
  address: '127.0.0.1',
  quiet: true,
  stopOnSignals: true,
  ...hooks
})
await server.listen()
console.log('listening')
