/** What a guest sees behind a share link. */
import { useEffect, useState } from "react";
import { api, type Shared } from "../api.js";
import { Paper } from "../parts/paper.js";
import { RoomFrame } from "../parts/room_frame.js";

const guestColors = ["#7c5cff", "#0f9d8a", "#d9487d", "#b7791f"];

function makeGuest() {
  const number = Math.floor(Math.random() * 900) + 100;
  return { id: `guest-${number}`, name: `Guest ${number}`, color: guestColors[number % guestColors.length]! };
}

export function SharedPage({ shareId }: { shareId: string }) {
  const [guest] = useState(makeGuest);
  const [shared, setShared] = useState<Shared | null>(null);
  const [problem, setProblem] = useState("");

  useEffect(() => {
    api.shared(shareId).then(setShared, (error: Error) => setProblem(error.message));
  }, [shareId]);

  if (problem) {
    return (
      <div className="center" role="alert">
        <h3>This link does not work (any more)</h3>
        <p className="muted">{problem}</p>
      </div>
    );
  }
  if (!shared) return <div className="center muted">Opening…</div>;
  const dash = shared.roomId.indexOf("-");
  return (
    <main className="shared">
      <RoomFrame type={shared.roomId.slice(0, dash)} id={shared.roomId.slice(dash + 1)} title={shared.title} user={guest} viewer={shared.access !== "edit"} shareId={shareId} actions={<span className="tag">You are {guest.name}</span>}>
        {(room) => <Paper room={room} user={guest} />}
      </RoomFrame>
    </main>
  );
}
