/** An editor that breaks leaves the rest of the workspace standing: the sidebar, the way to the other documents. */
import { Component, type ReactNode } from "react";

interface State {
  broken: string | null;
}

export class EditorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { broken: null };

  static getDerivedStateFromError(error: unknown): State {
    return { broken: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    const { broken } = this.state;
    if (broken === null) return this.props.children;
    return (
      <div className="center" role="alert">
        <h3>The editor has stopped</h3>
        <p className="muted">What you typed is kept. ({broken})</p>
        {/* Anew as a whole: a part of the page that could not be fetched is not asked for twice otherwise. */}
        <button onClick={() => window.location.reload()}>Open it again</button>
      </div>
    );
  }
}
