/** The functions about who may come in, as data. */
import type { RpcArgument, RpcDescription } from '#engine/model/rpc.ts'

const owner = { module: 'iasql', kind: 'engine', role: 'owner' } as const
const text = (name: string): RpcArgument => ({ name, type: 'text' })
const column = (name: string, type = 'text'): RpcDescription['columns'][number] => ({ name, type })

const member = { columns: [column('subject'), column('role'), column('added_at', 'timestamptz')] } as const
const tokenColumns = [
  column('name'),
  column('role'),
  column('created_at', 'timestamptz'),
  column('expires_at', 'timestamptz'),
] as const

export const peopleRpcs: readonly RpcDescription[] = [
  {
    ...owner,
    ...member,
    name: 'iasql_member_add',
    arguments: [text('subject'), text('role')],
    description:
      'Lets a person in by their verified e-mail address or the sub of the issuer, as viewer, editor, operator or owner; a member that is there already gets the role.',
    sampleUsage: "SELECT * FROM iasql_member_add('ann@example.com', 'editor')",
  },
  {
    ...owner,
    ...member,
    name: 'iasql_member_remove',
    arguments: [text('subject')],
    description: 'Takes a person out of the tenant and closes their connections; the last owner stays.',
    sampleUsage: "SELECT * FROM iasql_member_remove('ann@example.com')",
  },
  {
    ...owner,
    name: 'iasql_token_create',
    arguments: [text('name'), text('role'), { ...text('expires_at'), default: 'NULL' }],
    columns: [...tokenColumns, { name: 'token', type: 'text', secret: true }],
    description:
      'Makes an API token for a program, with a role of its own, until a time or for so long; its text is shown once and kept nowhere.',
    sampleUsage: "SELECT * FROM iasql_token_create('ci', 'operator', '90 days')",
  },
  {
    ...owner,
    name: 'iasql_token_revoke',
    arguments: [text('name')],
    columns: tokenColumns,
    description: 'Makes an API token worthless and closes its connections.',
    sampleUsage: "SELECT * FROM iasql_token_revoke('ci')",
  },
]
