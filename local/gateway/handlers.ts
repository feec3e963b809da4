/** The functions behind the gateway, called as API Gateway calls Lambda: with its events, a context, and a time limit. */
import { randomUUID } from 'node:crypto'
import type {
  APIGatewayAuthorizerResult,
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  APIGatewayRequestAuthorizerEvent,
  Context,
} from 'aws-lambda'
import type { SocketEvent } from '#functions/socket-event.ts'

type Handler<Event, Result> = (event: Event, context: Context) => Promise<Result>

/** The handlers of `functions/`, unchanged. */
export interface GatewayHandlers {
  readonly authorize: Handler<APIGatewayRequestAuthorizerEvent, APIGatewayAuthorizerResult>
  readonly connect: Handler<SocketEvent, APIGatewayProxyStructuredResultV2>
  readonly disconnect: Handler<SocketEvent, APIGatewayProxyStructuredResultV2>
  readonly message: Handler<SocketEvent, APIGatewayProxyStructuredResultV2>
  /** Of the HTTP API, which has the same port here. */
  readonly http: Handler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>
}

/** What Lambda tells a function about its invocation. */
export function invocationContext(functionName: string, timeoutMs: number): Context {
  const deadline = Date.now() + timeoutMs
  return {
    awsRequestId: randomUUID(),
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    memoryLimitInMB: '1024',
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  }
}

/** As Step Functions names the error of a function that Lambda has ended. */
class TimedOut extends Error {
  override readonly name = 'Sandbox.Timedout'
}

/** The result of one call; rejects after `timeoutMs`, while the function itself goes on, as Lambda's would. */
export async function invoke<Event, Result>(
  name: string,
  handler: Handler<Event, Result>,
  event: Event,
  timeoutMs: number,
): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new TimedOut(`${name} did not answer within ${timeoutMs} ms.`)),
    timeoutMs,
  )
  try {
    return await Promise.race([handler(event, invocationContext(name, timeoutMs)), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
