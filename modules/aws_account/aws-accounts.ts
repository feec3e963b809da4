/** The linked AWS accounts: whom to become for reads and writes there; no keys, ever. */
import { boolean, defineTable, jsonDocument, text } from '../kit/index.ts'

export const awsAccounts = defineTable({
  name: 'aws_accounts',
  description: 'The AWS accounts linked to this workspace; only default_tags can be changed.',
  place: 'tenant',
  naturalKey: ['account_id'],
  access: 'read',
  writable: ['default_tags'],
  settleMs: 0,
  columns: {
    account_id: text('The 12 digits of the account.', {
      required: true,
      local: true,
      check: "{} ~ '^[0-9]{12}$'",
    }),
    alias: text('What people call it here.', { local: true }),
    read_role_arn: text('Role taken for reads; null: the credentials of the server itself.', { local: true }),
    write_role_arn: text('Role taken for writes; null: the one for reads.', { local: true }),
    external_id: text('Identifier that the roles demand; made by us, unique to this link.', { local: true }),
    is_default: boolean('Rows without an account go here; there is at most one.', {
      default: false,
      local: true,
    }),
    default_tags: jsonDocument('Tags given to every new resource of the account.', {
      local: true,
      check: "jsonb_typeof({}) = 'object'",
    }),
  },
})
