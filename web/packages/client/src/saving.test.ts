import { describe, expect, it } from "vitest";
import { SavingTracker } from "./saving.js";

const update = Uint8Array.from([0, 2, 0]);
const step1 = Uint8Array.from([0, 0, 0]);

describe("where the latest edit is", () => {
  it("is not being saved while there is none", () => {
    const saving = new SavingTracker();
    expect(saving.state).toBe("saved here");
    saving.connectionOpened();
    expect(saving.state).toBe("saved here");
  });

  it("follows the acknowledgements of the message that carried it", () => {
    const saving = new SavingTracker();
    saving.connectionOpened();
    saving.localEdit();
    expect(saving.state).toBe("saving");
    saving.cacheWritten();
    expect(saving.state).toBe("saved here");
    saving.messageSent(step1); // not counted
    saving.messageSent(update);
    saving.acknowledged({ received: 1, durable: 0, backend: 0 });
    expect(saving.state).toBe("received");
    saving.acknowledged({ received: 1, durable: 1, backend: 0 });
    expect(saving.state).toBe("durable");
    saving.acknowledged({ received: 1, durable: 1, backend: 1 });
    expect(saving.state).toBe("in the backend");
  });

  it("does not take the acknowledgement of an earlier edit for the latest", () => {
    const saving = new SavingTracker();
    saving.connectionOpened();
    saving.localEdit();
    saving.messageSent(update);
    saving.acknowledged({ received: 1, durable: 1, backend: 1 });
    saving.localEdit();
    saving.messageSent(update);
    expect(saving.state).toBe("saving");
    saving.acknowledged({ received: 2, durable: 1, backend: 1 });
    expect(saving.state).toBe("received");
  });

  it("treats what a lost connection did not acknowledge as unsent", () => {
    const saving = new SavingTracker();
    saving.connectionOpened();
    saving.localEdit();
    saving.messageSent(update);
    saving.connectionLost();
    saving.connectionOpened();
    expect(saving.state).toBe("saving");
    saving.messageSent(Uint8Array.from([0, 1, 0])); // SyncStep2 carries it again
    saving.acknowledged({ received: 1, durable: 0, backend: 0 });
    expect(saving.state).toBe("received");
  });

  it("counts a chunked message once", () => {
    const saving = new SavingTracker();
    saving.connectionOpened();
    saving.localEdit();
    saving.messageSent('y-pk-batch#{"id":"a","type":"start","size":6,"count":2}');
    saving.messageSent(Uint8Array.from([0, 2, 9]));
    saving.messageSent(Uint8Array.from([0, 2, 9]));
    saving.messageSent('y-pk-batch#{"id":"a","type":"end","size":6,"count":2}');
    saving.acknowledged({ received: 1, durable: 0, backend: 0 });
    expect(saving.state).toBe("received");
    saving.localEdit();
    saving.messageSent(update);
    saving.acknowledged({ received: 1, durable: 1, backend: 1 });
    expect(saving.state).toBe("saving");
  });
});
