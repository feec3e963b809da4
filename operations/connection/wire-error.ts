/** Errors as clients see them: theirs and the cloud's whole, ours as a generic text and an id that the log has too. */
import { randomUUID } from 'node:crypto'
import { type ErrorCode, errorKinds, IasqlError } from '#engine/model/error.ts'
import { DataApiError } from '#postgres/data-api.ts'
import type { WireError } from '#websocket/messages.ts'
import type { Log } from '../ports.ts'
import { isStillAsleep } from './still-asleep.ts'

const systemTexts: Readonly<Record<Extract<ErrorCode, `system/${string}`>, string>> = {
  'system/database-unavailable': 'The database does not answer',
  'system/internal': 'Something went wrong on the server',
}

export function wireError(error: unknown, log: Log): WireError {
  if (error instanceof IasqlError && error.blame !== 'system') return whole(error)
  if (isStillAsleep(error)) return stillAsleep(log)
  const id = randomUUID()
  const code = systemCode(error)
  const { sqlstate, hint } = errorKinds[code]
  log('error', `${systemTexts[code]}.`, { errorId: id, error })
  return { code, sqlstate, message: `${systemTexts[code]} (error ${id}).`, hint }
}

/** Nothing is wrong, so there is nothing to look for in the log. */
function stillAsleep(log: Log): WireError {
  const { sqlstate, hint } = errorKinds['system/database-unavailable']
  log('info', 'The database still wakes.')
  return { code: 'system/database-unavailable', sqlstate, message: 'The database is still waking up.', hint }
}

function systemCode(error: unknown): keyof typeof systemTexts {
  if (error instanceof DataApiError)
    return error.fault === 'unavailable' ? 'system/database-unavailable' : 'system/internal'
  return error instanceof IasqlError && error.code === 'system/database-unavailable'
    ? error.code
    : 'system/internal'
}

function whole({ code, sqlstate, message, detail, hint, position, awsRequestId }: IasqlError): WireError {
  return {
    code,
    sqlstate,
    message,
    hint,
    ...(detail === undefined ? {} : { detail }),
    ...(position === undefined ? {} : { position }),
    ...(awsRequestId === undefined ? {} : { awsRequestId }),
  }
}
