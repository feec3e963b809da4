/** The functions about linked accounts, as data. */
import type { RpcArgument, RpcDescription } from '#engine/model/rpc.ts'

const owner = { module: 'iasql', kind: 'engine', role: 'owner' } as const
const text = (name: string): RpcArgument => ({ name, type: 'text' })
const optional = (name: string): RpcArgument => ({ ...text(name), default: 'NULL' })
const column = (name: string, type = 'text'): RpcDescription['columns'][number] => ({ name, type })

export const accountRpcs: readonly RpcDescription[] = [
  {
    ...owner,
    name: 'iasql_account_link',
    arguments: [text('role_arn'), optional('write_role_arn'), optional('alias')],
    columns: [
      column('account_id'),
      column('alias'),
      column('read_role_arn'),
      column('write_role_arn'),
      column('external_id'),
      column('is_default', 'boolean'),
      column('trust'),
    ],
    description:
      'Links an AWS account by a role for reads and perhaps another for writes, once each is proven to let us in by our external id and nobody without it.',
    sampleUsage: "SELECT * FROM iasql_account_link('arn:aws:iam::210987654321:role/iasql-local-read')",
  },
  {
    ...owner,
    name: 'iasql_account_unlink',
    arguments: [text('account_id')],
    columns: [column('account_id'), column('read_role_arn'), column('write_role_arn')],
    description: 'Lets go of a linked account: its rows go, and nothing in the cloud is touched.',
    sampleUsage: "SELECT * FROM iasql_account_unlink('210987654321')",
  },
  {
    ...owner,
    name: 'iasql_account_role_template',
    arguments: [{ ...text('access'), default: "'both'" }],
    columns: [column('template')],
    description:
      'A CloudFormation template of the roles to link an account by, for read, write or both, with the rights that the installed modules need and no others.',
    sampleUsage: 'SELECT * FROM iasql_account_role_template()',
  },
]
