/** The pages of one document, diagram or task. */
import { lazy, Suspense, useState } from "react";
import { api, isViewer, type Entry, type Person, type Task, type Workspace } from "../api.js";
import { Paper } from "../parts/paper.js";
import { Notice, RoomFrame } from "../parts/room_frame.js";
import { Settings } from "./settings_dialog.js";
import { ShareDialog } from "./share_dialog.js";

const DiagramEditor = lazy(() => import("../parts/diagram_editor.js"));

interface DocumentProps {
  id: string;
  entry: Entry | undefined;
  workspace: Workspace;
  user: Person;
  /** The list of the workspace is out of date. */
  onChange: () => void;
}

export function DocumentPage({ id, entry, workspace, user, onChange }: DocumentProps) {
  const [sharing, setSharing] = useState(false);
  const mayShare = workspace.role === "admin" || entry?.role === "owner" || entry?.role === "editor";
  const share = mayShare && (
    <>
      <Settings kind="documents" id={id} title={entry?.title ?? ""} onChange={onChange} />
      <button onClick={() => setSharing(true)}>Share</button>
    </>
  );
  return (
    <>
      <RoomFrame type="doc" id={id} title={entry?.title ?? ""} user={user} viewer={isViewer(workspace, "doc", id)} listed={entry !== undefined} actions={share} onDenied={onChange}>
        {(room) => <Paper room={room} user={user} />}
      </RoomFrame>
      {sharing && <ShareDialog documentId={id} title={entry?.title ?? ""} workspace={workspace} onClose={() => setSharing(false)} />}
    </>
  );
}

interface DiagramProps {
  id: string;
  title: string;
  user: Person;
  viewer: boolean;
  onChange: () => void;
}

export function DiagramPage({ id, title, user, viewer, onChange }: DiagramProps) {
  const settings = !viewer && <Settings kind="diagrams" id={id} title={title} onChange={onChange} />;
  return (
    <RoomFrame type="diagram" id={id} title={title} user={user} viewer={viewer} actions={settings} onDenied={onChange}>
      {(room) => (
        <Suspense fallback={<div className="skeleton page" />}>
          <DiagramEditor room={room} />
        </Suspense>
      )}
    </RoomFrame>
  );
}

const statuses = ["todo", "doing", "done"];

interface TaskProps {
  id: string;
  task: Task | undefined;
  user: Person;
  viewer: boolean;
  onChange: () => void;
}

export function TaskPage({ id, task, user, viewer, onChange }: TaskProps) {
  const [problem, setProblem] = useState("");
  const change = (name: string): void => {
    api.setTaskStatus(id, name).then(
      () => {
        setProblem("");
        onChange();
      },
      (error: Error) => setProblem(`The status could not be changed: ${error.message}`),
    );
  };
  const actions = (
    <>
      <label className="task-status">
        <span className="muted">Status</span>
        <select value={task?.status ?? "todo"} disabled={viewer} onChange={(event) => change(event.target.value)}>
          {statuses.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {!viewer && <Settings kind="tasks" id={id} title={task?.title ?? ""} onChange={onChange} />}
    </>
  );
  return (
    <RoomFrame type="task" id={id} title={task?.title ?? ""} user={user} viewer={viewer} actions={actions} onDenied={onChange}>
      {(room) => (
        <>
          {problem && <Notice>{problem}</Notice>}
          <Paper room={room} user={user} />
        </>
      )}
    </RoomFrame>
  );
}
