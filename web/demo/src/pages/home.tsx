import type { Workspace } from "../api.js";
import { dialAhead } from "../collaborate.js";
import { Avatar } from "../parts/avatar.js";
import type { linkTo as LinkTo } from "../route.js";

export function Home({ workspace, linkTo }: { workspace: Workspace; linkTo: typeof LinkTo }) {
  const cards = [
    ...workspace.documents.map((entry) => ({ ...entry, kind: "doc" as const, what: "Document" })),
    ...workspace.diagrams.map((entry) => ({ ...entry, kind: "diagram" as const, what: "Diagram" })),
  ];
  return (
    <div className="home">
      <h2>{workspace.name}</h2>
      <p className="muted">Everything here is edited together, live. Kill the server while you type: nothing is lost.</p>
      <div className="cards">
        {cards.map((card) => (
          <a key={card.id} className="card" href={linkTo(card.kind, card.id)} onPointerEnter={() => dialAhead(card.kind, card.id)}>
            <span className="muted">{card.what}</span>
            <strong>{card.title}</strong>
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
