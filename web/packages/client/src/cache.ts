/** The browser's copy of a document: y-indexeddb, compacted when it is opened. */
import { IndexeddbPersistence, storeState } from "y-indexeddb";
import type * as Y from "yjs";

export interface DocumentCache {
  /** Settles once what the browser holds is in the document; true when there was something. */
  readonly loaded: Promise<boolean>;
  /** Everything written so far has reached the database. */
  flushed(): Promise<void>;
  /** Closes the database; the document may be destroyed afterwards. */
  close(): Promise<void>;
  /** Forgets the document, as after a revoked permission. */
  erase(): Promise<void>;
}

const isEmpty = (doc: Y.Doc): boolean => doc.store.clients.size === 0;

/** y-indexeddb adds a full state at every opening; folding them at once keeps the cache small. */
async function compact(persistence: IndexeddbPersistence): Promise<void> {
  await storeState(persistence, true);
}

export function openCache(name: string, doc: Y.Doc): DocumentCache {
  const persistence = new IndexeddbPersistence(name, doc);
  let closed = false;
  const loaded = persistence.whenSynced.then(() => {
    const found = !isEmpty(doc);
    if (found && !closed) void compact(persistence).catch(() => undefined);
    return found;
  });
  return {
    loaded,
    async flushed() {
      await persistence.whenSynced;
      const db = persistence.db;
      if (closed || db === null) return;
      // Transactions on one store run in order, so an empty one that completes proves those before it.
      await new Promise<void>((resolve, reject) => {
        const transaction = db.transaction(["updates"], "readwrite");
        transaction.oncomplete = () => resolve();
        transaction.onerror = () => reject(transaction.error ?? new Error("IndexedDB failed"));
        transaction.objectStore("updates").count();
      });
    },
    async close() {
      closed = true;
      await persistence.destroy();
    },
    async erase() {
      closed = true;
      await persistence.clearData();
    },
  };
}

/** IndexedDB is missing in private windows of some browsers and on the server side. */
export const cacheAvailable = (): boolean => typeof indexedDB !== "undefined";
