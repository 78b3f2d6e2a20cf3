/** What the browser tests count: rooms held, the prototype of documents, elements of the open diagram. */
import { rooms } from "@runnel/react";
import * as Y from "yjs";

interface Probe {
  rooms: typeof rooms;
  docPrototype: object;
  elements(): number;
}

const probe: Probe = { rooms, docPrototype: Y.Doc.prototype, elements: () => -1 };
(globalThis as unknown as { runnelDemo: Probe }).runnelDemo = probe;

/** The open diagram says how many elements it has. */
export function countElements(count: () => number): void {
  probe.elements = count;
}
