/** One server for all tests of a suite, and the clients that they bring to it. */
import { after, before } from "node:test";
import { Client } from "./clients.mjs";
import { Server } from "./server.mjs";

/** To be called inside `describe`: both are there while its tests run, and gone behind them. */
export function gathering() {
  let server;
  const clients = [];
  before(async () => {
    server = await Server.start();
  });
  after(async () => {
    clients.forEach((client) => client.destroy());
    await server.stop();
  });
  return {
    join(dialect, room, options) {
      const client = new Client(dialect, server, room, options);
      clients.push(client);
      return client;
    },
  };
}
