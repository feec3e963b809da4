/** ARNs of roles as people give them. */
import type { Json } from '#engine/model/json.ts'
import { refusal } from '../rpc/refusal.ts'

export interface RoleArn {
  readonly arn: string
  readonly accountId: string
}

const pattern = /^arn:aws(-cn|-us-gov|-iso[a-z-]*)?:iam::(\d{12}):role\/([\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$/

/** @throws IasqlError 22023 */
export function roleArnOf(given: Json | undefined, argument: string): RoleArn {
  const arn = typeof given === 'string' ? given.trim() : ''
  const [, , accountId] = pattern.exec(arn) ?? []
  if (accountId !== undefined && arn.length <= 600) return { arn, accountId }
  throw refusal(
    '22023',
    `${argument} is ${arn === '' ? 'empty' : `"${arn.slice(0, 100)}"`}, which is no ARN of a role`,
    'Give one such as arn:aws:iam::123456789012:role/iasql-read; SELECT * FROM iasql_account_role_template() makes such roles.',
  )
}
