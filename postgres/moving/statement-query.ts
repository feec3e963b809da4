/** SQL of a query that gives the statements which make one kind of thing of a tenant's own once more. */
import type { Tenant } from '../tenant.ts'

/** Of rows `step` and `sql`, of what is in the schema `:space`; names of what is not in pg_catalog come with their schemas. */
export type StatementQuery = (tenant: Tenant) => string
