import type { ApiFromModules, FilterApi, FunctionReference } from "convex/server";
import type * as collaboration from "../collaboration.js";

declare const all: ApiFromModules<{ collaboration: typeof collaboration }>;
export declare const api: FilterApi<typeof all, FunctionReference<any, "public">>;
export declare const internal: FilterApi<typeof all, FunctionReference<any, "internal">>;
