/** A database that did not wake in the time that there was: nothing is wrong, and whoever asks again finds it awake. */
import { DataApiError } from '#postgres/data-api.ts'

export const isStillAsleep = (error: unknown): boolean =>
  error instanceof DataApiError && error.fault === 'resuming'
