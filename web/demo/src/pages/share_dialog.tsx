/** Who may open this document, and links for guests. */
import { useCallback, useEffect, useRef, useState } from "react";
import { api, type Member, type ShareLink, type Workspace } from "../api.js";
import { Avatar } from "../parts/avatar.js";

interface Props {
  documentId: string;
  title: string;
  workspace: Workspace;
  onClose: () => void;
}

export function ShareDialog({ documentId, title, workspace, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [members, setMembers] = useState<Member[]>([]);
  const [links, setLinks] = useState<ShareLink[]>([]);
  const [problem, setProblem] = useState("");

  const refresh = useCallback(async () => {
    try {
      setMembers(await api.members(documentId));
      setLinks(await api.shareLinks(documentId));
      setProblem("");
    } catch (error) {
      setProblem((error as Error).message);
    }
  }, [documentId]);
  const change = (action: Promise<unknown>): void => {
    action.then(refresh, (error: Error) => setProblem(error.message));
  };

  useEffect(() => {
    dialog.current?.showModal();
    void refresh();
  }, [refresh]);

  const roleOf = (userId: string): string => members.find((member) => member.userId === userId)?.role ?? "none";
  return (
    <dialog ref={dialog} onClose={onClose} aria-label="Share">
      <h2 className="ellipsis">Share {title && `“${title}”`}</h2>
      <h3>People</h3>
      <ul className="member-list">
        {workspace.members.map((member) => (
          <li key={member.userId}>
            <Avatar name={member.name} color={member.color} />
            <span className="grow ellipsis">{member.name}</span>
            <select
              aria-label={`Role of ${member.name}`}
              value={roleOf(member.userId)}
              onChange={(event) => {
                const role = event.target.value;
                change(role === "none" ? api.removeMember(documentId, member.userId) : api.setMember(documentId, member.userId, role));
              }}
            >
              <option value="owner" disabled>
                owner
              </option>
              <option value="editor">can edit</option>
              <option value="viewer">can view</option>
              <option value="none">{member.role === "admin" ? "can edit, as admin" : "no access"}</option>
            </select>
          </li>
        ))}
      </ul>
      <h3>Links for guests</h3>
      <ul className="member-list">
        {links.map((link) => (
          <Link key={link.id} link={link} onRemove={() => change(api.removeShareLink(link.id))} />
        ))}
      </ul>
      {links.length === 0 && <p className="muted">None yet. Whoever has a link can look at this document, without an account.</p>}
      {problem && <p className="problem" role="alert">{problem}</p>}
      <div className="dialog-actions">
        <button onClick={() => change(api.addShareLink(documentId, "view"))}>New link for viewers</button>
        <span className="spacer" />
        <button className="primary" onClick={() => dialog.current?.close()}>
          Done
        </button>
      </div>
    </dialog>
  );
}

function Link({ link, onRemove }: { link: ShareLink; onRemove: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(field.current?.value ?? "");
      setCopied(true);
    } catch {
      setCopied(document.execCommand("copy")); // pages without TLS have no clipboard of their own
    }
  };
  return (
    <li className="link">
      <input ref={field} readOnly className="grow" aria-label="Link" value={new URL(link.url, window.location.href).toString()} onFocus={(event) => event.target.select()} />
      <span className="tag">{link.access}</span>
      <button onClick={() => void copy()}>{copied ? "Copied" : "Copy"}</button>
      <button className="quiet" onClick={onRemove}>
        Remove
      </button>
    </li>
  );
}
