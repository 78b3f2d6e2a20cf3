import { WebsocketProvider } from "y-websocket";
import { hostAndScheme, type ProviderKind, type StockProvider } from "./providers.js";

/** The stock y-websocket provider. It knows the main party only, and throws on text: `runnel=1` has the
 * server send control messages in binary. */
export const websocket: ProviderKind = {
  name: "y-websocket",
  create({ host, room, doc, awareness, Socket }) {
    const target = hostAndScheme(host);
    return new WebsocketProvider(`${target.scheme}://${target.host}/yjs`, room, doc, {
      awareness,
      connect: false,
      params: { runnel: "1" },
      WebSocketPolyfill: Socket,
    }) as unknown as StockProvider;
  },
};
