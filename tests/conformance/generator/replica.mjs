// One Yjs document of a history with everything that is recorded about it.
import { plain, plainDeleteSet, typeReference } from './values.mjs'

/** The roots of every history, by name. */
export const roots = [['t', 'Text'], ['r', 'Text'], ['a', 'Array'], ['m', 'Map'], ['x', 'XmlFragment'], ['e', 'XmlElement'], ['xt', 'XmlText']]

export class Replica {
  /**
   * @param settings { client, gc, typed, observed, transactions, keeps, kept, undo: [{ scope, timeout, origins, ignoreRemote }] }
   */
  constructor (Y, settings) {
    this.Y = Y
    this.settings = settings
    this.doc = new Y.Doc({ guid: 'doc', gc: settings.gc, gcFilter: item => this.mayCollect(item) })
    this.doc.clientID = settings.client
    this.updates = []
    this.events = []
    this.subdocuments = []
    this.managers = []
    if (settings.typed) this.defineRoots()
    // The order of registration is the order of events: undo managers listen to transactions only.
    this.doc.on('update', (update, origin) => this.updates.push({ v1: update, origin: this.originName(origin) }))
    this.doc.on('updateV2', update => { this.updates[this.updates.length - 1].v2 = update })
    if (settings.transactions) this.recordTransactions()
    this.doc.on('subdocs', change => this.subdocuments.push(this.plainSubdocuments(change)))
    for (const undo of settings.undo) this.managers.push(this.makeManager(undo))
  }

  defineRoots () {
    for (const [name, kind] of roots) {
      const type = this.doc.get(name, this.Y[kind])
      if (this.settings.observed) {
        type.observe(event => this.events.push({ target: this.plainReference(type), ...this.plainEvent(event) }))
        type.observeDeep(events => this.events.push({ deep: events.map(event => ({ path: event.path, ...this.plainEvent(event) })) }))
      }
    }
  }

  mayCollect (item) {
    const { keeps, kept } = this.settings
    if (keeps === 'clocks') return item.id.clock % kept !== 0
    return keeps !== 'root' || !this.Y.isParentOf(this.doc.share.get(kept), item)
  }

  recordTransactions () {
    const { doc, events } = { doc: this.doc, events: event => this.events.push(event) }
    doc.on('beforeAllTransactions', () => events({ on: 'before all' }))
    for (const on of ['beforeTransaction', 'beforeObserverCalls', 'afterTransaction', 'afterTransactionCleanup']) {
      doc.on(on, transaction => events({ on, ...this.plainTransaction(transaction) }))
    }
    doc.on('update', () => events({ on: 'update' }))
    doc.on('afterAllTransactions', (_, all) => events({ on: 'after all', all: all.map(one => this.plainTransaction(one)) }))
  }

  plainTransaction ({ origin, local, deleteSet, beforeState, afterState }) {
    const states = map => [...map].sort((a, b) => a[0] - b[0])
    return {
      origin: this.originName(origin), local, deleted: plainDeleteSet(deleteSet), before: states(beforeState), after: states(afterState)
    }
  }

  makeManager ({ scope, timeout, origins, ignoreRemote }) {
    const typeScope = scope === null ? this.doc : scope.map(name => this.doc.share.get(name))
    return new this.Y.UndoManager(typeScope, { captureTimeout: timeout, trackedOrigins: new Set(origins), ignoreRemoteMapChanges: ignoreRemote })
  }

  originName (origin) {
    const manager = this.managers.indexOf(origin)
    return manager >= 0 ? 'undo' + manager : origin
  }

  plainReference (type) { return typeReference(this.Y, type) }

  /** Reading a delta may change the document (Yjs cleans formats up while it computes it), so it is read once, here. */
  plainEvent (event) {
    const delta = plain(this.Y, event.delta)
    return { ref: this.plainReference(event.target), delta, keys: plain(this.Y, event.keys) }
  }

  plainSubdocuments ({ added, removed, loaded }) {
    const guids = docs => [...docs].map(doc => doc.guid).sort()
    return { added: guids(added), removed: guids(removed), loaded: guids(loaded) }
  }

  /** What happened since the last call. */
  takeOutput () {
    const { updates, events, subdocuments } = this
    this.updates = []
    this.events = []
    this.subdocuments = []
    return { updates, events, subdocuments }
  }
}
