/** Whether the service of a row is active in its cluster. */
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs'
import type { CheckRow, ClientOf } from '../check.ts'

export async function exists({ arn }: CheckRow, client: ClientOf): Promise<boolean> {
  const [, cluster = '', name = ''] = String(arn).split('/')
  const { services = [] } = await client(ECSClient).send(
    new DescribeServicesCommand({ cluster, services: [name] }),
  )
  return services.some(({ status }) => status === 'ACTIVE')
}
