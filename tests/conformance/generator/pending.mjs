// Yjs takes the whole rest of a client's section out with the first struct that has to wait, and looks at it again only when
// one of the clocks it noted is passed: structs can stay pending although all that they need is there. ycpp integrates them.

const dependencies = struct => [struct.origin, struct.rightOrigin, struct.parent]
  .filter(id => id !== null && id !== undefined && typeof id === 'object' && typeof id.clock === 'number')

/** Whether something that `doc` keeps waiting could be integrated as it stands. */
export const stuckPending = (Y, doc) => {
  const { pendingStructs, pendingDs } = doc.store
  const state = client => Y.getState(doc.store, client)
  if (pendingStructs !== null) {
    for (const struct of Y.decodeUpdateV2(pendingStructs.update).structs) {
      if (struct instanceof Y.Skip) continue
      const { client, clock } = struct.id
      const isNext = clock <= state(client) && clock + struct.length > state(client)
      if (isNext && dependencies(struct).every(id => id.client === client || id.clock < state(id.client))) return true
    }
  }
  if (pendingDs !== null) {
    for (const [client, ranges] of Y.decodeUpdateV2(pendingDs).ds.clients) {
      if (ranges.some(range => range.clock < state(client))) return true
    }
  }
  return false
}

/**
 * Whether two updates hold the same units once as an item and once as garbage. Yjs sorts them with a comparison that
 * contradicts itself there, so which one it keeps depends on the sort and on the other updates.
 */
export const hasTies = (Y, updates) => haveTies(Y, updates.map(update => Y.decodeUpdate(update).structs))

/** The same for what `doc` keeps waiting and an update that is about to come, whose rest Yjs merges with that. */
export const tiesWithPending = (Y, doc, update) => doc.store.pendingStructs !== null &&
  haveTies(Y, [Y.decodeUpdateV2(doc.store.pendingStructs.update).structs, Y.decodeUpdate(update).structs])

const haveTies = (Y, lists) => {
  const seen = new Map()
  for (const structs of lists) {
    for (const struct of structs) {
      if (struct instanceof Y.Skip) continue
      const key = `${struct.id.client}:${struct.id.clock}`
      if (!seen.has(key)) seen.set(key, struct.constructor)
      else if (seen.get(key) !== struct.constructor) return true
    }
  }
  return false
}
