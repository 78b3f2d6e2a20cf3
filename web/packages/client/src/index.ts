export { Backoff, defaultBackoff, type BackoffOptions } from "./backoff.js";
export {
  AccessDenied,
  Collaboration,
  initialState,
  type CollaborationOptions,
  type CollaborationState,
  type Status,
} from "./collaboration.js";
export { readControl, type ControlMessage } from "./control.js";
export { hostAndScheme, type ProviderKind, type ProviderRequest, type StockProvider } from "./providers.js";
export { CollaborationRegistry } from "./registry.js";
export { SavingTracker, type Ack, type SavingState } from "./saving.js";
