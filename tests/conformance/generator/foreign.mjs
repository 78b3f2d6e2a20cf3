// A client that writes what today's Yjs only reads: lists and map values as ContentJSON, as the first releases did.
import { randomJson, randomKey } from './values.mjs'

export class ForeignClient {
  constructor (Y, rng, client) {
    this.Y = Y
    this.rng = rng
    this.inbox = []
    this.doc = new Y.Doc({ guid: 'foreign' })
    this.doc.clientID = client
    this.list = this.doc.getArray('a')
    this.map = this.doc.getMap('m')
    this.emitted = []
    this.doc.on('update', update => this.emitted.push(update))
  }

  /** Reads what arrived, edits, and returns the V1 update of the edit. */
  edit () {
    const { Y, rng } = this
    for (const update of this.inbox.splice(0)) Y.applyUpdate(this.doc, update)
    this.emitted = []
    Y.transact(this.doc, transaction => {
      if (rng.chance(0.6)) this.editList(transaction)
      else this.insert(transaction, this.map._map, randomKey(rng))
      if (rng.chance(0.2) && this.list.length > 0) this.list.delete(rng.int(this.list.length), 1)
    })
    return this.emitted.length === 1 ? this.emitted[0] : null
  }

  values () {
    const { rng } = this
    return Array.from({ length: rng.range(1, 3) }, () => rng.chance(0.1) ? undefined : randomJson(rng))
  }

  editList (transaction) {
    const { Y, rng, list } = this
    let left = null
    for (let skip = rng.int(4), item = list._start; item !== null && skip > 0; item = item.right, skip--) left = item
    const right = left === null ? list._start : left.right
    this.place(transaction, list, null, left, right, new Y.ContentJSON(this.values()))
  }

  insert (transaction, entries, key) {
    const left = entries.get(key) ?? null
    this.place(transaction, this.map, key, left, null, new this.Y.ContentJSON(this.values().slice(0, 1)))
  }

  place (transaction, parent, key, left, right, content) {
    const { Y, doc } = this
    const id = Y.createID(doc.clientID, Y.getState(doc.store, doc.clientID))
    new Y.Item(id, left, left && left.lastId, right, right && right.id, parent, key, content).integrate(transaction, 0)
    // It went around the list's own insert, so what that remembers about positions is wrong now.
    this.list._searchMarker = []
  }
}
