/** What the browser tests look at: rooms held, the prototype of documents, what the open diagram draws. */
import { rooms } from "@runnel/react";
import * as Y from "yjs";

/** As much of Excalidraw as is looked at: it draws on a canvas, where no test can read names. */
interface Diagram {
  elements: { readonly length: number };
  api: { getAppState(): { collaborators: Map<string, { username?: string | null; pointer?: unknown }> } } | null;
}

let diagram: Diagram | null = null;

const probe = {
  rooms,
  room: (name: string) => rooms.open.find(({ room }) => room === name),
  docPrototype: Y.Doc.prototype,
  elements: (): number => diagram?.elements.length ?? -1,
  /** Names at the pointers that Excalidraw draws. */
  pointers: (): string[] =>
    [...(diagram?.api?.getAppState().collaborators.values() ?? [])].filter(({ pointer }) => pointer).map(({ username }) => username ?? ""),
};
(globalThis as unknown as { runnelDemo: typeof probe }).runnelDemo = probe;

/** The open diagram shows itself; the answer ends that. */
export function watchDiagram(open: Diagram): () => void {
  diagram = open;
  return () => {
    diagram = null;
  };
}
