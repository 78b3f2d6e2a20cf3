import YProvider from "y-partyserver/provider";
import { hostAndScheme, type ProviderKind, type StockProvider } from "./providers.js";

/** The stock y-partyserver provider. */
export const partyserver: ProviderKind = {
  name: "y-partyserver",
  textControl: true,
  create({ host, party, room, doc, awareness, Socket }) {
    const target = hostAndScheme(host);
    return new YProvider(target.host, room, doc, {
      awareness,
      party,
      connect: false,
      protocol: target.scheme,
      WebSocketPolyfill: Socket,
    }) as unknown as StockProvider;
  },
};
