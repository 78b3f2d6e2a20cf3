import { useCallback, useEffect, useRef, useState } from "react";
import { api, type Person } from "../api.js";
import { Avatar } from "../parts/avatar.js";

const retryMs = 2_000;

export function SignIn({ onSignedIn }: { onSignedIn: (user: Person) => void }) {
  const [people, setPeople] = useState<Person[] | null>(null);
  const [problem, setProblem] = useState("");

  const again = useRef(0);
  const load = useCallback(() => {
    clearTimeout(again.current);
    api.people().then(
      (found) => {
        setPeople(found);
        setProblem("");
      },
      (error: Error) => {
        setProblem(`The server does not answer: ${error.message}`);
        again.current = window.setTimeout(load, retryMs);
      },
    );
  }, []);
  useEffect(() => {
    load();
    window.addEventListener("online", load);
    return () => {
      clearTimeout(again.current);
      window.removeEventListener("online", load);
    };
  }, [load]);

  const signIn = (person: Person): void => {
    api.signIn(person.id).then(({ user }) => onSignedIn(user), (error: Error) => setProblem(`Signing in failed: ${error.message}`));
  };

  return (
    <main className="center">
      <section className="card sign-in">
        <h1>
          <Mark /> Runnel workspace
        </h1>
        <p className="muted">Sign in as one of the demo people. Open a second window and be somebody else.</p>
        {problem && (
          <p role="alert" className="problem">
            {problem} <button onClick={load}>Try again</button>
          </p>
        )}
        <div className="people">
          {people?.map((person) => (
            <button key={person.id} className="person" onClick={() => signIn(person)}>
              <Avatar name={person.name} color={person.color} size={40} />
              <span>{person.name}</span>
            </button>
          ))}
          {!people && !problem && <div className="skeleton" style={{ height: 64, gridColumn: "1 / -1" }} />}
        </div>
      </section>
    </main>
  );
}

export function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
      <path d="M4 22c5-9 8 5 13-4s7-6 11-10" fill="none" stroke="var(--accent)" strokeWidth="4" strokeLinecap="round" />
    </svg>
  );
}
