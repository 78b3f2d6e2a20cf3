// One instance of Yjs for every test that shares documents with the providers.
export * from "yjs";
