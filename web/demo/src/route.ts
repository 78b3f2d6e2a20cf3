/** Where the page is: `#/doc/{id}`, `#/diagram/{id}`, `#/task/{id}`, `#/share/{id}`. */
import { useSyncExternalStore } from "react";

export interface Route {
  kind: "home" | "doc" | "diagram" | "task" | "share";
  id: string;
}

const kinds = new Set(["doc", "diagram", "task", "share"]);

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  const [, kind = "", id = ""] = hash.replace(/^#/, "").split("/");
  return kinds.has(kind) && id ? { kind: kind as Route["kind"], id: decoded(id) } : { kind: "home", id: "" };
}

/** An address that somebody typed may hold a stray percent sign. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const linkTo = (kind: Route["kind"], id: string): string => `#/${kind}/${encodeURIComponent(id)}`;
