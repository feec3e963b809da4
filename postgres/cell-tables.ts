/** Which tables of iasql_platform have what belongs to a tenant's work: their rows of a tenant are where the tenant is. */
interface CellTable {
  readonly name: string
  /** The directory has the rows of every tenant as well: sizes for lists, and roles that serve one tenant only. */
  readonly isKept: boolean
  /** Says what somebody is at in the place that the tenant leaves: nobody is, when it arrives. */
  readonly cleared?: string
}

export const cellTables: readonly CellTable[] = [
  { name: 'tenant_usage', isKept: true },
  { name: 'linked_account', isKept: true },
  { name: 'external_id', isKept: false },
  { name: 'drift_schedule', isKept: false, cleared: 'running_since' },
  { name: 'drift_place', isKept: false },
]
