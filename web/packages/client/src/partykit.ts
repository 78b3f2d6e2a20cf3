import YPartyKitProvider from "y-partykit/provider";
import { hostAndScheme, type ProviderKind, type StockProvider } from "./providers.js";

/** The stock y-partykit provider. */
export const partykit: ProviderKind = {
  name: "y-partykit",
  textControl: true,
  create({ host, party, room, doc, awareness, Socket }) {
    const target = hostAndScheme(host);
    return new YPartyKitProvider(target.host, room, doc, {
      awareness,
      party,
      connect: false,
      protocol: target.scheme,
      WebSocketPolyfill: Socket,
    }) as unknown as StockProvider;
  },
};
