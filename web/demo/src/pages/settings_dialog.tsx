/** The name of a document, diagram or task, and its end. */
import { useEffect, useRef, useState, type FormEvent } from "react";
import { api } from "../api.js";

interface Props {
  /** As the API's paths call it. */
  kind: "documents" | "diagrams" | "tasks";
  id: string;
  title: string;
  /** The list of the workspace is out of date. */
  onChange: () => void;
}

/** A button in a page's head and the dialog behind it. */
export function Settings(props: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button onClick={() => setOpen(true)}>Settings</button>
      {open && <SettingsDialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

function SettingsDialog({ kind, id, title, onChange, onClose }: Props & { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [asked, setAsked] = useState(false);
  const [problem, setProblem] = useState("");
  useEffect(() => dialog.current?.showModal(), []);

  const act = (action: Promise<unknown>, then: () => void): void => {
    action.then(
      () => {
        onChange();
        dialog.current?.close();
        then();
      },
      (error: Error) => setProblem(`That did not work: ${error.message}`),
    );
  };
  const rename = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("title") ?? "").trim();
    if (name) act(api.rename(kind, id, name), () => undefined);
  };
  const remove = (): void => act(api.remove(kind, id), () => (window.location.hash = "#/"));
  return (
    <dialog ref={dialog} onClose={onClose} aria-label="Settings">
      <h2 className="ellipsis">{title}</h2>
      <form onSubmit={rename} className="settings">
        <label>
          Name
          <input name="title" defaultValue={title} maxLength={200} required autoFocus />
        </label>
        {problem && <p className="problem" role="alert">{problem}</p>}
        {asked && <p role="alert">Nobody will be able to open it any more. Delete it?</p>}
        <div className="dialog-actions">
          <button type="button" className="danger" onClick={asked ? remove : () => setAsked(true)}>
            {asked ? "Yes, delete it" : "Delete…"}
          </button>
          <span className="spacer" />
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button className="primary">Save</button>
        </div>
      </form>
    </dialog>
  );
}
