/** How a user goes: with what no row tells of, and not at all while it has keys or policies, which have rows of their own. */
import {
  DeleteUserCommand,
  ListAccessKeysCommand,
  ListAttachedUserPoliciesCommand,
  ListUserPoliciesCommand,
} from '@aws-sdk/client-iam'
import { type CloudApi, IasqlError } from '../kit/index.ts'
import { belongingOperations, takeBelongings } from './user-belongings.ts'

export const deleteOperations = [
  'ListAccessKeys',
  'ListUserPolicies',
  'ListAttachedUserPolicies',
  ...belongingOperations,
  'DeleteUser',
] as const

/** Most users have nothing but what rows tell of, which has gone before: only a refusal is a reason to look. */
export async function deleteUser(UserName: string | undefined, iam: CloudApi): Promise<void> {
  try {
    await iam.send(DeleteUserCommand, { UserName })
  } catch (error) {
    if (!(error instanceof IasqlError) || error.code !== 'cloud/conflict') throw error
    // Half a user would be one that still signs in, without its second factor.
    const kept = await rowsOf(UserName, iam)
    if (kept.length > 0)
      throw new IasqlError(
        'cloud/conflict',
        `user ${UserName} still has ${kept.join(', ')}; nothing of it was taken away`,
        {
          hint: 'SELECT * FROM iasql_sync() makes rows of them: delete those too, and apply again.',
          cause: error,
        },
      )
    await takeBelongings(UserName, iam)
    await iam.send(DeleteUserCommand, { UserName })
  }
}

/** What somebody added since the last sync; nobody was shown that it would go. */
async function rowsOf(UserName: string | undefined, iam: CloudApi): Promise<readonly string[]> {
  const of = { UserName }
  const kept: string[] = []
  for await (const { AccessKeyId } of iam.pages(ListAccessKeysCommand, of, (page) => page.AccessKeyMetadata))
    kept.push(`access key ${AccessKeyId}`)
  for await (const name of iam.pages(ListUserPoliciesCommand, of, (page) => page.PolicyNames))
    kept.push(`inline policy ${name}`)
  for await (const { PolicyName } of iam.pages(
    ListAttachedUserPoliciesCommand,
    of,
    (page) => page.AttachedPolicies,
  ))
    kept.push(`attached policy ${PolicyName}`)
  return kept
}
