import YPartyKitProvider from "y-partykit/provider";
import { partyKind } from "./providers.js";

/** The stock y-partykit provider. */
export const partykit = partyKind("y-partykit", YPartyKitProvider);
