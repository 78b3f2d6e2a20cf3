import { WebsocketProvider } from "y-websocket";
import { hostAndScheme, type ProviderKind, type StockProvider } from "./providers.js";

/** The stock y-websocket provider. It knows the main party only and must be told that we read control
 * messages (`runnel=1`), which it would otherwise throw on. */
export const websocket: ProviderKind = {
  name: "y-websocket",
  textControl: false,
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
