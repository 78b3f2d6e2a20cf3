/** Named live pointers over a shared surface. */
import type { Person } from "./use_presence.js";

/** Place it inside a positioned element; pointers are fractions of that element. */
export function Cursors({ people }: { people: Person[] }) {
  return (
    <div aria-hidden="true" style={{ position: "absolute", inset: 0, pointerEvents: "none", overflow: "hidden" }}>
      {people.map((person) =>
        person.pointer ? <Cursor key={person.clientId} person={person} at={person.pointer} /> : null,
      )}
    </div>
  );
}

function Cursor({ person, at }: { person: Person; at: { x: number; y: number } }) {
  return (
    <div
      data-testid="remote-cursor"
      style={{
        position: "absolute",
        left: `${at.x * 100}%`,
        top: `${at.y * 100}%`,
        transition: "left 80ms linear, top 80ms linear",
      }}
    >
      <svg width="16" height="20" viewBox="0 0 16 20" fill={person.user.color} stroke="white" strokeWidth="1.2">
        <path d="M1 1 L1 15 L5 11.5 L8 18 L10.5 17 L7.6 10.6 L13 10 Z" />
      </svg>
      <span
        style={{
          position: "absolute",
          left: 12,
          top: 16,
          padding: "1px 7px",
          borderRadius: 9,
          background: person.user.color,
          color: "white",
          font: "500 11px/16px system-ui, sans-serif",
          whiteSpace: "nowrap",
        }}
      >
        {person.user.name}
      </span>
    </div>
  );
}
