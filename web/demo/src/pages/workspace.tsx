import { useEffect, useState, type MouseEvent } from "react";
import { isViewer, type Person, type Workspace } from "../api.js";
import { Notice } from "../parts/room_frame.js";
import { useWorkspacePresence } from "../presence.js";
import type { Route } from "../route.js";
import { useWorkspaceList } from "../workspace_list.js";
import { Home } from "./home.js";
import { Sidebar } from "./sidebar.js";
import { Mark } from "./sign_in.js";
import { DiagramPage, DocumentPage, TaskPage } from "./rooms.js";

interface Props {
  user: Person;
  route: Route;
  onSignOut: () => void;
}

export function WorkspacePage({ user, route, onSignOut }: Props) {
  const { workspace, none, problem, refresh, refreshSoon } = useWorkspaceList(user.id, onSignOut);
  const here = route.kind === "home" ? "" : `${route.kind}-${route.id}`;
  const whereabouts = useWorkspacePresence(workspace?.id ?? null, user, here, refreshSoon);

  const [menu, setMenu] = useState(false);
  useEffect(() => setMenu(false), [here]);

  if (!workspace) return <Nowhere user={user} none={none} problem={problem} onAgain={refresh} onSignOut={onSignOut} />;
  return (
    <div className="layout">
      <a className="skip" href="#content" onClick={toContent}>
        Skip to the content
      </a>
      <header className="topbar">
        <button aria-expanded={menu} aria-controls="workspace-menu" onClick={() => setMenu(!menu)}>
          {menu ? "Close" : "Menu"}
        </button>
        <a className="workspace-name" href="#/">
          <Mark /> <span className="ellipsis">{workspace.name}</span>
        </a>
      </header>
      <Sidebar workspace={workspace} user={user} route={route} whereabouts={whereabouts} open={menu} onClose={() => setMenu(false)} onChange={refresh} onSignOut={onSignOut} />
      <main id="content" tabIndex={-1}>
        {problem && <Notice>{problem}</Notice>}
        <Page route={route} workspace={workspace} user={user} refresh={refresh} />
      </main>
    </div>
  );
}

/** The address says which page is open, so it stays as it is. */
function toContent(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

interface NowhereProps {
  user: Person;
  none: boolean;
  problem: string;
  onAgain: () => void;
  onSignOut: () => void;
}

/** Instead of a workspace: it is on its way, it cannot be reached, or there is none. */
function Nowhere({ user, none, problem, onAgain, onSignOut }: NowhereProps) {
  if (!none && !problem) return <main className="center muted">Opening the workspace…</main>;
  return (
    <main className="center">
      <h1>{none ? "You are in no workspace" : "The workspace cannot be reached"}</h1>
      <p className="muted" role="alert">{none ? `${user.name} is not a member of any. Ask somebody who manages one.` : problem}</p>
      <div className="dialog-actions">
        <button className="primary" onClick={onAgain}>
          Try again
        </button>
        <button onClick={onSignOut}>Sign out</button>
      </div>
    </main>
  );
}

function Page({ route, workspace, user, refresh }: { route: Route; workspace: Workspace; user: Person; refresh: () => void }) {
  const viewer = isViewer(workspace, route.kind, route.id);
  if (route.kind === "doc") {
    const entry = workspace.documents.find((document) => document.id === route.id);
    return <DocumentPage key={route.id} id={route.id} entry={entry} workspace={workspace} user={user} onChange={refresh} />;
  }
  if (route.kind === "diagram") {
    const entry = workspace.diagrams.find((diagram) => diagram.id === route.id);
    return <DiagramPage key={route.id} id={route.id} title={entry?.title ?? ""} user={user} viewer={viewer} onChange={refresh} />;
  }
  if (route.kind === "task") {
    const task = workspace.projects.flatMap((project) => project.tasks).find((candidate) => candidate.id === route.id);
    return <TaskPage key={route.id} id={route.id} task={task} user={user} viewer={viewer} onChange={refresh} />;
  }
  return <Home workspace={workspace} user={user} />;
}
