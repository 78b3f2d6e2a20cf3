// kill -9 at random instants under load from real clients. After each restart: every update that any
// other client received is there, and the document holds nothing that no client ever saw.
//
//   node tests/crash/kill.mjs [--kills 200] [--seed N]
//
// The seed decides instants, edits and dialects; it is printed, and `--seed N` repeats the choices (the
// interleaving with a real server is real, so a failure may need a few runs).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as Y from "../e2e/node_modules/yjs/dist/yjs.mjs";
import { Client, dialectNames } from "../e2e/harness/clients.mjs";
import { Server } from "../e2e/harness/server.mjs";
import { Random } from "./random.mjs";

const { values } = parseArgs({ options: { kills: { type: "string", default: "200" }, seed: { type: "string" } } });
const kills = Number(values.kills);
const seed = Number(values.seed ?? process.env.RUNNEL_SEED ?? Date.now() % 1_000_000_000);
const random = new Random(seed);
const dataDir = mkdtempSync(join(tmpdir(), "runnel-crash-"));

/** A client that remembers what reached it from others. */
class Witness {
  constructor(server, room) {
    this.client = new Client(random.pick(dialectNames), server, room);
    this.received = [];
    this.client.doc.on("update", (update, origin) => {
      if (origin === this.client.provider) this.received.push(update);
    });
  }

  edit() {
    const { doc, text } = this.client;
    const at = random.below(text.length + 1);
    const kind = random.below(10);
    if (kind < 6) text.insert(at, random.pick(["a", "bc", "def", "😀", "\n"]));
    else if (kind < 8 && text.length > 0) text.delete(random.below(text.length), 1);
    else if (kind < 9) doc.getMap("map").set(`k${random.below(20)}`, random.below(1000));
    else doc.getArray("array").push([random.below(1000)]);
  }
}

/** Whether applying `update` changes `doc`: false means that `doc` already holds all of it. */
function changes(doc, update) {
  let changed = false;
  const note = () => (changed = true);
  doc.on("update", note);
  Y.applyUpdate(doc, update);
  doc.off("update", note);
  return changed || doc.store.pendingStructs !== null || doc.store.pendingDs !== null;
}

/** What the crashed server owes: everything that reached somebody, and nothing invented. */
class Debt {
  constructor(room) {
    this.room = room;
    this.received = [];
    this.known = new Y.Doc({ gc: false });
  }

  collect(witnesses) {
    for (const witness of witnesses) {
      this.received.push(...witness.received);
      Y.applyUpdate(this.known, Y.encodeStateAsUpdate(witness.client.doc));
    }
  }

  async check(server) {
    const fresh = new Client("y-websocket", server, this.room);
    await fresh.synced();
    const delivered = this.received.length > 0 ? Y.mergeUpdates(this.received) : null;
    if (delivered && changes(fresh.doc, delivered)) {
      throw new Error(`room ${this.room}: an update that another client had received is gone`);
    }
    if (changes(this.known, Y.encodeStateAsUpdate(fresh.doc))) {
      throw new Error(`room ${this.room}: the server holds something that no client ever had`);
    }
    this.received = delivered ? [delivered] : [];
    fresh.destroy();
  }
}

async function oneKill(server, rooms) {
  const byRoom = rooms.map((debt) => Array.from({ length: 3 }, () => new Witness(server, debt.room)));
  const witnesses = byRoom.flat();
  await Promise.all(witnesses.map((witness) => witness.client.synced()));
  const lifeMs = 20 + random.below(400);
  await new Promise((resolve) => {
    const typing = setInterval(() => witnesses.forEach((witness) => random.below(3) === 0 && witness.edit()), 2);
    setTimeout(() => {
      server.child.kill("SIGKILL");
      clearInterval(typing);
      resolve();
    }, lifeMs);
  });
  await server.exited;
  // What is still in a socket's buffer reached the client: let the sockets report their end first.
  await Promise.all(witnesses.map((witness) => witness.client.disconnected()));
  rooms.forEach((debt, i) => debt.collect(byRoom[i]));
  const delivered = witnesses.reduce((sum, witness) => sum + witness.received.length, 0);
  witnesses.forEach((witness) => witness.client.destroy());
  return delivered;
}

async function main() {
  console.log(`crash test: ${kills} kills, seed ${seed}`);
  const debts = [];
  let delivered = 0;
  let server = await Server.start({ dataDir });
  for (let kill = 0; kill < kills; ++kill) {
    if (kill % 10 === 0) debts.push(new Debt(`crash-${debts.length}-a`), new Debt(`crash-${debts.length}-b`));
    const rooms = debts.slice(-2);
    delivered += await oneKill(server, rooms);
    server = await Server.start({ dataDir });
    for (const debt of rooms) await debt.check(server);
    if ((kill + 1) % 20 === 0) console.log(`  ${kill + 1}/${kills} kills, ${delivered} delivered updates, none lost`);
  }
  for (const debt of debts) await debt.check(server);
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
  if (delivered < kills) throw new Error(`only ${delivered} updates were delivered: the test proved nothing`);
  console.log(`all ${debts.length} rooms hold everything that was delivered: ${delivered} updates`);
}

main().then(
  () => {
    console.log("1 passed, 0 failed");
    process.exit(0);
  },
  (error) => {
    console.error(`FAILED with seed ${seed} (data kept in ${dataDir}): ${error.stack}`);
    console.log("0 passed, 1 failed");
    process.exit(1);
  },
);
