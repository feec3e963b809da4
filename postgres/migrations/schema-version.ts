/**
 * Which code works on which schema of a tenant, so that the last version and this one can both serve while tenants are
 * brought up to date one after the other. A change is made in three releases: the first adds what is new (nobody minds),
 * the second makes use of it and fills it, the third takes away what is old.
 */

/** As the tenant's row keeps it; null: nobody has brought it up to date yet. */
export interface StoredSchema {
  readonly version: number | null
  readonly readableSince: number | null
}

export interface SchemaVersion {
  /** Counted up by every release that changes what a tenant's schema consists of. */
  readonly version: number
  /** The oldest version of the code that works on such a schema: a release that takes something away raises it. */
  readonly readableSince: number
  /** The oldest schema that this code works on: a release that needs what an earlier one has added raises it. */
  readonly reads: number
}

export const tenantSchema: SchemaVersion = { version: 1, readableSince: 1, reads: 1 }

/** `newer`: this code is too old for the schema. `older`: it has to be brought up to date before this code can serve it. */
export function schemaFit(
  { version, readableSince }: StoredSchema,
  code: SchemaVersion = tenantSchema,
): 'fits' | 'newer' | 'older' {
  if (readableSince !== null && readableSince > code.version) return 'newer'
  return version !== null && version < code.reads ? 'older' : 'fits'
}
