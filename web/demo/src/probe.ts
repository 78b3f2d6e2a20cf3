/** What the browser tests look at: rooms held, the prototype of documents, what the open diagram draws. */
import { rooms } from "@runnel/react";
import * as Y from "yjs";

/** As much of Excalidraw as is looked at: it draws on a canvas, where no test can read names. */
interface Diagram {
  elements: { readonly length: number };
  api: {
    getAppState(): { collaborators: Map<string, { username?: string | null; pointer?: unknown }> };
    getSceneElements(): readonly object[];
  } | null;
  /** The picture as a file, which has the fonts in it. */
  svg(): Promise<string>;
}

let diagram: Diagram | null = null;

const probe = {
  rooms,
  room: (name: string) => rooms.open.find(({ room }) => room === name),
  docPrototype: Y.Doc.prototype,
  elements: (): number => diagram?.elements.length ?? -1,
  texts: (): string[] => (diagram?.api?.getSceneElements() ?? []).flatMap((element) => ("text" in element ? [String(element.text)] : [])),
  svg: (): Promise<string> | undefined => diagram?.svg(),
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
