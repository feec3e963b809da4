/** Places of rules among those of their listener: what one leaves another takes in the same call. */
import { SetRulePrioritiesCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { type CloudApi, IasqlError } from '../kit/index.ts'
import { rulesOf } from './rules.ts'

export interface Move {
  readonly arn: string
  readonly from: number
  readonly to: number
}

const lastPlace = 50_000

/** What one rule has to leave for another to take, AWS moves only where it is told of both at once. */
export async function moveRules(
  moves: readonly Move[],
  listener: string | undefined,
  elb: CloudApi,
): Promise<void> {
  const wanted = new Set(moves.map(({ to }) => to))
  const inTheWay = moves.filter(({ from }) => wanted.has(from))
  try {
    await send(moves, elb)
  } catch (error) {
    const isRefused = error instanceof IasqlError && error.code === 'cloud/invalid'
    if (!isRefused || inTheWay.length === 0) throw error
    const moving = new Set(moves.map(({ arn }) => arn))
    const there = (await rulesOf(listener, elb)).filter(({ RuleArn = '' }) => !moving.has(RuleArn))
    const taken = new Set([
      ...there.map(({ Priority }) => Number(Priority)),
      ...moves.map(({ from }) => from),
    ])
    if (there.some(({ Priority }) => wanted.has(Number(Priority)))) throw error
    // Not every service of this kind trades places: then those in the way step aside first.
    await send(aside(inTheWay, new Set([...taken, ...wanted])), elb)
    await send(moves, elb)
  }
}

const send = (moves: readonly Move[], elb: CloudApi) =>
  elb.send(SetRulePrioritiesCommand, {
    RulePriorities: moves.map(({ arn: RuleArn, to: Priority }) => ({ RuleArn, Priority })),
  })

/** Behind all the others, where the least is asked of them. */
function aside(moves: readonly Move[], taken: ReadonlySet<number>): readonly Move[] {
  let place = lastPlace + 1
  return moves.map((move) => {
    do place -= 1
    while (taken.has(place))
    return { ...move, to: place }
  })
}
