/** What the checks look at the cloud through: SDK clients of the test's own. */
import type { EC2Client } from '@aws-sdk/client-ec2'
import type { SQSClient } from '@aws-sdk/client-sqs'
import type { Json } from '#engine/model/json.ts'

export interface CheckClients {
  readonly ec2: EC2Client
  readonly sqs: SQSClient
}

/** A row of the table, as SQL gives it. */
export type CheckRow = Readonly<Record<string, Json>>

/** Whether an EC2 id exists, by the error that EC2 gives for one that does not. */
export async function isThere(call: Promise<unknown>): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    const { name, Code } = error as { name?: string; Code?: string }
    if (`${name} ${Code}`.match(/NotFound|NonExistent|DoesNotExist/)) return false
    throw error
  }
}
