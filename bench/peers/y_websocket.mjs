// @y/websocket-server as its README starts it, on yjs 13 (package.json says how). With a directory
// in PERSIST_DIR a document is read from a file when it is opened and written when its last client
// leaves.
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import * as Y from 'yjs'
import { WebSocketServer } from 'ws'
import { setPersistence, setupWSConnection } from '@y/websocket-server/utils'

const directory = process.env.PERSIST_DIR
const fileOf = name => path.join(directory, encodeURIComponent(name))

if (directory !== undefined) {
  setPersistence({
    provider: null,
    // Synchronous on purpose: the server does not wait for it before it answers SyncStep1.
    bindState: async (name, doc) => {
      if (fs.existsSync(fileOf(name))) Y.applyUpdate(doc, fs.readFileSync(fileOf(name)))
    },
    writeState: async (name, doc) => {
      fs.writeFileSync(fileOf(name), Y.encodeStateAsUpdate(doc))
    }
  })
}

const server = http.createServer((_request, response) => response.end('okay'))
const sockets = new WebSocketServer({ noServer: true })
sockets.on('connection', setupWSConnection)
server.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, ws => sockets.emit('connection', ws, request))
})
server.listen(Number(process.argv[2]), '127.0.0.1', 4096, () => console.log('listening'))
