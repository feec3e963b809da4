/** Whether the revision of a row is active. */
import { ECSClient, ListTaskDefinitionsCommand } from '@aws-sdk/client-ecs'
import type { CheckRow, ClientOf } from '../check.ts'

export async function exists({ family, task_definition_arn }: CheckRow, client: ClientOf): Promise<boolean> {
  const asked = new ListTaskDefinitionsCommand({ familyPrefix: String(family), status: 'ACTIVE' })
  const { taskDefinitionArns = [] } = await client(ECSClient).send(asked)
  return taskDefinitionArns.includes(String(task_definition_arn))
}
