/** Tenants as people see them in lists: where each is, how it is, and what it uses of what it may. */
import type { Queryable } from '../database.ts'

export interface TenantLine {
  readonly alias: string
  readonly created_at: string
  readonly placement: string
  readonly state: string
  readonly is_home: boolean
  /** Of both schemas when they were measured last; null: never. */
  readonly size_mb: number | null
  readonly quota_size_mb: number
  readonly quota_statements: number
  readonly quota_runs: number
  /** Of each of its two logins. */
  readonly quota_connections: number
  /** Why it could not be moved, or brought up to date. */
  readonly problem: string | null
}

const megabytes = (bytes: string): string => `round(${bytes} / 1048576.0)::bigint`

const lines = `SELECT t.alias, t.created_at, t.placement, t.state, t.is_home, ${megabytes('u.bytes')} AS size_mb,
    ${megabytes('t.quota_bytes')} AS quota_size_mb, t.quota_statements, t.quota_runs, t.quota_connections,
    coalesce(m.problem, t.upgrade_problem) AS problem
  FROM iasql_platform.tenant t LEFT JOIN iasql_platform.tenant_usage u ON u.tenant_id = t.tenant_id
  LEFT JOIN iasql_platform.tenant_move m ON m.tenant_id = t.tenant_id AND m.phase = 'failed'`

/** Of all tenants. */
export async function allTenantLines(db: Queryable): Promise<readonly TenantLine[]> {
  const found: TenantLine[] = []
  for (;;) {
    const page = await db.query<TenantLine>(`${lines} WHERE t.alias > :after ORDER BY t.alias LIMIT 1000`, {
      after: found.at(-1)?.alias ?? '',
    })
    found.push(...page)
    if (page.length < 1_000) return found
  }
}

/** Of the tenant itself, and of the others that a person is a member of. */
export async function ownTenantLines(
  db: Queryable,
  { tenantId, member }: { readonly tenantId: string; readonly member: string | undefined },
): Promise<readonly TenantLine[]> {
  return await db.query<TenantLine>(
    `${lines} WHERE t.tenant_id = :tenant OR EXISTS (
       SELECT FROM iasql_platform.member m WHERE m.tenant_id = t.tenant_id AND (m.subject = CAST(:member AS text)
         OR position('@' IN m.subject) > 0 AND lower(m.subject) = lower(CAST(:member AS text))))
     ORDER BY t.alias LIMIT 1000`,
    { tenant: tenantId, member },
  )
}

export async function tenantLine(db: Queryable, tenantId: string): Promise<TenantLine | undefined> {
  const rows = await db.query<TenantLine>(`${lines} WHERE t.tenant_id = :tenant`, { tenant: tenantId })
  return rows[0]
}

/** Nearest ones are looked for among these. */
export async function tenantAliases(db: Queryable): Promise<readonly string[]> {
  const rows = await db.query<{ alias: string }>(
    'SELECT alias FROM iasql_platform.tenant ORDER BY alias LIMIT 2000',
  )
  return rows.map(({ alias }) => alias)
}
