// One room under StrictMode, with React's development build, which alone mounts everything twice.
import { partykit } from "@runnel/client/partykit";
import { rooms, useCollaboration, usePresence } from "@runnel/react";
import { StrictMode, useEffect } from "react";
import { createRoot, type Root } from "react-dom/client";
import * as Y from "yjs";

let mounts = 0;
let root: Root | null = null;

function Room({ host, id }: { host: string; id: string }) {
  useEffect(() => {
    mounts += 1;
  }, []);
  const room = useCollaboration({ host, type: "strict", id, provider: partykit, getToken: () => null });
  const others = usePresence(room.awareness, { name: "Strict", color: "#123456" });
  return <p data-testid="room">{`${id} ${room.status} ${others.length}`}</p>;
}

Object.assign(globalThis, {
  strictMode: {
    rooms,
    docPrototype: Y.Doc.prototype,
    mounts: () => mounts,
    show(host: string, id: string | null) {
      root ??= createRoot(document.getElementById("root")!);
      root.render(<StrictMode>{id === null ? null : <Room key={id} host={host} id={id} />}</StrictMode>);
    },
  },
});
