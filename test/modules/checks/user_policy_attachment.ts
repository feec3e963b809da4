/** Whether the user of a row has a managed policy of its name. */
import { IAMClient, ListAttachedUserPoliciesCommand } from '@aws-sdk/client-iam'
import { type CheckRow, type ClientOf, isThere } from '../check.ts'

export async function exists(row: CheckRow, client: ClientOf): Promise<boolean> {
  const command = new ListAttachedUserPoliciesCommand({ UserName: String(row.user_name) })
  let names: readonly (string | undefined)[] = []
  const asking = client(IAMClient)
    .send(command)
    .then(({ AttachedPolicies = [] }) => {
      names = AttachedPolicies.map(({ PolicyName }) => PolicyName)
    })
  return (await isThere(asking)) && names.includes(String(row.policy_name))
}
