/** BlockNote over one room; used by documents and by the descriptions of tasks. */
import type { UseCollaboration } from "@runnel/react";
import { BlockNoteView } from "@blocknote/mantine";
import { useCreateBlockNote } from "@blocknote/react";
import "@blocknote/core/fonts/inter.css";
import "@blocknote/mantine/style.css";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import { useTheme } from "../theme.js";

interface Props {
  room: UseCollaboration;
  root: string;
  user: { name: string; color: string };
}

export default function DocumentEditor({ room, root, user }: Props) {
  if (!room.doc || !room.awareness) return null;
  // Keyed by the document: another room gets another editor, never a re-used one.
  return (
    <Editor
      key={room.doc.guid + String(room.doc.clientID)}
      fragment={room.doc.getXmlFragment(root)}
      awareness={room.awareness}
      editable={room.editable || (room.status === "connecting" && !room.ready)}
      user={user}
    />
  );
}

interface EditorProps {
  fragment: Y.XmlFragment;
  awareness: Awareness;
  editable: boolean;
  user: { name: string; color: string };
}

function Editor({ fragment, awareness, editable, user }: EditorProps) {
  const theme = useTheme();
  const editor = useCreateBlockNote(
    { collaboration: { fragment, user, provider: { awareness }, showCursorLabels: "activity" } },
    [fragment],
  );
  return <BlockNoteView editor={editor} editable={editable} theme={theme} data-testid="editor" />;
}
