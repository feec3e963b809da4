/** How rules of listeners are written: places are traded in one call, all else by calls of each rule. */
import {
  CreateRuleCommand,
  DeleteRuleCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  type CloudApi,
  type CreateWrite,
  type DeleteWrite,
  done,
  IasqlError,
  type Outcome,
  type RowOutcome,
  type UpdateWrite,
} from '../kit/index.ts'
import { actionsOf } from './actions.ts'
import { conditionsOf } from './conditions.ts'
import { tagsToCreate, updateTags } from './describe.ts'
import { keepingOthers } from './kept-actions.ts'
import { type Move, moveRules } from './rule-places.ts'
import { idOf, type Row, type SeenRule } from './rules.ts'

type Update = UpdateWrite<Row, SeenRule>

export const createRules = (writes: readonly CreateWrite<Row>[], elb: CloudApi) =>
  oneByOne(writes, async ({ row: want }) => {
    const { Rules: [made = {}] = [] } = await elb.send(CreateRuleCommand, {
      ListenerArn: want.listener_id.listener_arn,
      Priority: want.priority,
      Conditions: conditionsOf(want),
      Actions: actionsOf(want),
      ...tagsToCreate(want.tags),
    })
    return done(idOf({ rule: made }))
  })

export async function updateRules(writes: readonly Update[], elb: CloudApi): Promise<readonly RowOutcome[]> {
  const moves = writes.filter(({ delta }) => delta.priority)
  const [first] = moves
  const left = first && (await moveRules(moves.map(moveOf), first.row.listener_id.listener_arn, elb))
  return await oneByOne(writes, async (write) => {
    const refusal = left?.get(moveOf(write).arn)
    if (refusal) throw refusal
    return await updateRule(write, elb)
  })
}

const moveOf = ({ seen: { rule }, row }: Update): Move => ({ arn: rule.RuleArn ?? '', to: row.priority })

async function updateRule({ seen, row: want, delta }: Update, elb: CloudApi): Promise<Outcome> {
  const { rule_arn: RuleArn } = idOf(seen)
  const changed = Object.keys(delta).filter((column) => column !== 'tags' && column !== 'priority')
  if (changed.length > 0)
    await elb.send(ModifyRuleCommand, {
      RuleArn,
      Conditions: conditionsOf(want),
      Actions: keepingOthers(seen.rule.Actions, actionsOf(want, delta)),
    })
  if (delta.tags) await updateTags(RuleArn, { seen: seen.tags ?? {}, want: want.tags }, elb)
  return done(idOf(seen))
}

export const deleteRules = (writes: readonly DeleteWrite<Row, SeenRule>[], elb: CloudApi) =>
  oneByOne(writes, async ({ seen }) => {
    await elb.send(DeleteRuleCommand, { RuleArn: seen.rule.RuleArn })
    return done(idOf(seen))
  })

/** A refusal is of the rule that it is about: the others' calls are made. */
async function oneByOne<Write>(
  writes: readonly Write[],
  write: (one: Write) => Promise<Outcome>,
): Promise<readonly RowOutcome[]> {
  const outcomes: RowOutcome[] = []
  for (const one of writes)
    outcomes.push(
      await write(one).catch((error) => {
        if (error instanceof IasqlError) return error
        throw error
      }),
    )
  return outcomes
}
