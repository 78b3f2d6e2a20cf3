// One random history: replicas that edit, exchange updates in any order, undo, take snapshots; with everything that Yjs
// answered. The result is plain data that another engine replays.
import { clock } from './clock.mjs'
import { Random } from './random.mjs'
import { Replica, roots } from './replica.mjs'
import { applyOperation, liveTypes, randomCopy, randomOperation } from './operations.mjs'
import { ForeignClient } from './foreign.mjs'
import { plain, plainDeleteSet, randomKey, typeReference } from './values.mjs'
import { hasTies, stuckPending, tiesWithPending } from './pending.mjs'

const profiles = {
  text: { kinds: ['Text'], rich: false, depth: 0 },
  rich: { kinds: ['Text', 'XmlText'], rich: true, depth: 1 },
  array: { kinds: ['Array'], depth: 1 },
  map: { kinds: ['Map'], depth: 1 },
  xml: { kinds: ['XmlFragment', 'XmlElement', 'XmlText', 'XmlHook'], rich: true, depth: 1 },
  mixed: { kinds: null, rich: true, depth: 2, subdocuments: true },
  subdocuments: { kinds: ['Map', 'Array'], depth: 1, subdocuments: true }
}

const clientIds = rng => {
  const ids = new Set()
  while (ids.size < 6) ids.add(rng.chance(0.3) ? 1 + rng.int(200) : rng.chance(0.05) ? 2 ** 40 + rng.int(1000) : rng.bits())
  return [...ids]
}

export class History {
  constructor (Y, seed) {
    this.Y = Y
    this.rng = new Random(seed)
    this.now = 1_000_000
    this.updates = []
    this.steps = []
    this.snapshots = []
    this.positions = []
    this.stuck = new Set()
    this.profile = this.rng.weighted({ text: 3, rich: 3, array: 2, map: 2, xml: 2, mixed: 3, subdocuments: 1 })
    this.options = profiles[this.profile]
    this.seed = seed
    // Some histories deliver hardly anything in order, so that structs of several clients wait for one another.
    this.disorder = new Random(seed + 7_777_777).chance(0.3)
    this.copies = new Random(seed + 5_555_555)
    this.watch = new Random(seed + 3_333_333)
  }

  /** Runs it and returns { seed, profile, roots, replicas, updates, steps }. */
  run () {
    const { rng } = this
    const ids = clientIds(rng)
    const gcRule = rng.weighted({ on: 3, off: 2, both: 2 })
    const editors = this.disorder ? 4 : rng.range(2, 3)
    const settings = []
    for (let i = 0; i < editors; i++) {
      settings.push({
        client: ids[i], gc: gcRule === 'both' ? rng.chance(0.5) : gcRule === 'on', typed: true, edits: true,
        observed: rng.chance(0.5), undo: this.undoSettings()
      })
    }
    settings.push({ client: ids[4], gc: rng.chance(0.5), typed: rng.chance(0.5), edits: false, observed: false, undo: [] })
    for (const setting of settings) Object.assign(setting, this.watching())
    this.replicas = settings.map(s => new Replica(this.Y, s))
    this.inbox = this.replicas.map(() => [])
    this.foreign = rng.chance(0.15) ? new ForeignClient(this.Y, rng, ids[5]) : null
    for (let n = rng.range(15, 60); n > 0; n--) this.step()
    this.deliverAll()
    for (let i = 0; i < this.replicas.length; i++) this.check(i)
    return { seed: this.seed, profile: this.profile, roots, replicas: settings, updates: this.updates, steps: this.steps }
  }

  /** Whether a replica records its transactions, and which deleted items it keeps. */
  watching () {
    const { watch } = this
    const keeps = watch.weighted({ nothing: 3, clocks: 1, root: 1 })
    return {
      transactions: watch.chance(0.3), keeps,
      kept: keeps === 'clocks' ? watch.range(2, 4) : keeps === 'root' ? watch.pick(roots)[0] : null
    }
  }

  undoSettings () {
    const { rng } = this
    if (!rng.chance(0.4)) return []
    return Array.from({ length: rng.chance(0.2) ? 2 : 1 }, () => ({
      scope: rng.chance(0.15) ? null : roots.map(r => r[0]).filter(() => rng.chance(0.8)).concat('t').filter((v, i, a) => a.indexOf(v) === i),
      timeout: rng.pick([0, 500, 500, 2000]),
      origins: rng.pick([[null], [null], ['user'], [null, 'user']]),
      ignoreRemote: rng.chance(0.2)
    }))
  }

  step () {
    const { rng } = this
    this.now += rng.pick([1, 10, 300, 1000])
    clock.now = this.now
    const index = rng.int(this.replicas.length)
    const replica = this.replicas[index]
    const editor = replica.settings.edits ? 1 : 0
    const offline = !replica.doc.gc ? 1 : 0
    const choices = {
      edit: 11 * editor, deliver: 8, undo: replica.managers.length > 0 ? 3 * editor : 0, foreign: this.foreign !== null ? 1 : 0,
      check: this.disorder ? 4 : 0.4, diff: 0.8, sync: 0.8, wire: 1, position: editor, resolve: this.positions.length > 0 ? 1 : 0,
      snapshot: 0.7 * offline, restore: this.snapshots.length > 0 ? 0.5 : 0, load: this.options.subdocuments ? 0.5 * editor : 0
    }
    this['step_' + rng.weighted(choices)](index, replica)
  }

  push (step) {
    this.steps.push({ now: this.now, ...step })
  }

  /** What a replica emitted in this step; its updates get numbers under which later steps name them. */
  output (index, broadcast = true) {
    const output = this.replicas[index].takeOutput()
    const emitted = []
    for (const { v1, v2, origin } of output.updates) {
      emitted.push({ update: this.updates.length, origin })
      this.addUpdate(v1, v2, broadcast ? index : -1)
    }
    return { emitted, events: output.events, subdocuments: output.subdocuments }
  }

  addUpdate (v1, v2, from) {
    if (from !== -1) {
      this.inbox.forEach((box, i) => { if (i !== from) box.push(this.updates.length) })
      this.foreign?.inbox.push(v1)
    }
    this.updates.push({ v1, v2 })
  }

  // ---- steps --------------------------------------------------------------------------------------------------------

  step_edit (index, replica) {
    const { rng, Y } = this
    const origin = rng.pick([null, null, null, 'user', 'other'])
    const operations = []
    let count = rng.chance(0.7) ? 1 : rng.range(2, 5)
    Y.transact(replica.doc, () => {
      for (; count > 0; count--) {
        const types = liveTypes(Y, replica.doc).filter(t => this.editable(t))
        const operation = randomOperation(Y, rng, rng.pick(types.slice(0, 12)), this.options)
        operations.push(structuredClone(operation))
        applyOperation(Y, replica.doc, operation)
      }
      const copy = this.copies.chance(0.1) ? this.randomCopy(replica.doc) : null
      if (copy !== null) {
        operations.push(copy)
        applyOperation(Y, replica.doc, copy)
      }
    }, origin)
    this.push({ do: 'edit', replica: index, origin, operations, ...this.output(index) })
  }

  randomCopy (doc) {
    return randomCopy(this.Y, this.copies, liveTypes(this.Y, doc).filter(type => this.editable(type)))
  }

  editable (type) {
    const kind = type.constructor.name.replace(/^_?Y/, '')
    return type._item !== null || this.options.kinds === null || this.options.kinds.includes(kind)
  }

  /** An update of somebody else: in order or not, once or again, as V1 or V2. */
  step_deliver (index) {
    const { rng } = this
    const box = this.inbox[index]
    if (box.length === 0) return
    for (let n = rng.chance(0.3) ? box.length : 1; n > 0 && box.length > 0; n--) {
      const at = rng.chance(this.disorder ? 0.1 : 0.7) ? 0 : rng.int(box.length)
      const number = box[at]
      if (!rng.chance(0.1)) box.splice(at, 1)
      this.deliver(index, number, rng.chance(0.5) ? 2 : 1)
    }
  }

  deliver (index, number, version) {
    const { Y } = this
    const { doc } = this.replicas[index]
    const update = this.updates[number]
    const tied = tiesWithPending(Y, doc, update.v1)
    if (version === 1) Y.applyUpdate(doc, update.v1, 'remote')
    else Y.applyUpdateV2(doc, update.v2, 'remote')
    const output = this.output(index, false)
    const stuck = stuckPending(Y, doc)
    this.push({ do: 'deliver', replica: index, update: number, version, stuck, tied, ...output })
  }

  deliverAll () {
    for (let round = 0; round < 2; round++) {
      this.inbox.forEach((box, index) => {
        const waiting = box.splice(0)
        for (const number of waiting) this.deliver(index, number, this.rng.chance(0.5) ? 2 : 1)
      })
    }
  }

  /** Brings one replica the difference to another, as a sync does: partial and overlapping updates. */
  step_sync (index) {
    const { rng, Y } = this
    const other = rng.int(this.replicas.length)
    if (other === index) return
    const from = this.replicas[other].doc
    if (from.store.pendingStructs !== null || from.store.pendingDs !== null) return
    const vector = Y.encodeStateVector(this.replicas[index].doc)
    const number = this.updates.length
    this.updates.push({ v1: Y.encodeStateAsUpdate(from, vector), v2: Y.encodeStateAsUpdateV2(from, vector) })
    this.deliver(index, number, rng.chance(0.5) ? 2 : 1)
  }

  step_foreign () {
    const update = this.foreign.edit()
    if (update !== null) this.addUpdate(update, this.Y.convertUpdateFormatV1ToV2(update), -2)
  }

  step_undo (index, replica) {
    const { rng } = this
    const number = rng.int(replica.managers.length)
    const manager = replica.managers[number]
    const action = rng.weighted({ undo: 6, redo: 4, stop: 0.5, clear: 0.3 })
    const clearUndo = rng.chance(0.7)
    let result = null
    if (action === 'stop') manager.stopCapturing()
    else if (action === 'clear') manager.clear(clearUndo, true)
    else result = manager[action]()
    this.push({
      do: 'undo', replica: index, manager: number, action, clearUndo, popped: result === null || result === undefined ? null : plainStackItem(result),
      undoStack: manager.undoStack.map(plainStackItem), redoStack: manager.redoStack.map(plainStackItem), ...this.output(index)
    })
  }

  step_check (index) {
    this.check(index)
  }

  step_diff (index, replica) {
    const vector = this.randomVector(replica.doc)
    this.push({
      do: 'diff', replica: index, vector, v1: this.Y.encodeStateAsUpdate(replica.doc, vector), v2: this.Y.encodeStateAsUpdateV2(replica.doc, vector)
    })
  }

  /** A state vector: another replica's, or one with clocks in the middle of blocks and clients that nobody knows. */
  randomVector (doc) {
    const { rng, Y } = this
    if (rng.chance(0.4)) return Y.encodeStateVector(rng.pick(this.replicas).doc)
    const vector = new Map()
    Y.decodeStateVector(Y.encodeStateVector(doc)).forEach((clock, client) => {
      if (rng.chance(0.8)) vector.set(client, rng.int(clock + 3))
    })
    if (rng.chance(0.2)) vector.set(77_777, rng.int(20))
    return Y.encodeStateVector(vector)
  }

  step_wire () {
    const { rng, Y } = this
    if (this.updates.length === 0) return
    const numbers = Array.from({ length: rng.range(1, 6) }, () => rng.int(this.updates.length))
    const v1s = numbers.map(n => this.updates[n].v1)
    const v2s = numbers.map(n => this.updates[n].v2)
    const vector = this.randomVector(rng.pick(this.replicas).doc)
    const merged = Y.mergeUpdates(v1s)
    const merged2 = Y.mergeUpdatesV2(v2s)
    const meta = update => {
      const { from, to } = Y.parseUpdateMeta(update)
      const plainMap = map => [...map].sort((a, b) => a[0] - b[0])
      return { from: plainMap(from), to: plainMap(to) }
    }
    this.push({
      do: 'wire', updates: numbers, ties: hasTies(Y, v1s), merged, merged2, vector,
      diff: Y.diffUpdate(merged, vector), diff2: Y.diffUpdateV2(merged2, vector),
      stateVector: Y.encodeStateVectorFromUpdate(merged), stateVector2: Y.encodeStateVectorFromUpdateV2(merged2),
      to2: Y.convertUpdateFormatV1ToV2(merged), to1: Y.convertUpdateFormatV2ToV1(merged2), meta: meta(merged)
    })
    if (rng.chance(0.3)) this.keepMerged(merged, merged2)
  }

  /** A merged update, with gaps in it perhaps, travels to the replicas like any other. */
  keepMerged (v1, v2) {
    const number = this.updates.length
    this.updates.push({ v1, v2 })
    this.inbox[this.rng.int(this.inbox.length)].push(number)
  }

  step_position (index, replica) {
    const { rng, Y } = this
    const types = liveTypes(Y, replica.doc).filter(t => typeof t.length === 'number')
    const type = rng.pick(types)
    const at = rng.int(type.length + 1)
    const assoc = rng.pick([0, 0, -1])
    const position = Y.createRelativePositionFromTypeIndex(type, at, assoc)
    const bytes = Y.encodeRelativePosition(position)
    const json = plain(Y, JSON.parse(JSON.stringify(Y.relativePositionToJSON(position))))
    this.positions.push(bytes)
    this.push({ do: 'position', replica: index, type: typeReference(Y, type), at, assoc, bytes, json })
  }

  step_resolve (index, replica) {
    const { rng, Y } = this
    const bytes = rng.pick(this.positions)
    const position = Y.decodeRelativePosition(bytes)
    const follow = rng.chance(0.8)
    const found = Y.createAbsolutePositionFromRelativePosition(position, replica.doc, follow)
    this.push({
      do: 'resolve', replica: index, bytes, follow,
      found: found === null ? null : { type: typeReference(Y, found.type), index: found.index, assoc: found.assoc }
    })
  }

  step_snapshot (index, replica) {
    const { Y } = this
    const snapshot = Y.snapshot(replica.doc)
    const number = this.snapshots.length
    this.snapshots.push({ snapshot, replica: index })
    const contains = this.updates.slice(-8).map((u, i, all) => ({
      update: this.updates.length - all.length + i, contained: Y.snapshotContainsUpdate(snapshot, u.v1)
    }))
    this.push({ do: 'snapshot', replica: index, number, v1: Y.encodeSnapshot(snapshot), v2: Y.encodeSnapshotV2(snapshot), contains })
  }

  step_restore () {
    const { rng, Y } = this
    const number = rng.int(this.snapshots.length)
    const { snapshot, replica: index } = this.snapshots[number]
    const { doc } = this.replicas[index]
    const restored = new Y.Doc({ guid: 'restored', gc: false })
    restored.clientID = 2 ** 45 + 1
    if (this.replicas[index].settings.typed) for (const [name, kind] of roots) restored.get(name, Y[kind])
    Y.createDocFromSnapshot(doc, snapshot, restored)
    const step = { do: 'restore', replica: index, number, v1: Y.encodeStateAsUpdate(restored), v2: Y.encodeStateAsUpdateV2(restored) }
    if (this.replicas[index].settings.typed) {
      step.deltas = this.snapshotDeltas(doc, snapshot, index)
      step.contents = this.snapshotContents(doc, snapshot)
    }
    this.push({ ...step, ...this.output(index) })
  }

  snapshotDeltas (doc, snapshot, index) {
    const { rng, Y } = this
    const others = this.snapshots.filter(s => s.replica === index)
    const previous = rng.chance(0.5) ? rng.pick(others).snapshot : undefined
    const marked = this.copies.chance(0.5)
    const marker = marked ? (type, id) => ({ type, user: id.client, clock: id.clock }) : undefined
    const deltas = ['t', 'r', 'xt'].map(name => plain(Y, doc.getText === undefined ? [] : doc.share.get(name).toDelta(snapshot, previous, marker)))
    return { marked, previous: previous === undefined ? null : this.snapshots.findIndex(s => s.snapshot === previous), deltas }
  }

  /**
   * Lists and maps as they were in a snapshot. Yjs reads whole items there, so they are cut first, by reading a text as it
   * was: in a copy, since that is a transaction.
   */
  snapshotContents (doc, snapshot) {
    const { Y, copies } = this
    const copy = new Y.Doc({ gc: false })
    for (const [name, kind] of roots) copy.get(name, Y[kind])
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
    const key = randomKey(copies)
    return copy.transact(() => {
      copy.getText('t').toDelta(snapshot)
      return {
        lists: ['a', 'x', 'e'].map(name => plain(Y, Y.typeListToArraySnapshot(copy.share.get(name), snapshot))),
        maps: ['m', 'e', 't'].map(name => plain(Y, Y.typeMapGetAllSnapshot(copy.share.get(name), snapshot))),
        key, value: plain(Y, Y.typeMapGetSnapshot(copy.share.get('m'), key, snapshot))
      }
    })
  }

  step_load (index, replica) {
    const { rng, doc = replica.doc } = this
    if (this.copies.chance(0.3)) return this.destroySubdocument(index, replica)
    const waiting = [...doc.getSubdocs()].filter(d => !d.shouldLoad)
    if (waiting.length === 0) return
    const subdocument = rng.pick(waiting)
    const item = { client: subdocument._item.id.client, clock: subdocument._item.id.clock }
    subdocument.load()
    this.push({ do: 'load', replica: index, item, ...this.output(index) })
  }

  destroySubdocument (index, { doc }) {
    if (doc.getSubdocs().size === 0) return
    const subdocument = this.copies.pick([...doc.getSubdocs()])
    const item = { client: subdocument._item.id.client, clock: subdocument._item.id.clock }
    subdocument.destroy()
    this.push({ do: 'destroy', replica: index, item, ...this.output(index) })
  }

  // ---- what is compared ---------------------------------------------------------------------------------------------

  check (index) {
    const { Y } = this
    const { doc, settings } = this.replicas[index]
    const snapshot = Y.snapshot(doc)
    const step = {
      do: 'check', replica: index, vector: Y.encodeStateVector(doc), snapshot: Y.encodeSnapshot(snapshot),
      v1: Y.encodeStateAsUpdate(doc), v2: Y.encodeStateAsUpdateV2(doc),
      pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
      subdocuments: [...doc.getSubdocs()].map(d => d.guid).sort()
    }
    if (settings.typed) {
      step.json = plain(Y, doc.toJSON())
      step.deltas = ['t', 'r', 'xt'].map(name => plain(Y, doc.share.get(name).toDelta()))
      step.attributes = ['t', 'xt', 'e'].map(name => plain(Y, doc.share.get(name).getAttributes()))
    }
    this.push(step)
  }
}

const plainStackItem = item => ({ insertions: plainDeleteSet(item.insertions), deletions: plainDeleteSet(item.deletions) })
