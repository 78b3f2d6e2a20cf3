/** BlockNote over one room; used by documents and by the descriptions of tasks. */
import type { UseCollaboration } from "@runnel/react";
import { BlockNoteView } from "@blocknote/mantine";
import { useCreateBlockNote } from "@blocknote/react";
import "@blocknote/core/fonts/inter.css";
import "@blocknote/mantine/style.css";
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { useEffect } from "react";
import { useTheme } from "../theme.js";

/**
 * The first paragraph of an empty document, as BlockNote would make it. It is the same structs from the
 * same client everywhere, so two people who begin at once begin in one paragraph instead of two documents.
 */
const firstParagraph = (root: string): Uint8Array => {
  const doc = new Y.Doc();
  doc.clientID = 1;
  const group = new Y.XmlElement("blockGroup");
  const container = new Y.XmlElement("blockContainer");
  const paragraph = new Y.XmlElement("paragraph");
  doc.getXmlFragment(root).insert(0, [group]);
  group.insert(0, [container]);
  container.setAttribute("id", "initialBlockId");
  container.insert(0, [paragraph]);
  for (const [name, value] of Object.entries({ backgroundColor: "default", textAlignment: "left", textColor: "default" })) {
    paragraph.setAttribute(name, value);
  }
  const update = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return update;
};

interface Props {
  room: UseCollaboration;
  root: string;
  user: { name: string; color: string };
}

export default function DocumentEditor({ room, root, user }: Props) {
  const { doc, editable } = room;
  useEffect(() => {
    if (doc && editable && doc.getXmlFragment(root).length === 0) Y.applyUpdate(doc, firstParagraph(root), firstParagraph);
  }, [doc, editable, root]);
  // An empty sheet where the words are only on their way would be a lie.
  if (!room.doc || !room.awareness || !room.ready) return <div className="skeleton page" />;
  // Keyed by the document: another room gets another editor, never a re-used one.
  return (
    <Editor
      key={room.doc.guid + String(room.doc.clientID)}
      fragment={room.doc.getXmlFragment(root)}
      awareness={room.awareness}
      editable={room.editable}
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
    {
      domAttributes: { editor: { "aria-label": "Text of the document" } },
      collaboration: { fragment, user, provider: { awareness }, showCursorLabels: "activity" },
    },
    [fragment],
  );
  return <BlockNoteView editor={editor} editable={editable} theme={theme} data-testid="editor" />;
}
