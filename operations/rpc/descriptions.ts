/** The engine's own functions inside SQL, as data: bindings, help and checks are made from this. */
import type { RpcArgument, RpcDescription } from '#engine/model/rpc.ts'
import { accountRpcs } from '../accounts/account-descriptions.ts'
import { peopleRpcs } from '../people/people-descriptions.ts'
import { tenantRpcs } from '../tenant/tenant-descriptions.ts'
import { historyRpcs } from './history-descriptions.ts'

type Column = RpcDescription['columns'][number]
type EngineRpc = Omit<RpcDescription, 'module' | 'kind'>

const column = (name: string, type = 'text'): Column => ({ name, type })
const argument = (name: string, type: string, more: Partial<RpcArgument> = {}): RpcArgument => ({
  name,
  type,
  ...more,
})

/** A lookup that finds no plan is NULL, which must not stand for everything. */
const planId = argument('plan_id', 'bigint', {
  default: 'NULL',
  refusesNull:
    'Give the plan_id of a preview, or leave it out for whatever is planned now; further arguments go by name, such as mine => true.',
})

const outcome = [column('action'), column('table_name'), column('id'), column('description')]
const moduleNames = argument('modules', 'text[]', { variadic: true })
const syncHelp = {
  role: 'operator',
  columns: outcome,
  description:
    'Reads the cloud and brings the tables up to date; edits that are not applied yet stay as they are.',
} as const

const engine: readonly EngineRpc[] = [
  {
    name: 'iasql_install',
    role: 'operator',
    arguments: [moduleNames],
    columns: [column('module_name'), column('created_table_name'), column('record_count', 'bigint')],
    description: 'Makes the tables of modules and imports what the enabled regions have already.',
    sampleUsage: "SELECT * FROM iasql_install('aws_vpc', 'aws_sqs')",
  },
  {
    name: 'iasql_uninstall',
    role: 'operator',
    arguments: [moduleNames],
    columns: [column('module_name'), column('dropped_table_name'), column('record_count', 'bigint')],
    description: 'Drops the tables of modules; nothing in the cloud is touched.',
    sampleUsage: "SELECT * FROM iasql_uninstall('aws_sqs')",
  },
  {
    name: 'iasql_preview',
    role: 'editor',
    arguments: [argument('mine', 'boolean', { default: 'false' })],
    columns: [
      ...outcome,
      column('plan_id', 'bigint'),
      column('change_id', 'bigint'),
      column('natural_name'),
      column('changed', 'jsonb'),
      column('reason'),
      column('unknown', 'text[]'),
      column('depends_on', 'bigint[]'),
      column('risk'),
      column('calls', 'int'),
      column('estimate_ms', 'int'),
      column('actor'),
      column('edited_at', 'timestamptz'),
    ],
    description: 'Shows what an apply would change in the cloud, without changing anything.',
    sampleUsage: 'SELECT * FROM iasql_preview()',
  },
  {
    name: 'iasql_explain_apply',
    role: 'editor',
    arguments: [planId],
    columns: [
      column('wave', 'int'),
      column('change_id', 'bigint'),
      column('table_name'),
      column('natural_name'),
      column('starts_ms', 'bigint'),
      column('ends_ms', 'bigint'),
      column('bound_by'),
      column('action'),
    ],
    description:
      'Shows how an apply would go: in which order and waves, how long, and what each step waits for.',
    sampleUsage: 'SELECT * FROM iasql_explain_apply()',
  },
  {
    name: 'iasql_apply',
    changesCloud: true,
    role: 'operator',
    arguments: [
      planId,
      argument('mine', 'boolean', { default: 'false' }),
      argument('wait', 'boolean', { default: 'true' }),
      argument('claimed', 'text', { default: "'wait'" }),
    ],
    columns: [
      ...outcome,
      column('change_id', 'bigint'),
      column('elapsed_ms', 'bigint'),
      column('execution_id', 'bigint'),
    ],
    description:
      'Makes the cloud follow the edited rows; gives one row for each change. What succeeds stays, and a later apply does the rest; iasql_commit() in contrast undoes everything if one change fails.',
    sampleUsage: 'SELECT * FROM iasql_apply()',
  },
  {
    ...syncHelp,
    name: 'iasql_sync',
    arguments: [argument('tables', 'text[]', { variadic: true, default: "'{}'" })],
    sampleUsage: "SELECT * FROM iasql_sync('vpc', 'subnet')",
  },
  {
    ...syncHelp,
    name: 'iasql_sync',
    arguments: [argument('confirm', 'boolean')],
    sampleUsage: 'SELECT * FROM iasql_sync(confirm => true)',
  },
  {
    ...syncHelp,
    name: 'iasql_sync',
    arguments: [argument('tables', 'text[]'), argument('confirm', 'boolean')],
    sampleUsage: "SELECT * FROM iasql_sync(tables => ARRAY['vpc'], confirm => true)",
  },
  {
    name: 'iasql_begin',
    role: 'editor',
    arguments: [],
    columns: [column('message'), column('transaction_id')],
    description:
      "Opens a transaction of this session: its edits are applied by iasql_commit() or taken back by iasql_rollback(), and others' applies leave them alone until then.",
    sampleUsage: 'SELECT * FROM iasql_begin()',
  },
  {
    name: 'iasql_commit',
    changesCloud: true,
    role: 'operator',
    arguments: [argument('message', 'text', { default: 'NULL' })],
    columns: outcome,
    description:
      'Applies the edits of the transaction, all or nothing: if one change fails, everything it did is undone, in the cloud and in the tables. iasql_apply() in contrast keeps what succeeded.',
    sampleUsage: "SELECT * FROM iasql_commit('a queue for invoices')",
  },
  {
    name: 'iasql_rollback',
    role: 'editor',
    arguments: [],
    columns: outcome,
    description:
      'Takes back the edits of the transaction that are not applied yet; nothing in the cloud changes.',
    sampleUsage: 'SELECT * FROM iasql_rollback()',
  },
  {
    name: 'iasql_revert',
    role: 'editor',
    arguments: [argument('transaction_id', 'text')],
    columns: outcome,
    description:
      'Changes back what a past transaction, or an edit outside of one, has changed: as new edits, to be previewed and applied.',
    sampleUsage: "SELECT * FROM iasql_revert('1f0c3a52-7f0e-4d7e-9a57-0d6a5b1c2d3e')",
  },
  {
    name: 'iasql_cancel',
    role: 'operator',
    arguments: [argument('execution_id', 'bigint')],
    columns: [column('execution_id', 'bigint'), column('state')],
    description:
      'Asks an apply, sync or install to end; calls in flight finish and what is done stays. A commit takes back what it did.',
    sampleUsage: 'SELECT * FROM iasql_cancel(17)',
  },
  {
    name: 'iasql_adopt',
    role: 'operator',
    arguments: [
      argument('table_name', 'text'),
      argument('cloud_id', 'text'),
      argument('region', 'text', { default: 'NULL' }),
      argument('account_id', 'text', { default: 'NULL' }),
    ],
    columns: [column('table_name'), column('id', 'bigint')],
    description:
      'Takes one resource of the cloud, by its id or name there, into its table, or binds it to the row that asks for it.',
    sampleUsage: "SELECT * FROM iasql_adopt('vpc', 'vpc-0a1b2c3d')",
  },
  {
    name: 'iasql_forget',
    role: 'operator',
    arguments: [argument('table_name', 'text'), argument('id', 'bigint')],
    columns: [column('table_name'), column('id', 'bigint')],
    description: 'Removes a row and leaves its resource in the cloud, where a sync leaves it alone.',
    sampleUsage: "SELECT * FROM iasql_forget('vpc', 17)",
  },
  {
    name: 'default_aws_region',
    role: 'operator',
    arguments: [argument('region', 'text')],
    columns: [],
    scalar: 'text',
    description: 'Makes a region the default of new rows, and enables it.',
    sampleUsage: "SELECT default_aws_region('eu-west-1')",
  },
  {
    name: 'default_aws_account',
    role: 'operator',
    arguments: [argument('account_id', 'text')],
    columns: [],
    scalar: 'text',
    description: 'Makes a linked account the default of new rows.',
    sampleUsage: "SELECT default_aws_account('123456789012')",
  },
]

/** Functions that are answered outside the statement that calls them. */
export const engineRpcs: readonly RpcDescription[] = [
  ...engine.map((rpc) => ({ ...rpc, module: 'iasql', kind: 'engine' as const })),
  ...historyRpcs,
  ...peopleRpcs,
  ...accountRpcs,
  ...tenantRpcs,
]
