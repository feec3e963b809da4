/** Places of rules among those of their listener: what one leaves another takes in the same call. */
import { SetRulePrioritiesCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { type CloudApi, IasqlError } from '../kit/index.ts'
import { rulesOf } from './rules.ts'

export interface Move {
  readonly arn: string
  readonly to: number
}

/** Where rules of the listener stand, by ARN. */
type Places = ReadonlyMap<string, number>

/** Why moves were left out, by ARN. */
type Left = ReadonlyMap<string, IasqlError>

const lastPlace = 50_000

/**
 * What one rule has to leave for another to take, AWS moves only where it is told of both at once. One whose place is
 * another's is left out, with those that wait for the place that it keeps.
 */
export async function moveRules(
  moves: readonly Move[],
  listener: string | undefined,
  elb: CloudApi,
): Promise<Left> {
  try {
    await send(moves, elb)
    return new Map()
  } catch (error) {
    if (!isAboutOne(error)) throw error
    const rules = await rulesOf(listener, elb)
    const places = new Map(rules.map(({ RuleArn = '', Priority }) => [RuleArn, Number(Priority)]))
    const left = hindered(moves, places, error)
    if (left.size === 0) await trade({ moves, places, error }, elb)
    const others = moves.filter(({ arn }) => !left.has(arn))
    if (left.size === 0 || others.length === 0) return left
    return new Map([...left, ...(await moveRules(others, listener, elb))])
  }
}

const isAboutOne = (error: unknown): error is IasqlError =>
  error instanceof IasqlError && (error.code === 'cloud/invalid' || error.code === 'cloud/not-found')

const send = (moves: readonly Move[], elb: CloudApi) =>
  elb.send(SetRulePrioritiesCommand, {
    RulePriorities: moves.map(({ arn: RuleArn, to: Priority }) => ({ RuleArn, Priority })),
  })

function hindered(moves: readonly Move[], places: Places, cause: IasqlError): Left {
  const left = new Map<string, IasqlError>()
  const holders = new Map([...places].map(([arn, place]) => [place, arn]))
  const wanting = new Map(moves.map((move) => [move.to, move]))
  const leaveOut = (move: Move | undefined, message: string): void => {
    for (let one = move, why = message; one && !left.has(one.arn); ) {
      left.set(one.arn, new IasqlError(cause.code, why, { cause }))
      const kept = places.get(one.arn)
      why = `place ${kept} is taken by ${one.arn}, which does not leave it`
      one = kept === undefined ? undefined : wanting.get(kept)
    }
  }
  const moving = new Set(moves.map(({ arn }) => arn))
  for (const move of moves) {
    const holder = holders.get(move.to)
    if (!places.has(move.arn)) leaveOut(move, cause.message)
    else if (holder !== undefined && !moving.has(holder))
      leaveOut(move, `place ${move.to} is taken by ${holder}: ${cause.message}`)
  }
  return left
}

interface Trade {
  readonly moves: readonly Move[]
  readonly places: Places
  /** What the service said to all of it at once. */
  readonly error: IasqlError
}

/** Not every service of this kind trades places: then those in the way step aside first. */
async function trade({ moves, places, error }: Trade, elb: CloudApi): Promise<void> {
  const wanted = new Set(moves.map(({ to }) => to))
  const inTheWay = moves.flatMap(({ arn }) => {
    const to = places.get(arn)
    return to !== undefined && wanted.has(to) ? [{ arn, to }] : []
  })
  if (inTheWay.length === 0) throw error
  const free = freePlaces(new Set([...places.values(), ...wanted]))
  const aside = inTheWay.map(({ arn }) => ({ arn, to: free() }))
  await send(aside, elb)
  try {
    await send(moves, elb)
  } catch (refusal) {
    // One that is tried again finds them where they are.
    if (!(refusal instanceof IasqlError) || refusal.retry !== 'never') throw refusal
    await send(inTheWay, elb).catch(() => {
      const where = aside.map(({ arn, to }) => `${arn} at ${to}`).join(', ')
      throw new IasqlError(refusal.code, `${refusal.message}; rules stand aside meanwhile: ${where}`, {
        cause: refusal,
      })
    })
    throw refusal
  }
}

/** Behind all the others, where the least is asked of rules. */
function freePlaces(taken: ReadonlySet<number>): () => number {
  let place = lastPlace + 1
  return () => {
    do place -= 1
    while (taken.has(place))
    return place
  }
}
