import YProvider from "y-partyserver/provider";
import { partyKind } from "./providers.js";

/** The stock y-partyserver provider. */
export const partyserver = partyKind("y-partyserver", YProvider);
