// The time of the history. lib0 keeps the Date.now that it finds, so this is imported before Yjs.
export const clock = { now: 1_000_000 }

Date.now = () => clock.now
