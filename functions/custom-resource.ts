/** The chain of functions that CloudFormation calls while it deploys: it waits for an answer, so one goes out whatever happens. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda'

/** What is left of an invocation when an answer has to be on its way, milliseconds. */
const marginMs = 20_000
/** CloudFormation takes 4 KiB in all. */
const reasonCharacters = 1_000

export interface Request {
  readonly properties: Readonly<Record<string, string>>
  /** Where an earlier invocation of the same request left off. */
  readonly after: string | undefined
  /** Milliseconds from now after which the work should stop at a safe point. */
  readonly budgetMs: number
}

/** `after`: there is more to do than one invocation has time for. */
type Outcome = { readonly after?: string | undefined }

type Event = CloudFormationCustomResourceEvent & { readonly after?: string }

/**
 * `undo` is for when the whole deployment goes; without it what was done stays.
 * @example export const handler = customResource(({ budgetMs }) => migrateDeployment(ports, budgetMs))
 */
export const customResource =
  (
    work: (request: Request) => Promise<Outcome>,
    undo: (properties: Request['properties']) => Promise<void> = async () => undefined,
  ) =>
  async (event: Event, context: Context): Promise<void> => {
    const send = (answer: { readonly Status: 'SUCCESS' | 'FAILED'; readonly Reason?: string }) =>
      tell(event.ResponseURL, {
        ...answer,
        PhysicalResourceId:
          event.RequestType === 'Create' ? `iasql-${event.LogicalResourceId}` : event.PhysicalResourceId,
        StackId: event.StackId,
        RequestId: event.RequestId,
        LogicalResourceId: event.LogicalResourceId,
      })
    try {
      const { ServiceToken: _token, version: _version, ...properties } = event.ResourceProperties
      if (event.RequestType === 'Delete') {
        await undo(properties)
        return await send({ Status: 'SUCCESS' })
      }
      const budgetMs = context.getRemainingTimeInMillis() - marginMs
      const { after } = await within(
        work({ properties, after: event.after, budgetMs }),
        budgetMs + marginMs / 2,
      )
      if (after === undefined) await send({ Status: 'SUCCESS' })
      else await goOn(context.functionName, { ...event, after })
    } catch (error) {
      console.error({ message: 'A step of the deployment failed.', error: String(error) })
      await send({ Status: 'FAILED', Reason: reasonOf(error) })
    }
  }

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, reasonCharacters)

async function within<Result>(work: Promise<Result>, ms: number): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new Error('The work did not end in time; deploy again to go on.')),
    ms,
  )
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** The same request, in an invocation of its own. */
async function goOn(functionName: string, event: Event): Promise<void> {
  const Payload = JSON.stringify(event)
  await new LambdaClient().send(
    new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload }),
  )
}

/** Without an answer the deployment would wait for an hour. */
async function tell(url: string, answer: object): Promise<void> {
  for (let left = 3; ; left--) {
    try {
      const { ok, status } = await fetch(url, {
        method: 'PUT',
        // The address is signed for no content type.
        headers: { 'content-type': '' },
        body: JSON.stringify(answer),
      })
      if (ok) return
      throw new Error(`CloudFormation did not take the answer: ${status}`)
    } catch (error) {
      if (left <= 1) throw error
    }
  }
}
