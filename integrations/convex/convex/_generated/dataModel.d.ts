import type { DataModelFromSchemaDefinition, DocumentByName, TableNamesInDataModel } from "convex/server";
import type { GenericId } from "convex/values";
import schema from "../schema.js";

export type DataModel = DataModelFromSchemaDefinition<typeof schema>;
export type TableNames = TableNamesInDataModel<DataModel>;
export type Doc<Table extends TableNames> = DocumentByName<DataModel, Table>;
export type Id<Table extends TableNames | "_storage"> = GenericId<Table>;
