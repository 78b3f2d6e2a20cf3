/** Excalidraw over one room. */
import "./excalidraw_fonts.js";
import { Excalidraw, exportToSvg } from "@excalidraw/excalidraw";
import "@excalidraw/excalidraw/index.css";
import type { ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import type { UseCollaboration } from "@runnel/react";
import { useEffect, useMemo, useRef, useState } from "react";
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

  useEffect(() => {
    if (!excalidraw || !surface.current || !room.awareness) return undefined;
    const undoManager = new Y.UndoManager(elements);
    const bound = new ExcalidrawBinding(elements, assets, excalidraw as never, room.awareness, {
      excalidrawDom: surface.current,
      undoManager,
    });
    setBinding(bound);
    return () => {
      setBinding(null);
      bound.destroy();
      undoManager.destroy();
    };
  }, [excalidraw, elements, assets, room.awareness]);

  return (
    <div className="canvas" ref={surface} data-testid="diagram">
      <Excalidraw
        excalidrawAPI={setExcalidraw}
        initialData={initialData as never}
        viewModeEnabled={!room.editable}
        theme={theme}
        onPointerUpdate={(update) => binding?.onPointerUpdate(update)}
      />
    </div>
  );
}
