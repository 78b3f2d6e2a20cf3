/** The hook that an application uses: one room in, its document and an honest state out. */
import { CollaborationRegistry, initialState, type Collaboration, type CollaborationOptions, type CollaborationState } from "@runnel/client";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";

/** Rooms of this page. One registry: two components on one room share its document. */
export const rooms = new CollaborationRegistry();

export interface UseCollaboration extends CollaborationState {
  doc: Y.Doc | null;
  awareness: Awareness | null;
  collaboration: Collaboration | null;
  /** Dial or probe now, as a "try again" button wants it. */
  retry(): void;
}

/**
 * Opens `{type}-{id}` at `host` and keeps it open while the component is mounted. The room is keyed by
 * provider, host, party, type, id and cache alone: a new `getToken` function in every render re-dials nothing.
 */
export function useCollaboration(options: CollaborationOptions): UseCollaboration {
  const [collaboration, setCollaboration] = useState<Collaboration | null>(null);
  const latest = useRef(options);
  latest.current = options;
  const key = CollaborationRegistry.keyOf(options);

  useEffect(() => {
    const held: CollaborationOptions = {
      ...latest.current,
      getToken: () => latest.current.getToken?.() ?? null,
    };
    setCollaboration(rooms.acquire(held));
    return () => {
      setCollaboration(null);
      rooms.release(held);
    };
  }, [key]);

  const current = collaboration && !collaboration.destroyed ? collaboration : null;
  const subscribe = useCallback(
    (listener: () => void) => current?.state.subscribe(listener) ?? (() => undefined),
    [current],
  );
  const state = useSyncExternalStore(
    subscribe,
    () => current?.state.value ?? initialState,
    () => initialState,
  );
  const retry = useCallback(() => current?.wake(), [current]);
  return { ...state, doc: current?.doc ?? null, awareness: current?.awareness ?? null, collaboration: current, retry };
}
