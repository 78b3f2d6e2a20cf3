import { useCallback, useEffect, useState } from "react";
import { api, isViewer, type Person, type Workspace } from "../api.js";
import { Notice } from "../parts/room_frame.js";
import { useWorkspacePresence } from "../presence.js";
import type { Route } from "../route.js";
import { Home } from "./home.js";
import { Sidebar } from "./sidebar.js";
import { DiagramPage, DocumentPage, TaskPage } from "./rooms.js";

interface Props {
  user: Person;
  route: Route;
  onSignOut: () => void;
}

const cacheKey = (userId: string): string => `runnel-demo-workspace:${userId}`;

/** The list of the last visit, so that the workspace opens while the server is away. */
function useWorkspace(userId: string) {
  const [workspace, setWorkspace] = useState<Workspace | null>(() => {
    const stored = localStorage.getItem(cacheKey(userId));
    return stored ? (JSON.parse(stored) as Workspace) : null;
  });
  const [problem, setProblem] = useState("");

  const refresh = useCallback(async () => {
    try {
      const [first] = await api.workspaces();
      if (!first) return;
      const loaded = await api.workspace(first.id);
      localStorage.setItem(cacheKey(userId), JSON.stringify(loaded));
      setWorkspace(loaded);
      setProblem("");
    } catch (error) {
      setProblem((error as Error).message);
    }
  }, [userId]);

  useEffect(() => {
    void refresh();
    const onReturn = (): void => void refresh();
    window.addEventListener("online", onReturn);
    window.addEventListener("focus", onReturn);
    return () => {
      window.removeEventListener("online", onReturn);
      window.removeEventListener("focus", onReturn);
    };
  }, [refresh]);

  return { workspace, problem, refresh };
}

export function WorkspacePage({ user, route, onSignOut }: Props) {
  const { workspace, problem, refresh } = useWorkspace(user.id);
  const here = route.kind === "home" ? "" : `${route.kind}-${route.id}`;
  const whereabouts = useWorkspacePresence(workspace?.id ?? null, user, here);

  if (!workspace) {
    return <div className="center muted">{problem ? `The workspace cannot be reached: ${problem}` : "Opening the workspace…"}</div>;
  }
  return (
    <div className="layout">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <Sidebar workspace={workspace} user={user} route={route} whereabouts={whereabouts} onChange={refresh} onSignOut={onSignOut} />
      <main id="content" tabIndex={-1}>
        {problem && <Notice>Working from this browser: the server does not answer.</Notice>}
        <Page route={route} workspace={workspace} user={user} refresh={refresh} />
      </main>
    </div>
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
    return <DiagramPage key={route.id} id={route.id} title={entry?.title ?? "Diagram"} user={user} viewer={viewer} onChange={refresh} />;
  }
  if (route.kind === "task") {
    const task = workspace.projects.flatMap((project) => project.tasks).find((candidate) => candidate.id === route.id);
    return <TaskPage key={route.id} id={route.id} task={task} user={user} viewer={viewer} onChange={refresh} />;
  }
  return <Home workspace={workspace} user={user} />;
}
