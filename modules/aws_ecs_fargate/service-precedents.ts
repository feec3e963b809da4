/** What stands before the tasks of a service can run, and goes after them, though the service names none of it. */
import type { ComesAfter } from '../kit/index.ts'

/** Until one of them sends to its target group, ECS makes no service. */
const senders = ['aws_elb.listener', 'aws_elb.listener_rule'].map(
  (table): ComesAfter => ({ table, by: ['target_group_id', 'target_groups'], via: ['load_balancers'] }),
)

/** Tasks that may not pull their image or write their logs yet do not start, and the service gives up on them. */
const permissions = ['execution_role_name', 'task_role_name'].flatMap((role) =>
  ['aws_iam.role_policy', 'aws_iam.role_policy_attachment'].map(
    (table): ComesAfter => ({ table, by: ['role_name'], via: ['task_definition_id', role] }),
  ),
)

/** A gateway is not detached while tasks have public addresses, nor do they reach anything without it. */
const wayOut: ComesAfter = {
  table: 'aws_vpc.internet_gateway',
  by: ['vpc_id'],
  via: ['subnets', 'vpc_id'],
  where: { column: 'assign_public_ip', values: ['ENABLED'] },
}

export const servicePrecedents: readonly ComesAfter[] = [...senders, ...permissions, wayOut]
