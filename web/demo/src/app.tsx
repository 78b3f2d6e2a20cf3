import { useCallback, useEffect, useState } from "react";
import { api, type Person } from "./api.js";
import { SharedPage } from "./pages/shared.js";
import { SignIn } from "./pages/sign_in.js";
import { WorkspacePage } from "./pages/workspace.js";
import { useRoute } from "./route.js";

type Session = { state: "loading" } | { state: "out" } | { state: "in"; user: Person };

const lastUserKey = "runnel-demo-user";

/** Remembered so that the workspace opens from the cache while the server is away. */
function rememberedUser(): Person | null {
  const stored = localStorage.getItem(lastUserKey);
  return stored ? (JSON.parse(stored) as Person) : null;
}

export function App() {
  const route = useRoute();
  const [session, setSession] = useState<Session>({ state: "loading" });

  const enter = useCallback((user: Person) => {
    localStorage.setItem(lastUserKey, JSON.stringify(user));
    setSession({ state: "in", user });
  }, []);
  const leave = useCallback(() => {
    localStorage.removeItem(lastUserKey);
    void api.signOut().catch(() => undefined);
    setSession({ state: "out" });
  }, []);

  useEffect(() => {
    api.session().then(
      ({ user }) => enter(user),
      (error: unknown) => {
        const user = (error as { status?: number }).status === undefined ? rememberedUser() : null;
        setSession(user ? { state: "in", user } : { state: "out" });
      },
    );
  }, [enter]);

  if (route.kind === "share") return <SharedPage shareId={route.id} />;
  if (session.state === "loading") return <div className="center muted">Opening the workspace…</div>;
  if (session.state === "out") return <SignIn onSignedIn={enter} />;
  return <WorkspacePage user={session.user} route={route} onSignOut={leave} />;
}
