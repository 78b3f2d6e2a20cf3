/** The JSON API of the embedded backend (docs/embedded-backend.md), typed. */
import { AccessDenied } from "@runnel/react";

export interface Person {
  id: string;
  name: string;
  color: string;
}
export interface Member {
  userId: string;
  name: string;
  color: string;
  role: string;
}
export interface Entry {
  id: string;
  title: string;
  role?: string;
}
export interface Task extends Entry {
  status: string;
}
export interface Project {
  id: string;
  name: string;
  tasks: Task[];
}
export interface Workspace {
  id: string;
  name: string;
  role: string;
  members: Member[];
  documents: Entry[];
  diagrams: Entry[];
  projects: Project[];
}
export interface ShareLink {
  id: string;
  access: string;
  url: string;
}
export interface Shared {
  roomId: string;
  access: string;
  title: string;
}

const readers = new Set(["viewer", "commenter"]);

/** Whether this person may only look, as far as the list of the workspace tells. */
export function isViewer(workspace: Workspace, kind: string, id: string): boolean {
  const own = kind === "doc" ? workspace.documents.find((document) => document.id === id)?.role : undefined;
  return readers.has(own ?? workspace.role);
}

/** An answer of the server that is not 2xx, with its own words where it has some. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  const json: unknown = text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : null;
  if (!response.ok) {
    const problem = (json ?? {}) as { detail?: string; title?: string; error?: string };
    throw new ApiError(response.status, problem.detail ?? problem.title ?? problem.error ?? `HTTP ${response.status}`);
  }
  return json as T;
}

const at = (id: string): string => encodeURIComponent(id);

export const api = {
  people: () => call<Person[]>("GET", "/api/people"),
  session: () => call<{ user: Person }>("GET", "/api/session"),
  signIn: (userId: string) => call<{ user: Person }>("POST", "/api/session", { userId }),
  signOut: () => call<null>("DELETE", "/api/session"),
  workspaces: () => call<{ id: string; name: string }[]>("GET", "/api/workspaces"),
  workspace: (id: string) => call<Workspace>("GET", `/api/workspaces/${at(id)}`),
  addDocument: (workspace: string, title: string) =>
    call<Entry>("POST", `/api/workspaces/${at(workspace)}/documents`, { title }),
  addDiagram: (workspace: string, title: string) =>
    call<Entry>("POST", `/api/workspaces/${at(workspace)}/diagrams`, { title }),
  addTask: (project: string, title: string) => call<Task>("POST", `/api/projects/${at(project)}/tasks`, { title }),
  rename: (kind: string, id: string, title: string) => call<null>("PATCH", `/api/${kind}/${at(id)}`, { title }),
  setTaskStatus: (id: string, status: string) => call<null>("PATCH", `/api/tasks/${at(id)}`, { status }),
  remove: (kind: string, id: string) => call<null>("DELETE", `/api/${kind}/${at(id)}`),
  members: (document: string) => call<Member[]>("GET", `/api/documents/${at(document)}/members`),
  setMember: (document: string, user: string, role: string) =>
    call<null>("PUT", `/api/documents/${at(document)}/members/${at(user)}`, { role }),
  removeMember: (document: string, user: string) =>
    call<null>("DELETE", `/api/documents/${at(document)}/members/${at(user)}`),
  shareLinks: (document: string) => call<ShareLink[]>("GET", `/api/documents/${at(document)}/share-links`),
  addShareLink: (document: string, access: string) =>
    call<ShareLink>("POST", `/api/documents/${at(document)}/share-links`, { access }),
  removeShareLink: (id: string) => call<null>("DELETE", `/api/share-links/${at(id)}`),
  shared: (id: string) => call<Shared>("GET", `/api/share/${at(id)}`),
};

/** A fresh token for one dial. 401 and 403 are final, everything else may pass. */
export async function roomToken(roomId: string, shareId?: string): Promise<string> {
  try {
    const answer = await call<{ token: string }>("POST", "/collaboration/token", { roomId, shareId });
    return answer.token;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) throw new AccessDenied(error.message);
    throw error;
  }
}

/** The stored state, for showing when neither cache nor connection answers. */
export async function roomSnapshot(roomId: string, shareId?: string): Promise<Uint8Array | null> {
  const query = shareId ? `?share=${at(shareId)}` : "";
  const response = await fetch(`/api/rooms/${at(roomId)}/snapshot${query}`);
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
}
