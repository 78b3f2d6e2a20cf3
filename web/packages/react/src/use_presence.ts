/** Who else is in the room, from Yjs awareness. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { Awareness } from "y-protocols/awareness";

export interface Person {
  clientId: number;
  /** The awareness field `user`, as editors write it. */
  user: { id?: string; name: string; color: string; image?: string };
  /** The awareness field `pointer`: fractions of the shared surface, 0..1. */
  pointer: { x: number; y: number } | null;
}

interface State {
  user?: Person["user"];
  pointer?: Person["pointer"];
}

function readPeople(awareness: Awareness): Person[] {
  const people: Person[] = [];
  for (const [clientId, raw] of awareness.getStates()) {
    const state = raw as State;
    if (clientId === awareness.clientID || !state.user) continue;
    people.push({ clientId, user: state.user, pointer: state.pointer ?? null });
  }
  return people.sort((a, b) => a.clientId - b.clientId);
}

/** Everybody else in the room, in an order that does not jump. Announces `user` as oneself. */
export function usePresence(awareness: Awareness | null, user?: Person["user"]): Person[] {
  const [people, setPeople] = useState<Person[]>([]);
  const announced = user ? JSON.stringify(user) : "";

  useEffect(() => {
    if (awareness && announced) awareness.setLocalStateField("user", JSON.parse(announced));
  }, [awareness, announced]);

  useEffect(() => {
    if (!awareness) {
      setPeople([]);
      return undefined;
    }
    const refresh = (): void => setPeople(readPeople(awareness));
    refresh();
    awareness.on("change", refresh);
    return () => awareness.off("change", refresh);
  }, [awareness]);

  return people;
}

/** Announces the pointer at most once per frame; null when it leaves the surface. */
export function usePointer(awareness: Awareness | null): (at: { x: number; y: number } | null) => void {
  const waiting = useRef<{ at: { x: number; y: number } | null } | null>(null);
  const frame = useRef(0);

  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  return useCallback(
    (at) => {
      if (!awareness) return;
      const scheduled = waiting.current !== null;
      waiting.current = { at };
      if (scheduled) return;
      frame.current = requestAnimationFrame(() => {
        const latest = waiting.current;
        waiting.current = null;
        if (latest) awareness.setLocalStateField("pointer", latest.at);
      });
    },
    [awareness],
  );
}
