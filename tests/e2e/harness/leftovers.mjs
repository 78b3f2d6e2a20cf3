// What a test leaves open, it leaves running: a failed case skips its own goodbye, and a client that
// dials for ever keeps the process from ending. Everything that is opened is noted here and closed
// after the last test; child processes end with this process, however that ends.
import { after } from "node:test";

const open = new Set();
const children = new Set();

/** Notes how to close something; returns what forgets it again. */
export function keep(close) {
  open.add(close);
  return () => open.delete(close);
}

/** Notes a child process, which is not to outlive this one. */
export function keepChild(child) {
  children.add(child);
  child.once("exit", () => children.delete(child));
}

const killChildren = () => children.forEach((child) => child.kill("SIGKILL"));

process.on("exit", killChildren);
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    killChildren();
    process.kill(process.pid, signal);
  });
}

// Outside of a test run a hook would begin one.
if (process.env.NODE_TEST_CONTEXT !== undefined) {
  after(async () => {
    for (const close of [...open]) {
      try {
        await close();
      } catch {
        // It was broken already, which is why it is still here.
      }
    }
    open.clear();
    killChildren();
  });
}
