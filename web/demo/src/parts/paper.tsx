/** A sheet of rich text: a document, or what a task says. The editor is loaded when the first one is opened. */
import type { UseCollaboration } from "@runnel/react";
import { lazy, Suspense } from "react";

const DocumentEditor = lazy(() => import("./document_editor.js"));

/** Root of the shared XML; one name for all kinds of rich text. */
const documentRoot = "document";

export function Paper({ room, user }: { room: UseCollaboration; user: { name: string; color: string } }) {
  return (
    <div className="paper">
      <Suspense fallback={<div className="skeleton page" />}>
        <DocumentEditor room={room} root={documentRoot} user={user} />
      </Suspense>
    </div>
  );
}
