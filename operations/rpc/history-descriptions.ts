/** The functions about what was changed and what is set, as data. */
import type { RpcArgument, RpcDescription } from '#engine/model/rpc.ts'

const engine = { module: 'iasql', kind: 'engine' } as const
const read = { module: 'iasql', kind: 'read', role: 'viewer' } as const

const text = (name: string): RpcArgument => ({ name, type: 'text' })
const perhaps = (name: string, type = 'text'): RpcArgument => ({ name, type, default: 'NULL' })
const sql = { columns: [{ name: 'sql', type: 'text' }] } as const

const since = {
  ...read,
  ...sql,
  name: 'iasql_get_sql_since',
  description:
    'The statements that make again what was changed since a time, one a row, in the order in which to run them; without a time, all.',
  sampleUsage: "SELECT * FROM iasql_get_sql_since(now() - interval '1 day')",
} as const

const set = {
  ...engine,
  name: 'iasql_set',
  role: 'owner',
  columns: [
    { name: 'name', type: 'text' },
    { name: 'value', type: 'text' },
  ],
  description: 'Changes a setting of the tenant; iasql_setting lists them.',
  sampleUsage: "SELECT * FROM iasql_set('audit_retention_days', '730')",
} as const

/** A literal takes the form with a text, so that what is no time or no number is refused in words. */
export const historyRpcs: readonly RpcDescription[] = [
  { ...since, arguments: [{ ...perhaps('since', 'timestamptz'), isMoment: true }] },
  { ...since, arguments: [{ ...text('since'), isMoment: true }] },
  {
    ...read,
    ...sql,
    name: 'iasql_get_sql_for_transaction',
    arguments: [perhaps('transaction_id')],
    description: 'The statements that make again what one transaction changed; without an id, the latest.',
    sampleUsage: 'SELECT * FROM iasql_get_sql_for_transaction()',
  },
  {
    ...engine,
    name: 'iasql_create_review',
    role: 'editor',
    arguments: [perhaps('title'), perhaps('description')],
    columns: [
      { name: 'section', type: 'text' },
      { name: 'markdown', type: 'text' },
    ],
    description:
      'A document in Markdown for somebody to look over what is not applied yet: the statements, the plan and its risks.',
    sampleUsage: "SELECT markdown FROM iasql_create_review('Queues for orders', 'One for each region.')",
  },
  { ...set, arguments: [text('name'), text('value')] },
  { ...set, arguments: [text('name'), { name: 'value', type: 'bigint' }] },
]
