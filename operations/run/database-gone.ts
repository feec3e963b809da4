/** Whether it is the database that failed, and not what it was asked. */
import { IasqlError } from '#engine/model/error.ts'
import { DataApiError } from '#postgres/data-api.ts'

/** Lost for good or for now: nobody knows, so the statement's fate is asked for when it is back. */
export const isDatabaseGone = (error: unknown): boolean =>
  error instanceof DataApiError
    ? error.fault === 'unavailable' || error.fault === 'resuming'
    : error instanceof IasqlError && error.code === 'system/database-unavailable'
