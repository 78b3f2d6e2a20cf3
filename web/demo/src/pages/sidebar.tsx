import type { FormEvent, ReactNode } from "react";
import { useEffect, useRef, useState } from "react";
import { api, isViewer, type Person, type Workspace } from "../api.js";
import { dialAhead, noteCreated } from "../collaborate.js";
import { Avatar, Avatars, type Face } from "../parts/avatar.js";
import { linkTo, type Route } from "../route.js";
import { toggleTheme, useTheme } from "../theme.js";
import type { Whereabouts } from "../presence.js";
import { Mark } from "./sign_in.js";

interface Props {
  workspace: Workspace;
  user: Person;
  route: Route;
  whereabouts: Whereabouts;
  /** Of a narrow window, where it covers the page; elsewhere it is always there. */
  open: boolean;
  onClose: () => void;
  onChange: () => void;
  onSignOut: () => void;
}

export function Sidebar({ workspace, user, route, whereabouts, open: shown, onClose, onChange, onSignOut }: Props) {
  const theme = useTheme();
  const mayAdd = workspace.role !== "viewer";
  const open = (kind: Route["kind"], id: string): void => {
    noteCreated(kind, id);
    onChange();
    window.location.hash = linkTo(kind, id);
  };
  const item = (kind: "doc" | "diagram" | "task", id: string, title: string, note?: string): ReactNode => (
    <Item key={id} kind={kind} id={id} title={title} note={note} active={route.kind === kind && route.id === id}
      people={whereabouts.get(`${kind}-${id}`) ?? []}
      onRest={() => dialAhead({ type: kind, id, userId: user.id, viewer: isViewer(workspace, kind, id) })} />
  );
  return (
    <nav id="workspace-menu" className={shown ? "sidebar open" : "sidebar"} aria-label="Workspace" onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <a className="workspace-name" href="#/">
        <Mark /> <span className="ellipsis">{workspace.name}</span>
      </a>
      <Section title="Documents" add={mayAdd && "New document"} onAdd={async (title) => open("doc", (await api.addDocument(workspace.id, title)).id)}>
        {workspace.documents.map(({ id, title, role }) => item("doc", id, title, role === "viewer" ? "view" : undefined))}
      </Section>
      <Section title="Diagrams" add={mayAdd && "New diagram"} onAdd={async (title) => open("diagram", (await api.addDiagram(workspace.id, title)).id)}>
        {workspace.diagrams.map(({ id, title }) => item("diagram", id, title))}
      </Section>
      {workspace.projects.map((project) => (
        <Section key={project.id} title={project.name} add={mayAdd && "New task"} onAdd={async (title) => open("task", (await api.addTask(project.id, title)).id)}>
          {project.tasks.map(({ id, title, status }) => item("task", id, title, status === "done" ? "done" : undefined))}
        </Section>
      ))}
      <footer>
        <Avatar name={user.name} color={user.color} />
        <span className="grow ellipsis">{user.name}</span>
        <button className="quiet" onClick={toggleTheme} aria-label={theme === "dark" ? "Use the light theme" : "Use the dark theme"}>
          {theme === "dark" ? "☀" : "☾"}
        </button>
        <button className="quiet" onClick={onSignOut}>
          Sign out
        </button>
      </footer>
    </nav>
  );
}

interface ItemProps {
  kind: "doc" | "diagram" | "task";
  id: string;
  title: string;
  note: string | undefined;
  active: boolean;
  people: Face[];
  onRest: () => void;
}

const restMs = 80; // a pointer that only passes by dials nothing

function Item({ kind, id, title, note, active, people, onRest }: ItemProps) {
  const rest = useRef<ReturnType<typeof setTimeout>>();
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (active) link.current?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <li>
      <a
        ref={link}
        href={linkTo(kind, id)}
        aria-current={active ? "page" : undefined}
        onPointerEnter={() => (rest.current = setTimeout(onRest, restMs))}
        onPointerLeave={() => clearTimeout(rest.current)}
        onFocus={onRest}
      >
        <span className="grow ellipsis">{title}</span>
        {note && <span className="tag">{note}</span>}
        {people.length > 0 && <Avatars faces={people} label={`In ${title}`} />}
      </a>
    </li>
  );
}

interface SectionProps {
  title: string;
  /** What the button says; false: this person may add nothing. */
  add: string | false;
  onAdd: (title: string) => Promise<void>;
  children: ReactNode[];
}

function Section({ title, add, onAdd, children }: SectionProps) {
  const [adding, setAdding] = useState(false);
  const [problem, setProblem] = useState("");
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("title") ?? "").trim();
    if (!name) return;
    onAdd(name).then(
      () => setAdding(false),
      (error: Error) => setProblem(error.message),
    );
  };
  return (
    <section>
      <div className="section-head">
        <h3 className="grow ellipsis">{title}</h3>
        {add && (
          <button className="quiet" aria-label={add} aria-expanded={adding} title={add} onClick={() => setAdding(!adding)}>
            +
          </button>
        )}
      </div>
      {add && adding && (
        <form onSubmit={submit} className="add">
          <input name="title" placeholder={add} aria-label={add} autoFocus onKeyDown={(event) => event.key === "Escape" && setAdding(false)} />
          {problem && <p className="problem" role="alert">{problem}</p>}
        </form>
      )}
      {children.length > 0 ? <ul>{children}</ul> : <p className="none muted">None yet</p>}
    </section>
  );
}
