/** Excalidraw over one room. */
import "./excalidraw_fonts.js";
import { Excalidraw, exportToSvg } from "@excalidraw/excalidraw";
import "@excalidraw/excalidraw/index.css";
import type { ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import type { UseCollaboration } from "@runnel/react";
import { useEffect, useMemo, useRef, useState, type RefObject } from "react";
import { ExcalidrawBinding, yjsToExcalidraw } from "y-excalidraw";
import * as Y from "yjs";
import { watchDiagram } from "../probe.js";
import { useTheme } from "../theme.js";

export default function DiagramEditor({ room }: { room: UseCollaboration }) {
  // Excalidraw keeps its own scene: it may start only from a document that is there.
  if (!room.doc || !room.ready) return <div className="skeleton page" />;
  return <Canvas key={room.doc.guid + String(room.doc.clientID)} room={room} doc={room.doc} />;
}

function Canvas({ room, doc }: { room: UseCollaboration; doc: Y.Doc }) {
  const theme = useTheme();
  const surface = useRef<HTMLDivElement>(null);
  const [excalidraw, setExcalidraw] = useState<ExcalidrawImperativeAPI | null>(null);
  const [binding, setBinding] = useState<ExcalidrawBinding | null>(null);
  const elements = useMemo(() => doc.getArray<Y.Map<unknown>>("elements"), [doc]);
  const assets = useMemo(() => doc.getMap("assets"), [doc]);
  const initialData = useMemo(() => ({ elements: yjsToExcalidraw(elements) }), [elements]);

  useEffect(() => {
    const svg = async (): Promise<string> =>
      (await exportToSvg({ elements: excalidraw?.getSceneElements() ?? [], files: {} })).outerHTML;
    return watchDiagram({ elements, api: excalidraw, svg });
  }, [elements, excalidraw]);

  const { editable, awareness } = room;
  const undoable = useUndoButtons(surface, editable);
  useEffect(() => {
    if (!excalidraw || !surface.current || !awareness) return undefined;
    const undoManager = undoable ? new Y.UndoManager(elements) : null;
    const undo = undoManager ? { excalidrawDom: neverWithout(surface.current), undoManager } : undefined;
    const bound = new ExcalidrawBinding(elements, assets, excalidraw as never, awareness, undo);
    setBinding(bound);
    return () => {
      setBinding(null);
      bound.destroy();
      undoManager?.destroy();
    };
  }, [excalidraw, elements, assets, awareness, undoable]);

  return (
    <div className="canvas" ref={surface} data-testid="diagram">
      <Excalidraw
        excalidrawAPI={setExcalidraw}
        initialData={initialData as never}
        viewModeEnabled={!editable}
        theme={theme}
        onPointerUpdate={(update) => binding?.onPointerUpdate(update)}
      />
    </div>
  );
}

/**
 * The binding looks for the buttons again a moment after each resize, also when they or it are gone by then, and takes them for
 * granted: it gets one that leads nowhere instead of none.
 */
function neverWithout(element: HTMLElement): HTMLElement {
  element.querySelector = (selector: string) => HTMLElement.prototype.querySelector.call(element, selector) ?? document.createElement("button");
  return element;
}

/**
 * Whether Excalidraw shows its buttons for undo and redo, which the binding takes over and may not miss: who may only look has
 * none, and where the right comes later they come some renders after it.
 */
function useUndoButtons(surface: RefObject<HTMLElement>, editable: boolean): boolean {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const element = surface.current;
    if (!element || !editable) {
      setShown(false);
      return undefined;
    }
    const look = (): void => {
      if (!["Undo", "Redo"].every((name) => element.querySelectorAll(`[aria-label="${name}"]`).length > 0)) return;
      observer.disconnect();
      setShown(true);
    };
    const observer = new MutationObserver(look);
    observer.observe(element, { childList: true, subtree: true });
    look();
    return () => observer.disconnect();
  }, [surface, editable]);
  return shown;
}
