import { isViewer, type Person, type Workspace } from "../api.js";
import { dialAhead } from "../collaborate.js";
import { Avatar } from "../parts/avatar.js";
import { linkTo } from "../route.js";

interface Card {
  kind: "doc" | "diagram" | "task";
  what: string;
  id: string;
  title: string;
  note: string;
}

function cardsOf(workspace: Workspace): Card[] {
  const { documents, diagrams, projects } = workspace;
  return [
    ...documents.map(({ id, title, role }) => ({ kind: "doc" as const, what: "Document", id, title, note: role ?? "" })),
    ...diagrams.map(({ id, title }) => ({ kind: "diagram" as const, what: "Diagram", id, title, note: "" })),
    ...projects.flatMap(({ tasks }) =>
      tasks.map(({ id, title, status }) => ({ kind: "task" as const, what: "Task", id, title, note: status })),
    ),
  ];
}

export function Home({ workspace, user }: { workspace: Workspace; user: Person }) {
  return (
    <div className="home">
      <h2>{workspace.name}</h2>
      <p className="muted">Everything here is edited together, live. Kill the server while you type: nothing is lost.</p>
      <div className="cards">
        {cardsOf(workspace).map(({ kind, what, id, title, note }) => (
          <a
            key={`${kind}-${id}`}
            className="card"
            href={linkTo(kind, id)}
            onPointerEnter={() => dialAhead({ type: kind, id, userId: user.id, viewer: isViewer(workspace, kind, id) })}
          >
            <span className="card-kind muted">
              {what}
              {note && <span className="tag">{note}</span>}
            </span>
            <strong>{title}</strong>
          </a>
        ))}
      </div>
      <h3>People</h3>
      <ul className="member-list">
        {workspace.members.map((member) => (
          <li key={member.userId}>
            <Avatar name={member.name} color={member.color} />
            <span className="grow">{member.name}</span>
            <span className="tag">{member.role}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
