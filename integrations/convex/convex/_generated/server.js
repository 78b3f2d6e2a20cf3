export {
  actionGeneric as action,
  httpActionGeneric as httpAction,
  internalMutationGeneric as internalMutation,
  internalQueryGeneric as internalQuery,
} from "convex/server";
