/** The list of what is in the workspace: from the last visit at once, then from the server, and again whenever it says so. */
import { Backoff } from "@runnel/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, ApiError, type Workspace } from "./api.js";

export interface WorkspaceList {
  /** Null: not known yet, or there is none for this person. */
  workspace: Workspace | null;
  /** The server has said that this person is in no workspace. */
  none: boolean;
  /** Why the list may be out of date; empty when it is not. */
  problem: string;
  /** Asks now, or once more when a question is under way. */
  refresh: () => void;
  /** Asks shortly: everybody is told of a change in the same instant, and many changes are one question. */
  refreshSoon: () => void;
}

const spreadMs = 200;
const pauseMs = 1_000;

const cacheKey = (userId: string): string => `runnel-demo-workspace:${userId}`;

function keptWorkspace(userId: string): Workspace | null {
  const stored = localStorage.getItem(cacheKey(userId));
  return stored ? (JSON.parse(stored) as Workspace) : null;
}

/** The first workspace of whoever is signed in; null when there is none. */
async function readWorkspace(): Promise<Workspace | null> {
  const [first] = await api.workspaces();
  return first ? api.workspace(first.id) : null;
}

const words = (error: unknown): string =>
  error instanceof ApiError ? `The server says: ${error.message}` : "Working from this browser: the server does not answer.";

/** `onSignedOut`: the server does not know (any more) who this is. */
export function useWorkspaceList(userId: string, onSignedOut: () => void): WorkspaceList {
  const [workspace, setWorkspace] = useState(() => keptWorkspace(userId));
  const [none, setNone] = useState(false);
  const [problem, setProblem] = useState("");
  const asking = useRef({ now: false, again: false, left: false, last: 0, timer: 0, retry: 0, backoff: new Backoff() });

  const read = useCallback(async () => {
    try {
      const loaded = await readWorkspace();
      if (asking.current.left) return true;
      if (loaded) localStorage.setItem(cacheKey(userId), JSON.stringify(loaded));
      else localStorage.removeItem(cacheKey(userId));
      setWorkspace(loaded);
      setNone(loaded === null);
      setProblem("");
      asking.current.backoff.reset();
      return true;
    } catch (error) {
      if (asking.current.left) return true;
      if (error instanceof ApiError && error.status === 401) onSignedOut();
      else setProblem(words(error));
      return false;
    }
  }, [userId, onSignedOut]);

  // One question at a time: of two answers the older one could come last.
  const refresh = useCallback(async () => {
    const state = asking.current;
    state.again = true;
    if (state.now) return;
    state.now = true;
    while (state.again) {
      state.again = false;
      state.last = Date.now();
      if (await read()) continue;
      state.backoff.closed(Date.now());
      clearTimeout(state.retry);
      state.retry = window.setTimeout(() => void refresh(), state.backoff.delayMs());
    }
    state.now = false;
  }, [read]);

  const refreshSoon = useCallback(() => {
    const state = asking.current;
    if (state.timer !== 0) return;
    const wait = Math.max(Math.random() * spreadMs, state.last + pauseMs - Date.now());
    state.timer = window.setTimeout(() => {
      state.timer = 0;
      void refresh();
    }, wait);
  }, [refresh]);

  useEffect(() => {
    const state = asking.current;
    state.left = false;
    const onReturn = (): void => void refresh();
    onReturn();
    window.addEventListener("online", onReturn);
    window.addEventListener("focus", onReturn);
    return () => {
      state.left = true;
      clearTimeout(state.timer);
      clearTimeout(state.retry);
      state.timer = 0;
      window.removeEventListener("online", onReturn);
      window.removeEventListener("focus", onReturn);
    };
  }, [refresh]);

  return { workspace, none, problem, refresh, refreshSoon };
}
