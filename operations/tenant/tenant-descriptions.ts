/** The functions about tenants, as data. */
import type { RpcArgument, RpcDescription } from '#engine/model/rpc.ts'

const owner = { module: 'iasql', kind: 'engine', role: 'owner' } as const
const text = (name: string): RpcArgument => ({ name, type: 'text' })
const column = (name: string, type = 'text'): RpcDescription['columns'][number] => ({ name, type })

const tenantColumns = [
  column('alias'),
  column('created_at', 'timestamptz'),
  column('placement'),
  column('state'),
  column('is_home', 'boolean'),
  column('size_mb', 'bigint'),
  column('quota_size_mb', 'bigint'),
  column('quota_statements', 'bigint'),
  column('quota_runs', 'bigint'),
  column('quota_connections', 'int'),
  column('problem'),
] as const

export const tenantRpcs: readonly RpcDescription[] = [
  {
    ...owner,
    name: 'iasql_connect',
    arguments: [text('alias')],
    columns: [...tenantColumns, { name: 'token', type: 'text', secret: true }],
    description:
      'Makes a tenant, whose owner is who makes it; one who is signed in by an API token gets a token of the new tenant, shown once. For owners of the home tenant.',
    sampleUsage: "SELECT * FROM iasql_connect('staging')",
  },
  {
    ...owner,
    name: 'iasql_disconnect',
    arguments: [text('alias')],
    columns: tenantColumns,
    description:
      'Deletes a tenant for good: its tables, logins and secrets; nothing in any cloud is touched. Export it first: iasql_get_sql_since() in that tenant gives the statements that make it again. For owners of the home tenant.',
    sampleUsage: "SELECT * FROM iasql_disconnect('staging')",
  },
  {
    module: 'iasql',
    kind: 'read',
    role: 'viewer',
    name: 'iasql_db_list',
    arguments: [],
    columns: tenantColumns,
    description:
      'Lists the tenants that you can sign in to, with what they use of their quotas; owners of the home tenant see all.',
    sampleUsage: 'SELECT * FROM iasql_db_list()',
  },
  {
    ...owner,
    name: 'iasql_tenant_suspend',
    arguments: [text('alias'), { name: 'suspended', type: 'boolean', default: 'true' }],
    columns: tenantColumns,
    description:
      'Shuts a tenant: its connections are closed and what it has under way ends after the call in flight, until it is lifted by suspended => false. For owners of the home tenant.',
    sampleUsage: "SELECT * FROM iasql_tenant_suspend('staging')",
  },
  {
    ...owner,
    name: 'iasql_tenant_quota',
    arguments: [text('alias'), text('quota'), { name: 'value', type: 'bigint' }],
    columns: tenantColumns,
    description:
      'Changes what a tenant may use: size_mb of its tables, statements a minute, runs at once, or connections of each of its two logins to the database. For owners of the home tenant.',
    sampleUsage: "SELECT * FROM iasql_tenant_quota('staging', 'size_mb', 20480)",
  },
  {
    ...owner,
    name: 'iasql_tenant_move',
    arguments: [text('alias'), text('placement')],
    columns: tenantColumns,
    description:
      'Moves a tenant into a database of its own (dedicated), where not even the names of what others have can be seen, or back among the others (shared). It is shut meanwhile; nothing in any cloud is touched. For owners of the home tenant.',
    sampleUsage: "SELECT * FROM iasql_tenant_move('staging', 'dedicated')",
  },
]
