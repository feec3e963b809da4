/** Whether a role lets us in by our identifier alone: without it, and with a wrong one, it has to refuse. */
import { randomBytes } from 'node:crypto'
import type { RoleSession } from '#aws/role-sessions.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Accounts } from '../ports.ts'
import { refusal } from '../rpc/refusal.ts'
import type { RoleArn } from './role-arn.ts'

export interface ProvenTrust {
  readonly session: RoleSession
  /** False: who answered lets everybody in, so a refusal could not be seen. */
  readonly isProven: boolean
}

const template =
  'Make it from the template: SELECT * FROM iasql_account_role_template() has its trust policy with our role and identifier.'

/** @throws IasqlError 42501 when the role does not let us in, or lets in whoever asks */
export async function proveTrust(
  accounts: Accounts,
  { arn, accountId }: RoleArn,
  { externalId, sessionName }: { readonly externalId: string; readonly sessionName: string },
): Promise<ProvenTrust> {
  const role = { roleArn: arn, sessionName }
  const session = await accounts.assume({ ...role, externalId }).catch((error: unknown) => {
    if (!isDenied(error)) throw error
    throw refusal('42501', `${arn} does not let us in: ${error.message}`, template)
  })
  const reached = await accounts.accountOf(session)
  if (reached !== accountId)
    throw refusal('42501', `${arn} leads into account ${reached}`, 'Give the ARN as IAM shows it.')
  const wrong = `iasql-${randomBytes(16).toString('hex')}`
  const letIn = [
    ...((await letsIn(accounts, role)) ? ['without our external id'] : []),
    ...((await letsIn(accounts, { ...role, externalId: wrong })) ? ['with a wrong external id'] : []),
  ]
  if (letIn.length > 0 && accounts.isStrict)
    throw refusal(
      '42501',
      `${arn} trusts everyone: it lets us in ${letIn.join(' and ')}, so anybody of ours could name it`,
      `Its trust policy has to demand sts:ExternalId = '${externalId}'. ${template}`,
    )
  return { session, isProven: letIn.length === 0 }
}

/** Only a refusal tells: anything else that goes wrong proves nothing. */
async function letsIn(accounts: Accounts, role: Parameters<Accounts['assume']>[0]): Promise<boolean> {
  try {
    await accounts.assume(role)
    return true
  } catch (error) {
    if (isDenied(error)) return false
    throw error
  }
}

const isDenied = (error: unknown): error is IasqlError =>
  error instanceof IasqlError && error.code === 'cloud/denied'
